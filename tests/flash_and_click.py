"""Clips that flash and click at known times, and how far apart both come out of a copy.

Flashes and clicks are measured with the ffmpeg program, not with the code that is tested.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from tests.clips import ffmpeg

ABOUT_S = (0.5, 1.3, 2.2, 3.2, 4.3, 5.2, 30.4, 57.9)
"""About when a clip flashes and clicks (s): ever other intervals, so that none is mistaken for
another. The flash and its click start with the first picture at or after each of these times."""
SECONDS = 6.0
"""Duration of a clip (s)."""
SOUND_RATE = 48_000
"""Sample rate of the clicks (Hz)."""
_WIDTH, _HEIGHT = 96, 64
_FLASH_S = 0.1
_CLICK_HZ, _CLICK_S = 4000, 0.03


def steady(rate: float = 30.0, seconds: float = SECONDS) -> NDArray[np.float64]:
    """Return the times of pictures at a constant rate (s)."""
    return np.arange(round(seconds * rate)) / rate


def events(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return when a clip with pictures at these times flashes and clicks (s)."""
    found = [times[times >= about - 1e-3][:1] for about in ABOUT_S]
    return np.concatenate(found)


def flashing_pictures(times: NDArray[np.float64]) -> list[NDArray[np.uint8]]:
    """Return a picture ``(64, 96, 3)`` for each time: grey, or white from an event on for 0.1 s.

    A bar at the bottom whose length changes makes each picture differ from the one before.
    """
    shown = []
    for number, time in enumerate(times):
        lit = any(start - 1e-6 <= time < start + _FLASH_S - 1e-3 for start in events(times))
        picture = np.full((_HEIGHT, _WIDTH, 3), 235 if lit else 64, np.uint8)
        picture[48:] = 30
        picture[48:, : 12 + number * 36 % 84] = 200
        shown.append(picture)
    return shown


def clicks(
    event_s: NDArray[np.float64], seconds: float = SECONDS, rate: int = SOUND_RATE
) -> NDArray[np.float32]:
    """Return a sound (N,) of a sample rate (Hz) with a click at each event (s)."""
    sound = np.zeros(round(seconds * rate), np.float32)
    click = 0.7 * np.sin(2 * np.pi * _CLICK_HZ * np.arange(_CLICK_S * rate) / rate)
    for time in event_s:
        part = sound[round(time * rate) :][: len(click)]
        part[:] = click[: len(part)]
    return sound


def flashing_clip(
    path: Path,
    *codecs: object,
    rate: float = 30.0,
    seconds: float = SECONDS,
    sound_s: float | None = None,
    clock: float = 1.0,
) -> Path:
    """Write a clip of flashes and clicks at a constant rate with the ffmpeg program.

    Parameters
    ----------
    path
        The file; its extension says the container.
    codecs
        Arguments of ffmpeg before the output; without a sound codec there is no sound.
    rate
        Frame rate (Hz).
    seconds, sound_s
        Durations of the pictures and of the sound (s); by default they are equal.
    clock
        How much longer the sound has to last for its clicks to be on time: it was recorded with a
        clock that is slow by this factor.
    """
    times = steady(rate, seconds)
    sound = path.with_name(f"{path.stem}.wav")
    soundfile.write(sound, clicks(events(times) / clock, (sound_s or seconds) / clock), SOUND_RATE)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{_WIDTH}x{_HEIGHT}", "-r", rate)
    content = b"".join(picture.tobytes() for picture in flashing_pictures(times))
    sources = (*raw, "-i", "-", "-i", sound)
    ffmpeg("-y", *sources, *codecs, path, content=content)
    return path


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """Times of flashes and clicks in a copy, and their errors.

    Parameters
    ----------
    expected_s : (E,)
        When the events have to be (s).
    flash_s, click_s : (E,)
        When they are (s); NaN where there is none within 0.35 s.
    """

    expected_s: NDArray[np.float64]
    flash_s: NDArray[np.float64]
    click_s: NDArray[np.float64]

    @property
    def worst_flash_s(self) -> float:
        """Largest error of a flash (s); infinite if one is missing."""
        return _worst(self.flash_s - self.expected_s)

    @property
    def worst_click_s(self) -> float:
        """Largest error of a click (s); infinite if one is missing."""
        return _worst(self.click_s - self.expected_s)

    @property
    def worst_sync_s(self) -> float:
        """Largest distance of a click from its flash (s); infinite if one is missing."""
        return _worst(self.click_s - self.flash_s)

    def __str__(self) -> str:
        """Return the errors of the first, the middle and the last event (ms)."""
        places = sorted({0, len(self.expected_s) // 2, len(self.expected_s) - 1})
        words = ["start", "middle", "end"] if len(places) == 3 else ["start", "end"]
        return ", ".join(
            f"{word} {1e3 * (self.flash_s - self.expected_s)[place]:+.0f}"
            f"/{1e3 * (self.click_s - self.expected_s)[place]:+.0f} ms"
            for word, place in zip(words, places, strict=False)
        )


def _worst(errors: NDArray[np.float64]) -> float:
    return float(np.abs(errors).max()) if np.isfinite(errors).all() else float("inf")


def measure(
    copy: Path,
    expected_s: NDArray[np.float64] | None = None,
    *,
    has_sound: bool = True,
    click_late_s: float = 0.0,
) -> Alignment:
    """Find the flashes and clicks of a copy at a constant rate.

    Parameters
    ----------
    copy
        A clip that `d2m.media.clip.normalise` wrote.
    expected_s
        When they have to be (s); by default those of a `flashing_clip` of 30 Hz.
    has_sound
        Whether to look for clicks.
    click_late_s
        By how much the clicks have to be late (s); it is subtracted.
    """
    expected = events(steady()) if expected_s is None else expected_s
    heard = click_times(copy) if has_sound else np.zeros(0)
    return Alignment(
        expected_s=expected,
        flash_s=_nearest(flash_times(copy), expected),
        click_s=_nearest(heard - click_late_s, expected),
    )


def _nearest(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.full(len(wanted), np.nan)
    for place, time in enumerate(wanted):
        close = found[np.abs(found - time) < 0.35]
        if len(close):
            result[place] = close[np.argmin(np.abs(close - time))]
    return result


def pictures(path: Path) -> tuple[NDArray[np.uint8], float]:
    """Return all pictures in grey ``(F, 32, 48)`` and the rate (Hz) of a clip of constant rate."""
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 30)
    command = ("-i", path, "-map", "0:v:0", "-vf", "scale=48:32", "-fps_mode", "passthrough")
    raw = _raw(*command, "-pix_fmt", "gray", "-f", "rawvideo")
    return np.frombuffer(raw, np.uint8).reshape(-1, 32, 48), rate


def flash_times(path: Path) -> NDArray[np.float64]:
    """Return when the flashes of a clip of constant rate start (s)."""
    shown, rate = pictures(path)
    lit = shown[:, 4:20].mean(axis=(1, 2)) > 150
    return np.flatnonzero(lit & ~np.concatenate([[False], lit[:-1]])) / rate


def click_times(path: Path) -> NDArray[np.float64]:
    """Return when the clicks of a clip or sound file start (s)."""
    raw = _raw("-i", path, "-map", "0:a:0", "-ac", 1, "-ar", SOUND_RATE, "-f", "f32le")
    sound = np.abs(np.frombuffer(raw, np.float32))
    loud = np.flatnonzero(sound > 0.25)
    firsts = np.concatenate([loud[:1], loud[1:][np.diff(loud) > 0.1 * SOUND_RATE]])
    return firsts / SOUND_RATE


def different_pictures(path: Path) -> int:
    """Return how many pictures of a clip of constant rate differ from the one before."""
    shown, _ = pictures(path)
    bar = shown[:, 26:30].astype(int).mean(axis=1)
    return 1 + int((np.abs(np.diff(bar, axis=0)).max(axis=1) > 25).sum())


def _raw(*arguments: object) -> bytes:
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", *map(str, arguments), "-"]
    return subprocess.run(command, check=True, timeout=60, capture_output=True).stdout
