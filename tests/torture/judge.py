"""Says what is wrong with how a clip fared."""

from __future__ import annotations

import re
from pathlib import Path

from tests.torture.case import Expected, Refused, Works
from tests.torture.prober import Outcome
from tests.torture.studio import times_shown

_TO_DO = re.compile(r"\b(send|save|convert|choose|take|try|check|expected)\b", re.IGNORECASE)
_PATH = re.compile(r"(^|[\s'\"(])(/|~/|[A-Za-z]:\\)\w|Traceback|Error\b|0x[0-9a-f]{4}")


def fault_of_words(sentence: str) -> str:
    """Return why a refusal is not one clear sentence that says what to do, or nothing."""
    if not sentence.endswith(".") or not sentence[:1].isupper():
        return f"no sentence: {sentence!r}"
    if not sentence.isprintable() or re.search(r"[.!?] [A-Z]", sentence):
        return f"more than one line or sentence: {sentence!r}"
    if len(sentence) > 260:
        return f"{len(sentence)} letters long: {sentence!r}"
    if _PATH.search(sentence):
        return f"tells of the inside: {sentence!r}"
    if not _TO_DO.search(sentence):
        return f"does not say what to do: {sentence!r}"
    return ""


def fault_of_any(outcome: Outcome) -> str:
    """Return what is wrong with how a clip fared of which nothing is known, or nothing."""
    if outcome.kind == "refused":
        return fault_of_words(outcome.words)
    return "" if outcome.kind == "works" else f"{outcome.kind}: {outcome.words}"


def fault_of_refusal(expected: Expected, sentence: str) -> str:
    """Return what is wrong with a refusal, or nothing."""
    if isinstance(expected, Works):
        return f"refused: {sentence}"
    if not re.search(expected.reason, sentence):
        return f"refused for another reason: {sentence}"
    return fault_of_words(sentence)


def fault_of_copy(expected: Expected, outcome: Outcome, copy: Path) -> str:
    """Return what is wrong with a clip's normalised copy, or nothing."""
    if isinstance(expected, Refused):
        return f"taken, {outcome.duration_s:.2f} s"
    if abs(outcome.duration_s - expected.duration_s) > expected.within_s:
        return f"{outcome.duration_s:.3f} s long instead of {expected.duration_s:.3f} s"
    shape = outcome.width / outcome.height
    if expected.shape is not None and abs(shape / expected.shape - 1) > 0.02:
        return f"{outcome.width} x {outcome.height}"
    if expected.has_audio not in (None, outcome.has_audio):
        return f"sound: {outcome.has_audio}"
    return _fault_of_pictures(expected, copy)


def _fault_of_pictures(expected: Works, copy: Path) -> str:
    shown = times_shown(copy)
    if expected.times is None:
        return "" if shown else "no pictures"
    numbers = [number for _, number in shown]
    frame = 1.05 / 24 if len(shown) < 2 else 1.05 * (shown[1][0] - shown[0][0])
    seen = sorted(set(numbers))
    # A copy may skip numbers, so a picture is seen up to when the next one of the copy comes.
    following = dict(zip(seen, [*seen[1:], 10**6], strict=True))
    for time, number in shown:
        since, until = expected.times(number), expected.times(following[number])
        if not since - frame <= time <= until + frame:
            return f"picture {number} of {since:.3f} s is shown at {time:.3f} s"
    if numbers != sorted(numbers) or len(seen) < expected.pictures - 2:
        return f"{len(seen)} different pictures, {expected.pictures} expected"
    return ""
