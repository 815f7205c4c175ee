"""Limits on clips, properties of clips, and their names in messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Longest file name in a message (characters); chosen by hand so that a message stays readable.
_MAX_NAME_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class ClipLimits:
    """Limits on the clips that are accepted; the defaults were chosen by hand.

    Parameters
    ----------
    min_duration_s, max_duration_s
        Shortest and longest duration (s).
    max_bytes
        Largest file size (bytes).
    max_pixels
        Largest frame area (px); the default admits 4K in both orientations.
    max_frames
        Most frames in the clip, or most frames to decode for a part of it, whatever their
        timestamps are. The default is two minutes at 240 Hz.
    max_listed
        Most frames in a file of which only a part is used; they are counted, not decoded. The
        default is one hour at 60 Hz.
    """

    min_duration_s: float = 2.0
    max_duration_s: float = 120.0
    max_bytes: int = 500_000_000
    max_pixels: int = 4096 * 2304
    max_frames: int = 120 * 240
    max_listed: int = 3600 * 60


@dataclass(frozen=True, kw_only=True)
class ClipInfo:
    """Properties of a clip.

    Parameters
    ----------
    duration_s
        Time from the start of the first frame to the end of the last (s).
    fps
        Usual frame rate (Hz): pauses and lost pictures do not count.
    width, height
        Size of a frame when it is shown upright with square pixels (px).
    has_audio
        Whether the clip has an audio track that can be decoded.
    sound_problem
        Empty, or one sentence why the sound that the clip has can't be used.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    has_audio: bool
    sound_problem: str = ""

    def frame_count(self, fps: float | None = None) -> int:
        """Return the number of frames at ``fps`` (Hz), by default the clip's own rate."""
        return max(1, round(self.duration_s * (fps or self.fps)))


def display_name(path: Path) -> str:
    """Return a file name for use in a message: printable, on one line, shortened if long."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    half = _MAX_NAME_LENGTH // 2
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:half]}…{name[-half:]}"
