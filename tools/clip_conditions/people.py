"""Clips of several people: how many are found, who is followed, and what is said about it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from d2m.core.errors import SettingsError
from d2m.perception.clip_warnings import find_losses
from d2m.perception.dancers import follow_people
from d2m.perception.people_sentence import people_sentence
from d2m.perception.person_search import open_person_search
from tools.clip_conditions.condition import Condition, Seen
from tools.people_figures.composites import compose
from tools.people_figures.measure import measure
from tools.render_examples import FPS

_TOPIC = "People"
_SEED = 200
_LENGTH_S = 4.0
_LEAST_IDENTITY = 0.95
"""Share of the frames in which number 1 has to be the same person."""


def _check_identity(kind: str, _folder: Path) -> Seen:
    figures = measure(compose(kind, _SEED, _LENGTH_S))
    return Seen(
        text=f"{figures.found} found; number 1 is the same in {figures.main_identity:.0%}",
        passed=figures.found == figures.count and figures.main_identity >= _LEAST_IDENTITY,
    )


def _check_count(kind: str, count: int, _folder: Path) -> Seen:
    with open_person_search() as search:
        found = len(search.search(compose(kind, _SEED, _LENGTH_S).frame(0)))
    return Seen(text=f"{found} found", passed=found == count)


def _check_loss(_folder: Path) -> Seen:
    """Say where the second person, who walks out, is lost."""
    clip = compose("walk-out", _SEED, _LENGTH_S)
    frames = [(n / FPS, clip.frame(n)) for n in range(len(clip.truth))]
    dancers = follow_people(frames, FPS, aspect=clip.size[0] / clip.size[1], dancer="2")
    if dancers is None:
        return Seen(text="nobody found", passed=False)
    losses = find_losses(dancers.tracks[0])
    left = int(np.flatnonzero(np.isfinite(clip.truth[:, 1, 0, 0]))[-1]) + 1
    text = people_sentence(dancers.people) + f" Lost: {losses}; true: from {left / FPS:.1f} s"
    return Seen(text=text, passed=len(losses) == 1 and abs(losses[0][0] - left / FPS) < 0.4)


def _check_unknown_number(_folder: Path) -> Seen:
    clip = compose("side by side", _SEED, 0.5)
    frames = [(n / FPS, clip.frame(n)) for n in range(len(clip.truth))]
    try:
        follow_people(frames, FPS, aspect=clip.size[0] / clip.size[1], dancer="5")
    except SettingsError as error:
        return Seen(text=str(error), passed="2 people were found" in str(error))
    return Seen(text="no error", passed=False)


PEOPLE: tuple[Condition, ...] = (
    Condition(
        topic=_TOPIC,
        name="three people side by side",
        expected="3 found",
        check=partial(_check_count, "three", 3),
    ),
    Condition(
        topic=_TOPIC,
        name="a number that nobody has",
        expected="one sentence that says how many people there are",
        check=_check_unknown_number,
    ),
    *(
        Condition(
            topic=_TOPIC,
            name=name,
            expected="all found; number 1 is the same person in >= 95% of the frames",
            check=partial(_check_identity, kind),
            is_slow=True,
        )
        for kind, name in (
            ("crossing", "two people change places"),
            ("three crossing", "two of three people change places"),
            ("cuts", "two people, filmed from other places after cuts"),
            ("new dancer after a cut", "another person after each cut"),
            ("walk-in", "a second person walks in"),
            ("mirror", "a dancer beside a mirror"),
        )
    ),
    Condition(
        topic=_TOPIC,
        name="the followed person walks out",
        expected="2 people; the loss is reported within 0.4 s",
        check=_check_loss,
        is_slow=True,
    ),
)
"""Conditions of the people in a clip."""
