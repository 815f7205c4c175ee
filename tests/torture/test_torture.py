"""Untrusted clips of all kinds, in the first stages of a job.

``make torture`` sends the same clips through whole jobs, and ``make fuzz`` random damage. Here only
clips that ask for much time or memory are probed in a process of their own, as in a job.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.access_monitor import Listener, files_opened_beside
from tests.torture.case import Case, Refused, Works
from tests.torture.cases import CASES
from tests.torture.checks import copy_fault, message_fault, refusal_fault
from tests.torture.clip_factory import ClipFactory, frame_times
from tests.torture.damaged_clips import BOMBS
from tests.torture.prober import Outcome, Prober

QUICK = [case for case in CASES if not case.is_slow]
REFUSAL_S, TIMEOUT_S = 3.0, 60.0
"""Time for a refusal (19 of 20 cases), and for any case (s)."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with contextlib.closing(Listener()) as listener:
        yield listener


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> ClipFactory:
    return ClipFactory(tmp_path_factory.mktemp("torture"), listener.port)


@pytest.fixture(scope="module")
def probers() -> Iterator[dict[bool, Prober]]:
    """Return what probes clips in a sandbox (True), and what does so without one (False)."""
    with contextlib.ExitStack() as stack:
        yield {
            in_sandbox: stack.enter_context(
                contextlib.closing(Prober(timeout_s=TIMEOUT_S, in_sandbox=in_sandbox))
            )
            for in_sandbox in (False, True)
        }


@pytest.fixture(scope="module")
def refusals() -> Iterator[list[float]]:
    """Collect the times of refusals (s); at the end, one in twenty may be slow."""
    seconds: list[float] = []
    yield seconds
    if len(seconds) >= 20:
        assert sorted(seconds)[int(0.95 * len(seconds))] < REFUSAL_S


@pytest.mark.parametrize("case", QUICK, ids=lambda case: re.sub(r"[^\w.]+", "-", case.name))
def test_case(
    case: Case,
    factory: ClipFactory,
    probers: dict[bool, Prober],
    listener: Listener,
    refusals: list[float],
    tmp_path: Path,
) -> None:
    clip, copy = case.make(factory), tmp_path / "copy.mp4"
    with files_opened_beside(clip) as opened:
        outcome = probers[case in BOMBS](clip, copy, case.start_s, case.length_s)
    assert outcome.kind in ("works", "refused"), outcome
    if outcome.kind == "refused":
        refusals.append(outcome.seconds)
        assert not refusal_fault(case.expect, outcome.message)
    else:
        assert not copy_fault(case.expect, outcome, copy)
    assert not opened
    assert not listener.calls()
    assert {path.name for path in tmp_path.iterdir()} <= {copy.name}


def test_there_are_at_least_100_cases_with_unique_names() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 100


def test_files_opened_in_the_same_folder_are_detected(tmp_path: Path) -> None:
    clip, canary = tmp_path / "clip.mp4", tmp_path / "canary.mp4"
    clip.write_text("clip")
    canary.write_text("canary")
    with files_opened_beside(clip) as opened:
        clip.read_text()
    assert not opened
    with files_opened_beside(clip) as opened:
        canary.read_text()
    assert opened == {"canary.mp4"}


def test_calls_of_the_port_are_detected() -> None:
    import socket

    with contextlib.closing(Listener()) as listener:
        socket.create_connection(("127.0.0.1", listener.port)).close()
        assert (listener.calls(), listener.calls()) == (1, 0)


@pytest.mark.parametrize(
    "message",
    [
        "it failed",
        "It failed.",
        "It failed. Send another one.",
        "No /tmp/x/clip.mp4 is there: send another one.",
        "Send\nanother one.",
        "A ValueError came: try again.",
        "Send it again" + "!" * 300 + ".",
    ],
)
def test_bad_messages_are_detected(message: str) -> None:
    assert message_fault(message)


def test_wrong_outcomes_are_detected(factory: ClipFactory, tmp_path: Path) -> None:
    from d2m.media.clip import normalise

    info = normalise(factory.dance, tmp_path / "copy.mp4")
    right = Outcome(
        kind="works",
        seconds=1.0,
        duration_s=info.duration_s,
        width=info.width,
        height=info.height,
        has_audio=info.has_audio,
    )
    assert not copy_fault(Works(has_audio=True), right, tmp_path / "copy.mp4")
    for wrong, fault in (
        (Works(duration_s=3.0), "long"),
        (Works(shape=1.0), "384 x 240"),
        (Works(has_audio=False), "audio"),
        (Works(times=lambda number: number / 30 + 0.1), "shown at"),
        (Works(frames=90), "different"),
        (Refused(reason="x"), "accepted"),
    ):
        assert fault in copy_fault(wrong, right, tmp_path / "copy.mp4")
    rotated = factory.encoded("rotated.mp4", "-vf", "hflip,vflip")
    normalise(rotated, tmp_path / "rotated.mp4")
    assert copy_fault(Works(), right, tmp_path / "rotated.mp4")
    assert [number for _, number in frame_times(tmp_path / "copy.mp4")] == list(range(75))
