"""Run the whole benchmark: from weights and takes to results."""

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

from d2m.benchmark.dances import aist_dances, measure_dances, procedural_dances
from d2m.benchmark.genre_classifier import AudioEmbedding, Genres, embedding_for
from d2m.benchmark.held_out import HeldOut, Take, load_held_out, spread
from d2m.benchmark.measure import (
    ZEROED,
    measure_codec,
    measure_diversity,
    measure_music,
    measure_originals,
    measure_speed,
    measure_unseen_genres,
)
from d2m.benchmark.metric_table import CODEC, GENERATED, ORIGINAL
from d2m.benchmark.player import Player
from d2m.benchmark.results import Excerpt, LevelResults, Results
from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path
from d2m.core.levels import LEVELS, SAMPLE_RATE, Level

EXCERPTS, EXCERPT_S = 2, 6.0
"""Takes that the report lets people hear, and how much of each (s)."""
PACKAGES = ("torch", "librosa", "mir_eval", "numpy")


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig:
    """What to measure, and on what.

    Parameters
    ----------
    levels
        Levels.
    weights
        Folder of the weights.
    corpus, aist, cmu, pieces
        See `d2m.benchmark.held_out.load_held_out`.
    seed
        Of random and shuffled music, and of what the generators draw.
    """

    levels: tuple[Level, ...] = tuple(LEVELS.values())
    weights: Path = CHECKPOINTS
    corpus: Path | None = None
    aist: Path | None = None
    cmu: Path | None = None
    pieces: int | None = None
    seed: int = 0


def run(settings: BenchmarkConfig) -> Results:
    """Measure everything.

    Raises
    ------
    CheckpointError
        If weights are missing or damaged.
    DataError
        If takes can't be loaded or rendered.
    """
    start = time.perf_counter()
    players = [Player(level, settings.weights) for level in settings.levels]
    dances = {"procedural dancers held out": procedural_dances(settings.pieces)}
    if settings.aist is not None:
        dances |= aist_dances(settings.aist)
    held_out = load_held_out(settings.corpus, settings.aist, settings.cmu, settings.pieces)
    training = held_out.training
    genres = Genres(training, embedding_for(training, settings.weights))
    originals = measure_originals(held_out, genres, settings.seed)
    originals = originals.plus(measure_unseen_genres(held_out.unseen, genres))
    levels = {}
    for player in players:
        level = player.level
        found = originals.plus(LevelResults())
        for part in (
            measure_speed(player, held_out.takes[0]),
            measure_codec(player, held_out.unseen, settings.seed),
            measure_music(player, held_out, genres, settings.seed),
            measure_diversity(player, held_out.takes, genres),
            *(
                measure_dances(kind, some, level, settings.weights, settings.seed)
                for kind, some in dances.items()
            ),
        ):
            found = found.plus(part)
        levels[level.name] = found
    excerpts = [_excerpt(take, players, settings.seed) for take in spread(held_out.takes, EXCERPTS)]
    return Results(
        levels=levels,
        facts=_facts(settings, held_out, dances, genres.ear, time.perf_counter() - start),
        weights=weights_facts(settings.levels, settings.weights),
        excerpts=excerpts,
        genres_by=genres.ear.title,
        genres_note=genres.ear.note,
    )


def weights_facts(levels: Sequence[Level], folder: Path) -> dict[str, dict[str, Any]]:
    """Return size (bytes) and hash of the files of some levels, by file name."""
    paths = [path(level, folder) for level in levels for path in (codec_path, generator_path)]
    return {
        path.name: {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:12],
        }
        for path in paths
    }


def _excerpt(take: Take, players: Sequence[Player], seed: int) -> Excerpt:
    """Let all players play the begin of a take."""
    length = round(EXCERPT_S * SAMPLE_RATE)
    piece = take.piece
    sounds: dict[str, Any] = {ORIGINAL: take.audio[:length]}
    for player in players:
        codes = {
            CODEC: player.encode(take.audio),
            GENERATED: player.generate(piece, seed),
            ZEROED: player.generate(
                piece, seed, features=piece.features * 0, visual=piece.visual * 0
            ),
        }
        first = length // player.level.hop_length
        sounds |= {
            f"{name}, {player.level.name}": player.decode(found[:first])
            for name, found in codes.items()
        }
    return Excerpt(title=f"{piece.name}, {take.style}, {piece.tempo_bpm:.0f} BPM", sounds=sounds)


def _facts(
    settings: BenchmarkConfig,
    held_out: HeldOut,
    dances: dict[str, list[Any]],
    ear: AudioEmbedding,
    seconds: float,
) -> dict[str, str]:
    names = ", ".join(take.piece.name for take in held_out.takes)
    unseen = ", ".join(take.piece.name for take in held_out.unseen)
    motion = [path.name for path in (settings.aist, settings.cmu) if path is not None]
    return {
        "takes": f"{len(held_out.takes)} held-out takes of known songs, whose tempo and dance no "
        f"training saw (song-take: {names}).",
        "unseen songs": f"{len(held_out.unseen)} takes of songs that no training heard ({unseen}).",
        "originals for genres": f"{len(held_out.training)} trained takes; embedding: {ear.title}.",
        "source": f"{held_out.source}; motion files: {', '.join(motion) or 'none'}.",
        "dances": "; ".join(f"{len(some)} {kind}" for kind, some in dances.items())
        + ", 12 s each.",
        "seed": f"{settings.seed}.",
        "time": f"{seconds / 60:.1f} minutes with {torch.get_num_threads()} torch "
        f"{'thread' if torch.get_num_threads() == 1 else 'threads'} on "
        f"{platform.machine()}, {platform.system()}; at its end {_load()}.",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{n} {version(n)}" for n in PACKAGES)]
        )
        + ".",
    }


def _load() -> str:
    """Say how busy the machine is: timings of a busy one are too long."""
    waiting = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return f"{waiting:.1f} processes ran or waited for {os.cpu_count()} cores"
