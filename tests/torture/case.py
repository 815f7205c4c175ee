"""Cases of the torture set: how a clip is made, and the expected outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.clip_factory import COUNT, FPS, SECONDS, ClipFactory


def time_at_30_hz(number: int) -> float:
    """Return the time of a frame of an unchanged clip (s)."""
    return number / FPS


@dataclass(frozen=True, kw_only=True)
class Works:
    """The clip is accepted.

    Parameters
    ----------
    duration_s, within_s
        Duration of the normalised clip and its tolerance (s).
    times
        Function from a frame's number to its time (s), or None if frames have no numbers. The
        numbers are read from upright frames, so a rotated or mirrored frame fails.
    frames
        Number of different frames.
    shape
        Aspect ratio (width / height), or None if it does not matter.
    has_audio
        Whether the normalised clip has audio, or None if it does not matter.
    warning
        A warning that a whole job must give, as a regular expression; "" for none in
        particular.
    has_rhythm
        Whether a whole job must find a rhythm, or None if it does not matter.
    """

    duration_s: float = SECONDS
    within_s: float = 1.1 / 24
    times: Callable[[int], float] | None = time_at_30_hz
    frames: int = COUNT
    shape: float | None = 1.6
    has_audio: bool | None = None
    warning: str = ""
    has_rhythm: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The clip is refused with a message that matches ``reason``, a regular expression."""

    reason: str


Expected = Works | Refused
NO_DANCER = Refused(reason="No dancer was found")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A clip and its expected outcome.

    Parameters
    ----------
    name
        Name of the case.
    make
        Function that makes the file. Other files that it writes into the same folder must
        not be opened.
    expect
        Expected outcome of normalising the clip.
    job
        Expected outcome of a whole job, if it differs.
    levels
        Levels of that job; by default the clip is only analysed.
    start_s, length_s
        Start and duration of the part that is used (s).
    is_slow
        Whether only ``make torture`` runs the case.
    """

    name: str
    make: Callable[[ClipFactory], Path]
    expect: Expected
    job: Expected | None = None
    levels: str = "none"
    start_s: float = 0.0
    length_s: float | None = None
    is_slow: bool = False


NOT_A_VIDEO = Refused(reason="is not a video or audio file")
