"""Check the outcome of a clip. Each check returns what is wrong, or an empty string."""

from __future__ import annotations

import re
from pathlib import Path

from tests.torture.case import Expected, Refused, Works
from tests.torture.clip_factory import frame_times
from tests.torture.prober import Outcome

# Verbs that tell the user what to do.
_ADVICE = re.compile(
    r"\b(send|save|convert|choose|take|try|check|copy|download|unpack|export|expected)\b",
    re.IGNORECASE,
)
# Paths, tracebacks and addresses, which must not be shown.
_INTERNALS = re.compile(r"(^|[\s'\"(])(/|~/|[A-Za-z]:\\)\w|Traceback|Error\b|0x[0-9a-f]{4}")


def message_fault(message: str) -> str:
    """Check that an error message is one clear sentence that says what to do."""
    if not message.endswith(".") or not message[:1].isupper():
        return f"not a sentence: {message!r}"
    if not message.isprintable() or re.search(r"[.!?] [A-Z]", message):
        return f"more than one line or sentence: {message!r}"
    if len(message) > 260:
        return f"{len(message)} characters long: {message!r}"
    if _INTERNALS.search(message):
        return f"shows internals: {message!r}"
    if not _ADVICE.search(message):
        return f"gives no advice: {message!r}"
    return ""


def outcome_fault(outcome: Outcome) -> str:
    """Check the outcome of a clip without any expectation."""
    if outcome.kind == "refused":
        return message_fault(outcome.message)
    return "" if outcome.kind == "works" else f"{outcome.kind}: {outcome.message}"


def refusal_fault(expected: Expected, message: str) -> str:
    """Check the message with which a clip was refused."""
    if isinstance(expected, Works):
        return f"refused: {message}"
    if not re.search(expected.reason, message):
        return f"refused for another reason: {message}"
    return message_fault(message)


def copy_fault(expected: Expected, outcome: Outcome, copy: Path) -> str:
    """Check the normalised clip."""
    if isinstance(expected, Refused):
        return f"accepted, {outcome.duration_s:.2f} s"
    if abs(outcome.duration_s - expected.duration_s) > expected.within_s:
        return f"{outcome.duration_s:.3f} s long instead of {expected.duration_s:.3f} s"
    shape = outcome.width / outcome.height
    if expected.shape is not None and abs(shape / expected.shape - 1) > 0.02:
        return f"{outcome.width} x {outcome.height}"
    if expected.has_audio not in (None, outcome.has_audio):
        return f"audio: {outcome.has_audio}"
    return _frames_fault(expected, copy)


def _frames_fault(expected: Works, copy: Path) -> str:
    shown = frame_times(copy)
    if expected.times is None:
        return "" if shown else "no frames"
    numbers = [number for _, number in shown]
    frame = 1.05 / 24 if len(shown) < 2 else 1.05 * (shown[1][0] - shown[0][0])
    seen = sorted(set(numbers))
    # Numbers may be skipped, so a frame is shown until the next number that is there.
    following = dict(zip(seen, [*seen[1:], 10**6], strict=True))
    for time, number in shown:
        since, until = expected.times(number), expected.times(following[number])
        if not since - frame <= time <= until + frame:
            return f"frame {number} of {since:.3f} s is shown at {time:.3f} s"
    if numbers != sorted(numbers) or len(seen) < expected.frames - 2:
        return f"{len(seen)} different frames, {expected.frames} expected"
    return ""
