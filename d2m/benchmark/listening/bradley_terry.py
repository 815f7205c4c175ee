"""Preferences between pairs of systems: Bradley-Terry strengths and shares of wins.

Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 1952: the first of two
systems is preferred with the probability 1 / (1 + exp(s2 - s1)), where s1 and s2 are their
strengths. The library `choix` fits the strengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.crossed_bootstrap import crossed_weights, percentile_interval
from d2m.benchmark.listening.wilson_interval import wilson_interval

FloatArray = NDArray[np.float64]

STRENGTH_RESAMPLES = 400
"""Resamples of raters and clips for the intervals of strengths. Chosen by hand."""
STRENGTH_PRIOR = 0.05
"""Regularisation of `choix`, so that a system that always wins keeps a finite strength. Chosen by
hand: small beside one answer."""


@dataclass(frozen=True, kw_only=True)
class SystemStrength:
    """How strongly a system is preferred.

    Parameters
    ----------
    system
        Name of the system.
    strength
        Natural logarithm of its Bradley-Terry strength; the mean over systems is 0. None if some
        systems were never compared, even through others.
    interval
        95 % interval, raters and clips resampled together; None with one rater or one clip.
    wins, comparisons
        Answers that preferred it, and answers of pairs that it is in.
    share_interval
        95 % interval (Wilson) of the share of wins.
    """

    system: str
    strength: float | None
    interval: tuple[float, float] | None
    wins: int
    comparisons: int
    share_interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class PairWins:
    """How often the first of two systems was preferred.

    Parameters
    ----------
    first, second
        Names of the systems.
    wins, comparisons
        Answers that preferred the first, and all answers of the pair.
    share_interval
        95 % interval (Wilson) of the share of wins.
    """

    first: str
    second: str
    wins: int
    comparisons: int
    share_interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The preferences by one question in one block.

    Parameters
    ----------
    strengths
        Each system, the strongest first.
    pairs
        Each pair that was compared.
    raters, clips, answers
        Numbers behind them.
    """

    strengths: tuple[SystemStrength, ...]
    pairs: tuple[PairWins, ...]
    raters: int
    clips: int
    answers: int


def measure_preferences(answers: Sequence[Answer], *, seed: int = 0) -> Preferences:
    """Fit strengths to preferences between systems, and count wins.

    Parameters
    ----------
    answers
        Preferences between two systems, all to one question in one block; at least one.
    seed
        Seed of the bootstrap.
    """
    systems = sorted({system for answer in answers for system in answer.systems})
    raters = sorted({answer.rater for answer in answers})
    clips = sorted({answer.item for answer in answers})
    cells = np.array([_cell(answer, systems) for answer in answers])
    wins = _win_counts(cells, np.ones(len(answers)), len(systems))
    strengths = _fit(wins)
    resampled = None
    if strengths is not None and min(len(raters), len(clips)) > 1:
        weights = crossed_weights(len(raters), len(clips), seed=seed, resamples=STRENGTH_RESAMPLES)
        of_rater = np.array([raters.index(answer.rater) for answer in answers])
        of_clip = np.array([clips.index(answer.item) for answer in answers])
        fits = [
            _fit(_win_counts(cells, by_rater[of_rater] * by_clip[of_clip], len(systems)), strengths)
            for by_rater, by_clip in zip(weights.raters, weights.clips, strict=True)
        ]
        resampled = np.array([fit for fit in fits if fit is not None]).reshape(-1, len(systems))
    found = [
        _strength(system, number, wins, strengths, resampled)
        for number, system in enumerate(systems)
    ]
    return Preferences(
        strengths=tuple(sorted(found, key=lambda one: -_sort_value(one))),
        pairs=_pairs(systems, wins),
        raters=len(raters),
        clips=len(clips),
        answers=len(answers),
    )


def _cell(answer: Answer, systems: list[str]) -> int:
    """Return the flat index of (winner, loser) in the matrix of wins."""
    winner = systems.index(answer.systems[answer.value])
    loser = systems.index(answer.systems[1 - answer.value])
    return winner * len(systems) + loser


def _win_counts(cells: NDArray[np.int64], weights: FloatArray, n: int) -> FloatArray:
    """Return how often each system (row) was preferred to each other (column)."""
    return np.bincount(cells, weights=weights, minlength=n * n).astype(float).reshape(n, n)


def _fit(wins: FloatArray, start: FloatArray | None = None) -> FloatArray | None:
    """Return the strengths (S,), fitted from a start; None if comparisons do not connect all."""
    from choix import ilsr_pairwise_dense

    met = (wins + wins.T + np.eye(len(wins)) > 0).astype(float)
    if not np.linalg.matrix_power(met, len(met)).all():
        return None
    try:
        return np.asarray(ilsr_pairwise_dense(wins, STRENGTH_PRIOR, start, tol=1e-4))
    except RuntimeError:  # no convergence, in a resample where few systems ever lose
        return None


def _strength(
    system: str,
    number: int,
    wins: FloatArray,
    strengths: FloatArray | None,
    resampled: FloatArray | None,
) -> SystemStrength:
    won, compared = int(wins[number].sum()), int(wins[number].sum() + wins[:, number].sum())
    return SystemStrength(
        system=system,
        strength=None if strengths is None else float(strengths[number]),
        interval=None if resampled is None else percentile_interval(resampled[:, number]),
        wins=won,
        comparisons=compared,
        share_interval=wilson_interval(won, compared),
    )


def _sort_value(one: SystemStrength) -> float:
    return one.wins / one.comparisons if one.strength is None else one.strength


def _pairs(systems: list[str], wins: FloatArray) -> tuple[PairWins, ...]:
    found = []
    for one, other in combinations(range(len(systems)), 2):
        n = int(wins[one, other] + wins[other, one])
        if n:
            if wins[other, one] > wins[one, other]:
                one, other = other, one
            won = int(wins[one, other])
            found.append(
                PairWins(
                    first=systems[one],
                    second=systems[other],
                    wins=won,
                    comparisons=n,
                    share_interval=wilson_interval(won, n),
                )
            )
    return tuple(found)
