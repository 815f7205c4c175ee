"""A condition of a clip: how a clip with it is made, what has to come out, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came out of a clip.

    Parameters
    ----------
    text
        What was seen, in a few words with numbers and units.
    passed
        Whether that is what has to come out.
    """

    text: str
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition that people's clips come in.

    Parameters
    ----------
    topic
        Heading that the condition belongs to, such as ``"Colour"``.
    name
        The condition, in a few words.
    expected
        What has to come out, with its tolerance.
    check
        Makes the clip in an empty folder, processes it, and returns what was seen.
    is_slow
        Whether only the whole table has it, and not the quick part that `make test` runs.
    """

    topic: str
    name: str
    expected: str
    check: Callable[[Path], Seen]
    is_slow: bool = False
