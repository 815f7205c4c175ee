"""The results of a listening study, with and without the screening of raters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.bradley_terry import Preferences, measure_preferences
from d2m.benchmark.listening.opinion_scores import (
    OpinionDifference,
    OpinionScore,
    PositionMean,
    RatingTable,
    opinion_differences,
    opinion_scores,
    position_means,
    rating_table,
)
from d2m.benchmark.listening.rater_agreement import (
    ORDINAL,
    intraclass_correlation,
    krippendorff_alpha,
)
from d2m.benchmark.listening.rater_screening import RaterCheck, screen_raters
from d2m.benchmark.listening.study import Study
from d2m.benchmark.listening.trial_order import RATING
from d2m.core.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How well the raters of a question agree.

    Parameters
    ----------
    alpha_ordinal, alpha_interval
        Krippendorff's alpha on both scales; NaN if it is undefined.
    icc
        ICC(2,k), the reliability of the means; NaN unless all raters rated everything.
    raters, units
        Numbers of raters, and of clips by a system with ratings.
    """

    alpha_ordinal: float
    alpha_interval: float
    icc: float
    raters: int
    units: int


@dataclass(frozen=True, kw_only=True)
class RatingResults:
    """The ratings given to one question in one block.

    Parameters
    ----------
    block, question
        Name of the block and key of the question.
    scores
        Each system, the highest first.
    differences
        Each pair of systems.
    positions
        Ratings by their position in the block.
    agreement
        Agreement of the raters.
    """

    block: str
    question: str
    scores: tuple[OpinionScore, ...]
    differences: tuple[OpinionDifference, ...]
    positions: tuple[PositionMean, ...]
    agreement: Agreement


@dataclass(frozen=True, kw_only=True)
class PreferenceResults:
    """The preferences by one question in one block.

    Parameters
    ----------
    block, question
        Name of the block and key of the question.
    preferences
        Strengths and wins.
    """

    block: str
    question: str
    preferences: Preferences


@dataclass(frozen=True, kw_only=True)
class AnswerResults:
    """What a set of answers says.

    Parameters
    ----------
    ratings, preferences
        By block and question.
    raters, answers
        Numbers of raters, and of their ratings and preferences.
    """

    ratings: tuple[RatingResults, ...]
    preferences: tuple[PreferenceResults, ...]
    raters: int
    answers: int


@dataclass(frozen=True, kw_only=True)
class StudyResults:
    """The results of a study.

    Parameters
    ----------
    title
        Title of the study.
    checks
        What the checks say about each rater.
    screened
        Results of the raters who were not left out; None if all were.
    unscreened
        Results of all raters.
    """

    title: str
    checks: tuple[RaterCheck, ...]
    screened: AnswerResults | None
    unscreened: AnswerResults


def measure_study(answers: Sequence[Answer], study: Study, *, seed: int = 0) -> StudyResults:
    """Measure a study from its answers.

    Parameters
    ----------
    answers
        All answers, those to practice trials left out.
    study
        The study.
    seed
        Seed of the bootstrap.

    Raises
    ------
    DataError
        If there is no rating or preference.
    """
    if not any(answer.kind == RATING for answer in answers):
        raise DataError(
            "There are no answers yet: serve the study with `listen serve`, and let people rate."
        )
    checks = screen_raters(answers, study)
    kept = {check.rater for check in checks if not check.reasons}
    screened = [answer for answer in answers if answer.rater in kept]
    has_kept = any(answer.kind == RATING for answer in screened)
    return StudyResults(
        title=study.title,
        checks=checks,
        screened=_measure(screened, study, seed) if has_kept else None,
        unscreened=_measure(answers, study, seed),
    )


def _measure(answers: Sequence[Answer], study: Study, seed: int) -> AnswerResults:
    used = [answer for answer in answers if answer.kind == RATING]
    ratings, preferences = [], []
    for block in study.blocks:
        for question in block.questions:
            given = [
                answer
                for answer in used
                if answer.block == block.name and answer.question == question.key
            ]
            single = [answer for answer in given if len(answer.systems) == 1]
            pairs = [answer for answer in given if len(answer.systems) == 2]
            if single:
                ratings.append(_measure_ratings(block.name, question.key, single, seed))
            if pairs:
                preferences.append(
                    PreferenceResults(
                        block=block.name,
                        question=question.key,
                        preferences=measure_preferences(pairs, seed=seed),
                    )
                )
    return AnswerResults(
        ratings=tuple(ratings),
        preferences=tuple(preferences),
        raters=len({answer.rater for answer in used}),
        answers=len(used),
    )


def _measure_ratings(
    block: str, question: str, answers: Sequence[Answer], seed: int
) -> RatingResults:
    table = rating_table(answers)
    return RatingResults(
        block=block,
        question=question,
        scores=opinion_scores(table, seed=seed),
        differences=opinion_differences(table, seed=seed),
        positions=position_means(answers),
        agreement=_agreement(table),
    )


def _agreement(table: RatingTable) -> Agreement:
    units = table.ratings.transpose(1, 0, 2).reshape(len(table.raters), -1)
    units = units[:, np.isfinite(units).any(axis=0)]
    return Agreement(
        alpha_ordinal=krippendorff_alpha(units, ORDINAL),
        alpha_interval=krippendorff_alpha(units),
        icc=intraclass_correlation(units),
        raters=len(table.raters),
        units=units.shape[1],
    )
