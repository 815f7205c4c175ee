"""Means over clips with intervals, figures of whole systems, and differences pair by pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.comparison.clip_comparison import ComparedPiece
from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.metric_definitions import (
    COMPARISON_METRICS,
    DOWN,
    ComparisonMetric,
)
from d2m.benchmark.comparison.trivial_music import OWN_MUSIC
from d2m.benchmark.rhythm_statistics import MeanInterval, mean_interval
from d2m.metrics.diversity import embedding_distances, mean_pair_distance
from d2m.metrics.frechet_audio_distance import frechet_audio_distance
from d2m.metrics.genre import nearest_genres
from d2m.metrics.onset_bins import summarise_loris

FloatArray = NDArray[np.float64]

FEWEST_JUDGED = 6
"""Fewest clips for a statement on two systems. Chosen by hand: bootstrap intervals of fewer are
much too narrow."""


@dataclass(frozen=True, kw_only=True)
class RowSummary:
    """The figures of a system or trivial row.

    Parameters
    ----------
    name
        Its name.
    pieces, failures
        Number of pieces that were measured, and that could not be.
    means
        Means over clips by the keys of `COMPARISON_METRICS`.
    figures
        Figures of all pieces together by the keys of
        `d2m.benchmark.comparison.metric_definitions.SYSTEM_METRICS`; missing where there are
        too few pieces.
    distance_warning
        Why its Frechet distance is uncertain; empty if it is not.
    """

    name: str
    pieces: int
    failures: int
    means: dict[str, MeanInterval]
    figures: dict[str, float] = field(default_factory=dict)
    distance_warning: str = ""


@dataclass(frozen=True, kw_only=True)
class SystemDifference:
    """How far one system scores above another, paired by clip.

    Parameters
    ----------
    metric
        The metric.
    first, second
        Names of the systems or rows.
    interval
        Mean of first less second over the clips that both have, and its 95 % interval.
    """

    metric: ComparisonMetric
    first: str
    second: str
    interval: MeanInterval

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0, from `FEWEST_JUDGED` clips on."""
        return self.interval.clips >= FEWEST_JUDGED and (
            self.interval.low > 0 or self.interval.high < 0
        )


def with_genres(comparison: Comparison) -> Comparison:
    """Add to each piece whether its nearest reference belongs to a dance of its genre.

    Nothing is added if fewer than two genres are among the references.

    Parameters
    ----------
    comparison
        The comparison.
    """
    genres = {name: dance.genre for name, dance in comparison.dances.items() if dance.genre}
    originals = [one for one in comparison.pieces_of(OWN_MUSIC) if one.clip in genres]
    if len({genres[one.clip] for one in originals}) < 2:
        return comparison
    table = np.stack([one.embedding for one in originals])
    names = np.array([genres[one.clip] for one in originals])

    def judged(piece: ComparedPiece) -> ComparedPiece:
        if piece.problem or piece.clip not in genres:
            return piece
        (found,) = nearest_genres(piece.embedding[None], table, names)
        scores = piece.scores | {"genre_right": float(found == genres[piece.clip])}
        return replace(piece, music=replace(piece.music, scores=scores))

    return replace(comparison, pieces=tuple(map(judged, comparison.pieces)))


def summarise_rows(comparison: Comparison) -> dict[str, RowSummary]:
    """Sum up each system and trivial row, by name.

    Parameters
    ----------
    comparison
        The comparison.
    """
    originals = comparison.pieces_of(OWN_MUSIC)
    summaries = {}
    for name in comparison.rows:
        pieces = comparison.pieces_of(name)
        means = {
            metric.key: mean_interval(
                [one.scores[metric.key] for one in pieces if metric.key in one.scores],
                comparison.config.seed,
            )
            for metric in COMPARISON_METRICS
        }
        figures, warning = _figures(pieces, originals)
        summaries[name] = RowSummary(
            name=name,
            pieces=len(pieces),
            failures=len(comparison.dances) - len(pieces),
            means=means,
            figures=figures,
            distance_warning=warning,
        )
    return summaries


def paired_difference(
    comparison: Comparison, metric: ComparisonMetric, first: str, second: str
) -> SystemDifference:
    """Compare two systems or rows in a metric, over the clips that both have."""
    ours, theirs = (
        {one.clip: one.scores for one in comparison.pieces_of(name)} for name in (first, second)
    )
    differences = [
        scores[metric.key] - theirs[clip][metric.key]
        for clip, scores in ours.items()
        if metric.key in scores and metric.key in theirs.get(clip, {})
    ]
    interval = mean_interval(differences, comparison.config.seed)
    return SystemDifference(metric=metric, first=first, second=second, interval=interval)


def main_differences(comparison: Comparison) -> list[SystemDifference]:
    """Compare all systems and rows pair by pair, both ways, in the main metrics."""
    return [
        paired_difference(comparison, metric, first, second)
        for metric in COMPARISON_METRICS
        if metric.is_main
        for first, second in permutations(comparison.rows, 2)
    ]


def conclusions(comparison: Comparison, differences: list[SystemDifference]) -> Iterator[str]:
    """Yield for each main metric which systems score above which others, and by how much.

    Parameters
    ----------
    comparison
        The comparison.
    differences
        What `main_differences` returned.
    """
    systems = comparison.systems
    for metric in (one for one in COMPARISON_METRICS if one.is_main):
        beaten: dict[str, list[str]] = {}
        for one in differences:
            mean = -one.interval.mean if metric.better == DOWN else one.interval.mean
            is_better = one.metric == metric and one.excludes_zero and mean > 0
            if is_better and one.first in systems and one.second in systems:
                beaten.setdefault(one.first, []).append(f"{one.second} (by {mean:.2f})")
        if beaten:
            parts = [f"{name} scores above {', '.join(beaten[name])}" for name in beaten]
            yield f"{metric.label}: {'; '.join(parts)}."


def not_told_apart(comparison: Comparison, differences: list[SystemDifference]) -> Iterator[str]:
    """Yield for each main metric which pairs of systems its intervals do not tell apart."""
    systems = comparison.systems
    for metric in (one for one in COMPARISON_METRICS if one.is_main):
        pairs = [
            f"{one.first} and {one.second}"
            for one in differences
            if one.metric == metric
            and one.first in systems
            and one.second in systems
            and systems.index(one.first) < systems.index(one.second)
            and not one.excludes_zero
        ]
        if pairs:
            yield f"{metric.label} does not tell apart: {'; '.join(pairs)}."


def _figures(
    pieces: list[ComparedPiece], originals: list[ComparedPiece]
) -> tuple[dict[str, float], str]:
    """Return the figures of all pieces of a system together, and a warning on the distance."""
    figures: dict[str, float] = {}
    bins = [one.music.loris_bins for one in pieces if one.music.loris_bins is not None]
    if bins:
        loris = summarise_loris(bins)
        figures |= {"loris_f1": loris.f1, "loris_csd": loris.csd, "loris_hsd": loris.hsd}
    if len(pieces) > 1:
        table = np.stack([one.embedding for one in pieces])
        figures["diversity"] = mean_pair_distance(embedding_distances(table))
    if len(pieces) < 2 or len(originals) < 2:
        return figures, ""
    reference = np.stack([one.embedding for one in originals])
    distance = frechet_audio_distance(table, reference)
    figures["frechet_distance"] = distance.value
    return figures, distance.warning
