"""Which raters are left out of the results, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.study import ATTENTION, HEADPHONES, ORIGINAL, PREFERENCE, Study
from d2m.benchmark.listening.trial_order import RATING

LEAST_REFERENCE_RATING = 3
"""A rating of the hidden original below this counts against a rater: "poor" or "bad" on the scale
of five. Chosen by hand: careful raters call some originals "fair". BS.1534 has 90 of 100."""
MOST_LOW_REFERENCES = 0.15
"""Share of low ratings of the hidden original above which a rater is left out (ITU-R BS.1534-3,
Sec. 4.1.2); a single one leaves no rater out."""
LEAST_PLAYED_SHARE = 0.9
"""Share of a stimulus that must have been played, and have passed since the answer before. Chosen
by hand: browsers report times in coarse steps."""
MOST_HASTY_ANSWERS = 0.15
"""Share of answers faster than their stimuli above which a rater is left out. Chosen by hand, like
that of low ratings of the original."""


@dataclass(frozen=True, kw_only=True)
class RaterCheck:
    """What the checks say about a rater.

    Parameters
    ----------
    rater
        Number of the rater.
    answers
        Number of ratings and preferences.
    references, low_references
        Ratings of the hidden original, and those under `LEAST_REFERENCE_RATING`.
    attention, attention_failed
        Attention checks, and those that failed.
    hasty
        Answers that came faster than the stimuli last.
    headphones
        Whether the headphones check was passed; None if it was not answered. It is reported, and
        leaves no rater out.
    reasons
        Why the rater is left out; empty if the answers are used.
    """

    rater: int
    answers: int
    references: int
    low_references: int
    attention: int
    attention_failed: int
    hasty: int
    headphones: bool | None
    reasons: tuple[str, ...]


def screen_raters(answers: Sequence[Answer], study: Study) -> tuple[RaterCheck, ...]:
    """Check each rater, by number.

    Parameters
    ----------
    answers
        All answers of the study, checks too, practice left out.
    study
        The study, for the length of the stimuli.
    """
    needed = _needed_seconds(study)
    by_rater: dict[int, list[Answer]] = {}
    for answer in answers:
        by_rater.setdefault(answer.rater, []).append(answer)
    return tuple(_check(rater, given, needed) for rater, given in sorted(by_rater.items()))


def _check(rater: int, given: list[Answer], needed: Callable[[Answer], float]) -> RaterCheck:
    ratings = [answer for answer in given if answer.kind == RATING]
    references = [
        answer.value
        for answer in ratings
        if answer.systems == (ORIGINAL,) and answer.block != PREFERENCE
    ]
    low = sum(value < LEAST_REFERENCE_RATING for value in references)
    attention = [answer.value for answer in given if answer.kind == ATTENTION]
    headphones = [answer.value for answer in given if answer.kind == HEADPHONES]
    failed = sum(not value for value in attention)
    trials = {answer.order: answer for answer in ratings}
    hasty = _hasty_trials(given, needed)
    reasons = []
    if low > max(1.0, MOST_LOW_REFERENCES * len(references)):
        reasons.append(
            f"rated the hidden original under {LEAST_REFERENCE_RATING} in {low} of "
            f"{len(references)} trials"
        )
    if failed:
        reasons.append(f"failed {failed} of {len(attention)} attention checks")
    if hasty > max(1.0, MOST_HASTY_ANSWERS * len(trials)):
        reasons.append(f"answered faster than the stimulus in {hasty} of {len(trials)} trials")
    return RaterCheck(
        rater=rater,
        answers=len(ratings),
        references=len(references),
        low_references=low,
        attention=len(attention),
        attention_failed=failed,
        hasty=hasty,
        headphones=all(headphones) if headphones else None,
        reasons=tuple(reasons),
    )


def _needed_seconds(study: Study) -> Callable[[Answer], float]:
    """Return a function that tells how long the stimuli of an answer last (s)."""
    lengths = {(one.block, one.item, one.system): one.duration_s for one in study.stimuli}

    def seconds(answer: Answer) -> float:
        return sum(
            lengths.get((answer.block, answer.item, system), 0.0) for system in answer.systems
        )

    return seconds


def _hasty_trials(given: list[Answer], needed: Callable[[Answer], float]) -> int:
    """Count the trials that were played, or took since the one before, less than the stimuli."""
    hasty = 0
    before: float | None = None
    for order in sorted({answer.order for answer in given}):
        trial = next(answer for answer in given if answer.order == order)
        if trial.kind == RATING:
            least = LEAST_PLAYED_SHARE * needed(trial)
            passed = least if before is None else trial.answered_at - before
            hasty += min(trial.played_s, passed) < least
        before = trial.answered_at
    return hasty
