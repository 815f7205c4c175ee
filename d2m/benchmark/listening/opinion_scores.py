"""Mean opinion scores of systems, their differences, and the effect of a rating's position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.crossed_bootstrap import (
    crossed_weights,
    percentile_interval,
    resampled_means,
)

FloatArray = NDArray[np.float64]

POSITION_RANGES = 8
"""Largest number of ranges of positions in a table. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class RatingTable:
    """The ratings of one question in one block.

    Parameters
    ----------
    systems, raters, clips
        Names of systems and clips, and numbers of raters, sorted.
    ratings : (S, R, C)
        Rating by system, rater and clip; NaN where there is none, the mean of several.
    answers : (S,)
        Number of answers by system.
    """

    systems: tuple[str, ...]
    raters: tuple[int, ...]
    clips: tuple[str, ...]
    ratings: FloatArray
    answers: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OpinionScore:
    """Mean opinion score of a system in a block.

    Parameters
    ----------
    system
        Name of the system.
    mean
        Mean of all its ratings, 1 to 5.
    interval
        95 % interval, raters and clips resampled together; None with one rater or one clip.
    deviation
        Standard deviation of single ratings; 0 for one.
    raters, clips, answers
        Numbers behind the mean.
    """

    system: str
    mean: float
    interval: tuple[float, float] | None
    deviation: float
    raters: int
    clips: int
    answers: int


@dataclass(frozen=True, kw_only=True)
class OpinionDifference:
    """How much higher one system is rated than another in a block.

    Parameters
    ----------
    first, second
        Names of the systems.
    difference
        Mean opinion score of the first less that of the second.
    interval
        95 % interval, both scores from the same resamples; None with one rater or one clip.
    """

    first: str
    second: str
    difference: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class PositionMean:
    """Ratings at some positions of the block, compared with the mean of their systems.

    Parameters
    ----------
    first, last
        First and last position, counted from 1.
    deviation
        Mean of the ratings less the mean opinion scores of their systems.
    answers
        Number of ratings.
    """

    first: int
    last: int
    deviation: float
    answers: int


def rating_table(answers: Sequence[Answer]) -> RatingTable:
    """Arrange ratings by system, rater and clip.

    Parameters
    ----------
    answers
        Ratings of single systems, all to one question in one block.
    """
    systems = tuple(sorted({answer.systems[0] for answer in answers}))
    raters = tuple(sorted({answer.rater for answer in answers}))
    clips = tuple(sorted({answer.item for answer in answers}))
    shape = (len(systems), len(raters), len(clips))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for answer in answers:
        place = (
            systems.index(answer.systems[0]),
            raters.index(answer.rater),
            clips.index(answer.item),
        )
        sums[place] += answer.value
        counts[place] += 1
    ratings = np.full(shape, np.nan)
    np.divide(sums, counts, out=ratings, where=counts > 0)
    return RatingTable(
        systems=systems,
        raters=raters,
        clips=clips,
        ratings=ratings,
        answers=tuple(int(count) for count in counts.sum(axis=(1, 2))),
    )


def opinion_scores(table: RatingTable, *, seed: int = 0) -> tuple[OpinionScore, ...]:
    """Return the mean opinion score of each system, the highest first.

    Parameters
    ----------
    table
        From `rating_table`.
    seed
        Seed of the bootstrap.
    """
    resampled = _resampled(table, seed)
    scores = []
    for number, system in enumerate(table.systems):
        ratings = table.ratings[number]
        given = np.isfinite(ratings)
        scores.append(
            OpinionScore(
                system=system,
                mean=float(ratings[given].mean()),
                interval=None if resampled is None else percentile_interval(resampled[number]),
                deviation=float(ratings[given].std(ddof=1)) if given.sum() > 1 else 0.0,
                raters=int(given.any(axis=1).sum()),
                clips=int(given.any(axis=0).sum()),
                answers=table.answers[number],
            )
        )
    return tuple(sorted(scores, key=lambda score: -score.mean))


def opinion_differences(table: RatingTable, *, seed: int = 0) -> tuple[OpinionDifference, ...]:
    """Return the difference of each pair of systems, the higher one first.

    Parameters
    ----------
    table
        From `rating_table`.
    seed
        Seed of the bootstrap, the same as for `opinion_scores`.
    """
    resampled = _resampled(table, seed)
    means = np.array([np.nanmean(ratings) for ratings in table.ratings])
    order = np.argsort(-means, kind="stable")
    return tuple(
        OpinionDifference(
            first=table.systems[one],
            second=table.systems[other],
            difference=float(means[one] - means[other]),
            interval=None
            if resampled is None
            else percentile_interval(resampled[one] - resampled[other]),
        )
        for one, other in combinations(order.tolist(), 2)
    )


def _resampled(table: RatingTable, seed: int) -> FloatArray | None:
    """Return the resampled means (S, B); None with one rater or one clip."""
    if min(len(table.raters), len(table.clips)) < 2:
        return None
    weights = crossed_weights(len(table.raters), len(table.clips), seed=seed)
    return np.array([resampled_means(ratings, weights) for ratings in table.ratings])


def position_means(answers: Sequence[Answer]) -> tuple[PositionMean, ...]:
    """Compare ratings early and late in a block, in at most `POSITION_RANGES` ranges.

    Parameters
    ----------
    answers
        As for `rating_table`.
    """
    by_rater: dict[int, list[Answer]] = {}
    by_system: dict[str, list[int]] = {}
    for answer in answers:
        by_rater.setdefault(answer.rater, []).append(answer)
        by_system.setdefault(answer.systems[0], []).append(answer.value)
    means = {system: float(np.mean(values)) for system, values in by_system.items()}
    deviations: dict[int, list[float]] = {}
    for given in by_rater.values():
        for position, answer in enumerate(sorted(given, key=lambda one: one.order), start=1):
            deviations.setdefault(position, []).append(answer.value - means[answer.systems[0]])
    positions = np.array(sorted(deviations))
    found = []
    for part in np.array_split(positions, min(POSITION_RANGES, max(1, len(positions)))):
        if len(part):
            values = [value for position in part.tolist() for value in deviations[position]]
            found.append(
                PositionMean(
                    first=int(part[0]),
                    last=int(part[-1]),
                    deviation=float(np.mean(values)),
                    answers=len(values),
                )
            )
    return tuple(found)
