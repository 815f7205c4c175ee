"""What a case of the torture set is, and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.studio import COUNT, FPS, SECONDS, Studio


def at_thirty(number: int) -> float:
    """Return when a picture of a plain clip comes (s)."""
    return number / FPS


@dataclass(frozen=True, kw_only=True)
class Works:
    """The clip is taken.

    Parameters
    ----------
    duration_s, within_s
        How long the copy is, and how far it may be off (s).
    times
        When the picture of a number comes (s), or None where pictures carry none. They are
        read from the upright picture, so a turned or mirrored one fails.
    pictures
        How many different ones there are.
    shape
        Width over height, or None where it does not matter.
    has_audio
        Whether the copy has sound, or None where it does not matter.
    warning
        What a whole job must warn of, as a regular expression; "" for nothing special.
    """

    duration_s: float = SECONDS
    within_s: float = 1.1 / 24
    times: Callable[[int], float] | None = at_thirty
    pictures: int = COUNT
    shape: float | None = 1.6
    has_audio: bool | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The clip is refused with a sentence in which ``reason`` (a regular expression) is found."""

    reason: str


Expected = Works | Refused
NOBODY = Refused(reason="No dancer was found")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A clip and what comes of it.

    Parameters
    ----------
    name
        Of the case.
    make
        Makes the file. What else it puts into the file's folder must not be opened.
    expect
        What becomes of its copy.
    job
        What becomes of a whole job, where that differs.
    levels
        Levels of that job; by default the clip is only looked at.
    start_s, length_s
        Part that is taken (s).
    is_slow
        Whether it is left to ``make torture``.
    """

    name: str
    make: Callable[[Studio], Path]
    expect: Expected
    job: Expected | None = None
    levels: str = "none"
    start_s: float = 0.0
    length_s: float | None = None
    is_slow: bool = False


NOT_A_VIDEO = Refused(reason="is not a video or sound")
