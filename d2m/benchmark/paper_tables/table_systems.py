"""The systems of the table of rhythm and genre: what each makes for a dance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from d2m.audio.waveform import Audio, mono_at
from d2m.benchmark.codec_copies import codec_copy
from d2m.benchmark.comparison.trivial_music import (
    ANOTHER_MUSIC,
    CLICKS_FIXED,
    CLICKS_IN_PHASE,
    SHIFTED_MUSIC,
    WHITE_NOISE,
    another_clip,
    trivial_pieces,
)
from d2m.benchmark.paper_tables.published_figures import COPY_ROW, ORIGINAL_ROW
from d2m.benchmark.paper_tables.segment_scores import joined_audio
from d2m.benchmark.paper_tables.table_dances import TableDance
from d2m.checkpoints import CHECKPOINTS, baseline_path, codec_path
from d2m.checkpoints.availability import is_installed
from d2m.checkpoints.installed import installed_keys, installed_path
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.common_settings import COMPACT
from d2m.core.errors import D2MError
from d2m.core.levels import BASELINES, HOP_LEVELS, SAMPLE_RATE, STUDIO, HopLevel, Level
from d2m.core.settings import Settings
from d2m.generation.compact import CompactModel
from d2m.generation.model_cache import ModelCache
from d2m.generation.segments import SegmentNetworks
from d2m.models.d2mgan import SEGMENT_SECONDS
from d2m.training.d2mgan.dataset import D2MGANDataset

SHOWN_TRIVIAL = (CLICKS_IN_PHASE, CLICKS_FIXED, SHIFTED_MUSIC, ANOTHER_MUSIC, WHITE_NOISE)
"""Trivial rows of the table, in their order."""
PUBLISHED_NETWORKS = "published D2M-GAN"
"""Title of the rows of the published networks, if they are installed."""

Maker = Callable[[TableDance], Audio]
"""Makes mono audio (N,) at 22,050 Hz for a dance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TableSystem:
    """A row of the table.

    Parameters
    ----------
    title
        Its title.
    published
        Name of the row of the paper that stands beside it; empty if there is none.
    files
        Files of weights that it depends on.
    load
        Loads what makes the music; raises an error of `d2m.core.errors` if that is missing.
    """

    title: str
    published: str
    files: tuple[Path, ...] = ()
    load: Callable[[], Maker]


def table_systems(
    dances: Sequence[TableDance],
    *,
    data: Path | None = None,
    dataset: str = "",
    weights: Path = CHECKPOINTS,
    seed: int = 0,
) -> Iterator[TableSystem]:
    """Yield the rows: own music and its copies, methods, and trivial music.

    Parameters
    ----------
    dances
        All dances.
    data, dataset
        Folder in the published layout and its data set, from which the published networks read
        motion and visual features; None for this project's own dances.
    weights
        Checkpoints folder.
    seed
        Seed of what is drawn.
    """
    cache = ModelCache()
    yield TableSystem(title=ORIGINAL_ROW, published=ORIGINAL_ROW, load=_original_maker)
    for level in HOP_LEVELS.values():
        yield TableSystem(
            title=f"{COPY_ROW}, {level.name}",
            published=COPY_ROW,
            files=(codec_path(level, weights),),
            load=partial(_copying, level, weights),
        )
    levels: list[Level] = [*BASELINES.values(), *HOP_LEVELS.values()]
    if data is not None:
        levels.append(STUDIO)
    for one in levels:
        yield TableSystem(
            title=one.name,
            published=one.name,
            files=_model_files(one, weights),
            load=partial(_model_maker, cache, one, weights),
        )
    for level in HOP_LEVELS.values():
        if data is not None and is_installed(dataset, level, weights):
            yield TableSystem(
                title=f"{PUBLISHED_NETWORKS}, {level.name}",
                published=level.name,
                files=tuple(installed_path(key, weights) for key in installed_keys(weights)),
                load=partial(_published_maker, level, data, dataset, weights),
            )
    for title in SHOWN_TRIVIAL:
        yield TableSystem(
            title=title,
            published="",
            load=partial(_trivial_maker, title, dances, seed),
        )


def _model_files(level: Level, weights: Path) -> tuple[Path, ...]:
    """Return the files of weights that a level or a baseline may depend on."""
    if isinstance(level, HopLevel):
        return (codec_path(level, weights),)
    # The baseline CMT has a second file, whose name begins in the same way.
    folder = baseline_path(level.name, weights).parent
    return tuple(sorted(folder.glob(f"{level.name.replace('-', '_')}*.safetensors")))


def _original_maker() -> Maker:
    return lambda dance: dance.original


def _copying(level: HopLevel, weights: Path) -> Maker:
    model = CompactModel.from_pretrained(level, folder=weights)
    return lambda dance: codec_copy(model, dance.original)


def _model_maker(cache: ModelCache, level: Level, weights: Path) -> Maker:
    installed = resolve_weights(COMPACT, tuple(HOP_LEVELS.values()), weights)
    model: Any = cache.get(installed, level, Settings())

    def make(dance: TableDance) -> Audio:
        music = model.generate(dance.conditioning, seed=dance.seed)
        return mono_at(music.audio, level.sample_rate)

    return make


def _published_maker(level: HopLevel, data: Path, dataset: str, weights: Path) -> Maker:
    networks = SegmentNetworks.from_pretrained(dataset, level, folder=weights)
    segments = D2MGANDataset(data, dataset, "test", level)

    def make(dance: TableDance) -> Audio:
        read = [segments[place] for place in dance.segments]
        motion = np.stack([one.motion.numpy() for one in read])
        visual = np.concatenate([one.visual.numpy() for one in read])
        genre = None if read[0].genre is None else int(read[0].genre)
        return joined_audio(networks.generate(motion, visual, genre)[1], SEGMENT_SECONDS)

    return make


def _trivial_maker(title: str, dances: Sequence[TableDance], seed: int) -> Maker:
    originals = {dance.name: dance.original for dance in dances}
    others = another_clip(list(originals), seed)

    def make(dance: TableDance) -> Audio:
        duration_s = len(dance.original) / SAMPLE_RATE
        other = originals.get(others.get(dance.name, ""))
        rhythm = dance.conditioning.rhythm
        beats_s = rhythm.beats_s[(rhythm.beats_s >= 0) & (rhythm.beats_s < duration_s)]
        pieces = trivial_pieces(beats_s, duration_s, dance.original, other, (seed, dance.seed))
        if pieces[title].problem:
            raise D2MError(pieces[title].problem)
        return pieces[title].audio

    return make
