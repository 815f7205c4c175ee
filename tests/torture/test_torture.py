"""What strangers may send, through the first stages of a job.

``make torture`` sends the same through whole jobs, ``make fuzz`` what nobody thought of.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.case import Case, Refused, Works
from tests.torture.cases import CASES
from tests.torture.judge import fault_of_copy, fault_of_refusal, fault_of_words
from tests.torture.prober import Outcome, Prober
from tests.torture.studio import Studio, times_shown
from tests.torture.watch import Listener, opened_beside

QUICK = [case for case in CASES if not case.is_slow]
REFUSAL_S, LONGEST_S = 3.0, 60.0


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with contextlib.closing(Listener()) as listener:
        yield listener


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Studio:
    return Studio(tmp_path_factory.mktemp("torture"), listener.port)


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    with contextlib.closing(Prober(patience_s=LONGEST_S)) as prober:
        yield prober


@pytest.fixture(scope="module")
def refusals() -> Iterator[list[float]]:
    """Collect how long refusals take (s); of all together, one in twenty may be slow."""
    seconds: list[float] = []
    yield seconds
    if len(seconds) >= 20:
        assert sorted(seconds)[int(0.95 * len(seconds))] < REFUSAL_S


@pytest.mark.parametrize("case", QUICK, ids=lambda case: re.sub(r"[^\w.]+", "-", case.name))
def test_case(
    case: Case,
    studio: Studio,
    prober: Prober,
    listener: Listener,
    refusals: list[float],
    tmp_path: Path,
) -> None:
    clip, copy = case.make(studio), tmp_path / "copy.mp4"
    with opened_beside(clip) as opened:
        outcome = prober(clip, copy, case.start_s, case.length_s)
    assert outcome.kind in ("works", "refused"), outcome
    if outcome.kind == "refused":
        refusals.append(outcome.seconds)
        assert not fault_of_refusal(case.expect, outcome.words)
    else:
        assert not fault_of_copy(case.expect, outcome, copy)
    assert not opened
    assert not listener.calls()
    assert {path.name for path in tmp_path.iterdir()} <= {copy.name}


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 100


def test_what_is_opened_beside_a_file_is_noticed(tmp_path: Path) -> None:
    clip, canary = tmp_path / "clip.mp4", tmp_path / "canary.mp4"
    clip.write_text("clip")
    canary.write_text("canary")
    with opened_beside(clip) as opened:
        clip.read_text()
    assert not opened
    with opened_beside(clip) as opened:
        canary.read_text()
    assert opened == {"canary.mp4"}


def test_a_call_is_noticed() -> None:
    import socket

    with contextlib.closing(Listener()) as listener:
        socket.create_connection(("127.0.0.1", listener.port)).close()
        assert (listener.calls(), listener.calls()) == (1, 0)


@pytest.mark.parametrize(
    "words",
    [
        "it failed",
        "It failed.",
        "It failed. Send another one.",
        "No /tmp/x/clip.mp4 is there: send another one.",
        "Send\nanother one.",
        "A ValueError came: try again.",
        "Send it anew" + "!" * 300 + ".",
    ],
)
def test_sentences_that_are_none(words: str) -> None:
    assert fault_of_words(words)


def test_judging_sees_what_is_wrong(studio: Studio, tmp_path: Path) -> None:
    from d2m.media.clip import normalise

    info = normalise(studio.dance, tmp_path / "copy.mp4")
    right = Outcome(
        kind="works",
        seconds=1.0,
        duration_s=info.duration_s,
        width=info.width,
        height=info.height,
        has_audio=info.has_audio,
    )
    assert not fault_of_copy(Works(has_audio=True), right, tmp_path / "copy.mp4")
    for wrong, fault in (
        (Works(duration_s=3.0), "long"),
        (Works(shape=1.0), "384 x 240"),
        (Works(has_audio=False), "sound"),
        (Works(times=lambda number: number / 30 + 0.1), "shown at"),
        (Works(pictures=90), "different"),
        (Refused(reason="x"), "taken"),
    ):
        assert fault in fault_of_copy(wrong, right, tmp_path / "copy.mp4")
    turned = studio.encoded("turned.mp4", "-vf", "hflip,vflip")
    normalise(turned, tmp_path / "turned.mp4")
    assert fault_of_copy(Works(), right, tmp_path / "turned.mp4")
    assert [number for _, number in times_shown(tmp_path / "copy.mp4")] == list(range(75))
