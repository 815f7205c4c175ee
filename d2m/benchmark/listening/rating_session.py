"""What a rater is shown next, and which answers are accepted."""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from d2m.benchmark.listening.answers import Answer, AnswerStore, Rater
from d2m.benchmark.listening.stimulus_sound import SIDES
from d2m.benchmark.listening.study import ATTENTION, HEADPHONES, PRACTICE, PREFERENCE, Study
from d2m.benchmark.listening.trial_order import Trial, session_trials

OPINION_SCALE = {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"}
"""Labels of the five-level scale of absolute category rating (ITU-T P.910 and P.911)."""
PLAYED_SHARE = 0.95
"""Share of a stimulus that must be played before an answer counts. Chosen by hand: browsers report
the end of a file some hundredths of a second early or late."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
_LABELS = {0: "The first", 1: "The second"}


class RefusedAnswerError(Exception):
    """A request that is not accepted: an HTTP status and a sentence for the rater."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class RatingSession:
    """Takes raters through a study; all it knows is in the file of answers.

    Parameters
    ----------
    study
        The study.
    store
        Its answers.
    clock
        Seconds since 1970.
    """

    def __init__(
        self, study: Study, store: AnswerStore, clock: Callable[[], float] = time.time
    ) -> None:
        self._study, self._store, self._clock = study, store, clock

    def join(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a rater who agrees to take part; the browser has drawn the token of the link.

        Raises
        ------
        RefusedAnswerError
            If the invitation or the token is wrong, or there are enough raters.
        """
        invitation, token = str(body.get("invitation", "")), str(body.get("token", ""))
        if not secrets.compare_digest(invitation.encode(), self._study.invitation.encode()):
            raise RefusedAnswerError(403, "This link is incomplete: use the link that you got.")
        if not _TOKEN.fullmatch(token):
            raise RefusedAnswerError(400, "The request is malformed: load the page again.")
        if not self._store.join(token, self._study.most_raters):
            raise RefusedAnswerError(403, "The study has enough raters. Thank you for your offer.")
        return self.next_trial(self.rater(token))

    def rater(self, token: str) -> Rater:
        """Return the rater of a link.

        Raises
        ------
        RefusedAnswerError
            If there is none.
        """
        rater = self._store.rater(token) if _TOKEN.fullmatch(token) else None
        if rater is None:
            raise RefusedAnswerError(401, "This link is not known: use the link that you got.")
        return rater

    def next_trial(self, rater: Rater) -> dict[str, Any]:
        """Return what a rater is shown next, as JSON; at the end, the completion code."""
        trials = session_trials(self._study, rater.number)
        position = self._store.answered(rater.number)
        if position >= len(trials):
            return {"done": True, "code": rater.code}
        self._store.mark_sent(rater.number, position, self._clock())
        return _as_json(trials[position], len(trials))

    def answer(self, rater: Rater, body: Mapping[str, Any]) -> dict[str, Any]:
        """Store the answers to a trial, and return what is shown next.

        What was stored before stays as it is, so sending an answer again does no harm.

        Raises
        ------
        RefusedAnswerError
            If the trial is not the next one, was not played to the end, or a value is missing.
        """
        trials = session_trials(self._study, rater.number)
        position, expected = body.get("position"), self._store.answered(rater.number)
        if type(position) is not int or not 0 <= position < len(trials):
            raise RefusedAnswerError(400, "The request is malformed: load the page again.")
        if position > expected:
            raise RefusedAnswerError(409, "Another answer comes first: load the page again.")
        if position == expected:
            trial = trials[position]
            played_s = self._played(rater, trial, body.get("played_s"))
            values = body.get("values")
            self._store.add(_answers(rater, trial, values, played_s, self._clock()))
        return self.next_trial(rater)

    def _played(self, rater: Rater, trial: Trial, reported: Any) -> float:
        """Return how long a trial was played (s), if that is long enough and possible."""
        lengths = [stimulus.duration_s for stimulus in trial.stimuli]
        if (
            not isinstance(reported, list)
            or len(reported) != len(lengths)
            or not all(type(one) in (int, float) and math.isfinite(one) for one in reported)
        ):
            raise RefusedAnswerError(400, "The request is malformed: load the page again.")
        sent_at = self._store.sent_at(rater.number, trial.position)
        elapsed_s = self._clock() - sent_at if sent_at is not None else 0.0
        pairs = zip(reported, lengths, strict=True)
        if (
            any(one < PLAYED_SHARE * length for one, length in pairs)
            or elapsed_s < PLAYED_SHARE * sum(lengths)
            or sum(reported) > elapsed_s + sum(lengths)
        ):
            raise RefusedAnswerError(422, "This was not played to the end: please play it again.")
        return float(sum(reported))


def _answers(rater: Rater, trial: Trial, values: Any, played_s: float, now: float) -> list[Answer]:
    """Return one answer for each question of a trial."""
    if not isinstance(values, dict):
        raise RefusedAnswerError(400, "The request is malformed: load the page again.")
    given = [values.get(question.key) for question in trial.questions]
    if any(type(value) is not int or value not in _options(trial) for value in given):
        raise RefusedAnswerError(422, "An answer is missing: please answer each question.")
    return [
        Answer(
            rater=rater.number,
            block=trial.block,
            item=trial.item,
            systems=trial.systems,
            value=_judged(trial, int(value or 0)),
            kind=trial.kind,
            order=trial.position,
            played_s=round(played_s, 3),
            answered_at=now,
            question=question.key,
        )
        for question, value in zip(trial.questions, given, strict=True)
    ]


def _judged(trial: Trial, value: int) -> int:
    """Return a value as it is stored: of checks, whether they were passed."""
    if trial.kind == HEADPHONES:
        return int(SIDES[value] == trial.item)
    return int(str(value) == trial.item) if trial.kind == ATTENTION else value


def _options(trial: Trial) -> dict[int, str]:
    """Return the answers to choose from, with their labels."""
    if trial.kind == HEADPHONES:
        return dict(enumerate(("Left", "Right", "Both sides")))
    if trial.kind == ATTENTION:
        return {count: str(count) for count in range(1, 6)}
    if trial.block == PREFERENCE:
        return _LABELS
    return {value: f"{value} {label}" for value, label in OPINION_SCALE.items()}


def _as_json(trial: Trial, total: int) -> dict[str, Any]:
    """Return a trial as the page needs it; nothing in it tells the system."""
    labels = ["First", "Second"] if len(trial.stimuli) > 1 else [""]
    return {
        "position": trial.position,
        "total": total,
        "hint": _HINTS.get(trial.kind, ""),
        "media": [
            {
                "url": f"media/{stimulus.id}",
                "is_video": stimulus.is_video,
                "label": label,
                "duration_s": stimulus.duration_s,
            }
            for stimulus, label in zip(trial.stimuli, labels, strict=True)
        ],
        "questions": [
            {
                "key": question.key,
                "text": question.text,
                "options": [
                    {"value": value, "label": label} for value, label in _options(trial).items()
                ],
            }
            for question in trial.questions
        ],
    }


_HINTS = {
    HEADPHONES: "Put on your headphones, and set a comfortable volume. Please do not change it"
    " afterwards.",
    PRACTICE: "This one is for practice: your answer does not count.",
    ATTENTION: "This one checks that you can hear well.",
}
