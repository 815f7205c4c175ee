"""Run the whole benchmark: measure the weights on a corpus and on dances."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from d2m.audio.waveform import Audio
from d2m.benchmark.dance_music import (
    DANCE_S,
    aist_dances,
    measure_dances,
    procedural_dances,
)
from d2m.benchmark.genre_classifier import AudioEmbedding, GenreClassifier, embedding_for
from d2m.benchmark.measure import (
    measure_codec,
    measure_diversity,
    measure_music,
    measure_originals,
    measure_speed,
    measure_unseen_genres,
)
from d2m.benchmark.metric_table import CODEC, GENERATED, ORIGINAL, PROCEDURAL_DANCERS, ZEROED
from d2m.benchmark.originals import Original, OriginalSets, evenly_spaced, load_originals
from d2m.benchmark.piece_codes import piece_codes
from d2m.benchmark.results import Excerpt, Results
from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path
from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE, HopLevel
from d2m.generation.compact import CompactModel

EXCERPTS, EXCERPT_S = 2, 6.0
"""Number and length (s) of the excerpts in the report. Chosen by hand."""
PACKAGES = ("torch", "librosa", "mir_eval", "numpy")
"""Packages whose versions the report names."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig:
    """What to measure, and on what data.

    Parameters
    ----------
    levels
        Levels to measure.
    weights
        Folder of the weights.
    corpus, aist, cmu
        Corpus folder and motion files, see `d2m.benchmark.originals.load_originals`.
    pieces
        Number of held-out pieces, of unseen pieces and of procedural dances; None for all.
    seed
        Seed of random and shuffled music and of the generators.
    """

    levels: tuple[HopLevel, ...] = tuple(HOP_LEVELS.values())
    weights: Path = CHECKPOINTS
    corpus: Path | None = None
    aist: Path | None = None
    cmu: Path | None = None
    pieces: int | None = None
    seed: int = 0


def run_benchmark(config: BenchmarkConfig) -> Results:
    """Measure codecs and generators.

    Raises
    ------
    CheckpointError
        If weights are missing or damaged.
    DataError
        If the corpus or a motion file can't be loaded, or the corpus can't be rendered.
    """
    start = time.perf_counter()
    models = [CompactModel.from_pretrained(level, folder=config.weights) for level in config.levels]
    dances = {PROCEDURAL_DANCERS: procedural_dances(config.pieces)}
    if config.aist is not None:
        dances |= aist_dances(config.aist)
    sets = load_originals(config.corpus, config.aist, config.cmu, config.pieces)
    genres = GenreClassifier(sets.training, embedding_for(sets.training, config.weights))
    references = measure_originals(sets.held_out, genres, config.seed)
    references = references.merged(measure_unseen_genres(sets.unseen, genres))
    levels = {}
    for model in models:
        found = references
        for part in (
            measure_speed(model, sets.held_out[0]),
            measure_codec(model, sets.unseen, config.seed),
            measure_music(model, sets.held_out, genres, config.seed),
            measure_diversity(model, sets.held_out, genres),
            *(measure_dances(kind, some, model, config.seed) for kind, some in dances.items()),
        ):
            found = found.merged(part)
        levels[model.level.name] = found
    shown = evenly_spaced(sets.held_out, EXCERPTS)
    excerpts = [_excerpt(original, models, config.seed) for original in shown]
    return Results(
        levels=levels,
        facts=_facts(config, sets, dances, genres.embedding, time.perf_counter() - start),
        weights=weights_facts(config.levels, config.weights),
        excerpts=excerpts,
        embedding_title=genres.embedding.title,
        embedding_note=genres.embedding.note,
    )


def weights_facts(levels: Sequence[HopLevel], folder: Path) -> dict[str, dict[str, Any]]:
    """Return size (bytes) and hash of the weights files of some levels, by file name."""
    paths = [path(level, folder) for level in levels for path in (codec_path, generator_path)]
    return {
        path.name: {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:12],
        }
        for path in paths
    }


def _excerpt(original: Original, models: Sequence[CompactModel], seed: int) -> Excerpt:
    """Decode the start of a piece from its own, generated and zeroed-dance codes."""
    length = round(EXCERPT_S * SAMPLE_RATE)
    piece = original.piece
    clips: dict[str, Audio] = {ORIGINAL: original.audio[:length]}
    for model in models:
        codes = {
            CODEC: model.encode(original.audio),
            GENERATED: piece_codes(model, piece, seed),
            ZEROED: piece_codes(
                model, piece, seed, features=piece.features * 0, visual=piece.visual * 0
            ),
        }
        first = length // model.level.hop_length
        clips |= {
            f"{name}, {model.level.name}": model.decode(found[:first])
            for name, found in codes.items()
        }
    title = f"{piece.name}, {original.style}, {piece.tempo_bpm:.0f} BPM"
    return Excerpt(title=title, clips=clips)


def _facts(
    config: BenchmarkConfig,
    sets: OriginalSets,
    dances: dict[str, list[Any]],
    embedding: AudioEmbedding,
    seconds: float,
) -> dict[str, str]:
    """Describe data, machine and versions in one sentence each."""
    held_out, unseen = (
        ", ".join(original.piece.name for original in originals)
        for originals in (sets.held_out, sets.unseen)
    )
    motion = [path.name for path in (config.aist, config.cmu) if path is not None]
    threads = torch.get_num_threads()
    return {
        "held-out pieces": f"{len(sets.held_out)} pieces of songs in the training data, with "
        f"tempi and dances that are not in it (song-piece: {held_out}).",
        "unseen songs": f"{len(sets.unseen)} pieces of songs that are not in the training data "
        f"({unseen}).",
        "training pieces for genres": f"{len(sets.training)}; embedding: {embedding.title}.",
        "source": f"{sets.source}; motion files: {', '.join(motion) or 'none'}.",
        "dances": "; ".join(f"{len(some)} {kind}" for kind, some in dances.items())
        + f", {DANCE_S:.0f} s each.",
        "seed": f"{config.seed}.",
        "time": f"{seconds / 60:.1f} minutes with {threads} torch "
        f"{'thread' if threads == 1 else 'threads'} on {platform.machine()}, "
        f"{platform.system()}; at the end {_load_average()}.",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{n} {version(n)}" for n in PACKAGES)]
        )
        + ".",
    }


def _load_average() -> str:
    """Describe the load of the machine, which slows down the timed runs."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return f"the load average was {load:.1f} on {os.cpu_count()} cores"
