"""The sound of stimuli: cut to length, at one loudness, and the sounds of anchors and checks."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np

from d2m.audio.limiter import limit_true_peaks
from d2m.audio.loudness import measure_loudness
from d2m.audio.waveform import Audio
from d2m.core.errors import DataError
from d2m.media.atomic_write import atomic_write
from d2m.media.clip_part import ClipPart
from d2m.media.song_file import SongLimits
from d2m.media.song_sandbox import decode_song

STIMULUS_RATE = 48_000
"""Sample rate of all stimuli (Hz): that of the sound of muxed videos."""
LENGTH_SLACK_S = 0.1
"""How much shorter than asked an output may be (s); silence is added. Chosen by hand: codecs and
frame rates shorten clips by a few hundredths."""
CLICK_BPM = 120.0
"""Tempo of the click track (BPM). Chosen by hand; it is the same for all clips, so it goes with a
dance only by chance."""
BEEP_COUNTS = (2, 3, 4, 5)
"""Numbers of beeps of the attention checks."""
SIDES = ("left", "right", "both")
"""Sides of the tones of the headphones check."""
_LIMITS = SongLimits(min_duration_s=0.0)
_FADE_S = 0.01  # at both ends, so that cuts do not click
_ROUNDS, _TOLERANCE_LU = 4, 0.05  # of gain and limiting
_TONE_HZ, _TONE_S, _TONE_AMPLITUDE = 440.0, 1.2, 0.25  # of the checks


def cut_sound(path: Path, start_s: float, length_s: float) -> Audio:
    """Read a part of a sound file, or of a video's sound.

    Parameters
    ----------
    path
        The file.
    start_s, length_s
        The part (s).

    Returns
    -------
    (2, N)
        Stereo at `STIMULUS_RATE`, with short fades; mono sounds on both sides.

    Raises
    ------
    AudioError
        If it can't be read.
    DataError
        If it is too short.
    """
    part = ClipPart(start_s=start_s, length_s=length_s)
    decoded = decode_song(path, part, sample_rate=STIMULUS_RATE, limits=_LIMITS)
    if decoded.duration_s < length_s - LENGTH_SLACK_S:
        raise DataError(
            f"{path.name} has only {decoded.duration_s:.1f} s of sound after {start_s:g} s, but"
            f" {length_s:g} s are needed: choose a shorter length_s."
        )
    length = round(length_s * STIMULUS_RATE)
    sound = np.zeros((2, length), np.float32)
    found = decoded.samples[:, :length]
    sound[:, : found.shape[1]] = found
    return _faded(sound)


class SoundCuts:
    """Parts of sound files, each decoded once and kept in a folder.

    Parameters
    ----------
    folder
        Folder for the parts.
    length_s
        Their length (s).
    """

    def __init__(self, folder: Path, length_s: float) -> None:
        self._folder, self._length_s = folder, length_s

    def read(self, path: Path, start_s: float) -> Audio:
        """Return what `cut_sound` does for a file and a start (s)."""
        place = f"{path.resolve()} {start_s} {self._length_s}"
        kept = self._folder / f"{hashlib.sha256(place.encode()).hexdigest()}.npy"
        if not kept.exists():
            with atomic_write(kept) as temporary:
                np.save(temporary, cut_sound(path, start_s, self._length_s))
        sound: Audio = np.load(kept)
        return sound


def at_loudness(sound: Audio, lufs: float) -> tuple[Audio, float | None]:
    """Bring a sound to a loudness by ITU-R BS.1770; peaks are limited.

    Parameters
    ----------
    sound : (2, N)
        Stereo at `STIMULUS_RATE`.
    lufs
        The loudness (LUFS).

    Returns
    -------
    sound : (2, N)
        The result.
    loudness : float or None
        Its loudness (LUFS); None for silence, which stays as it is.
    """
    result, gain_db = sound, 0.0
    for _ in range(_ROUNDS):
        loudness = measure_loudness(result, STIMULUS_RATE)
        if not math.isfinite(loudness):
            return sound, None
        if abs(lufs - loudness) < _TOLERANCE_LU:
            break
        gain_db += lufs - loudness
        result = limit_true_peaks(sound * np.float32(10 ** (gain_db / 20)), STIMULUS_RATE)
    return result, measure_loudness(result, STIMULUS_RATE)


def click_sound(length_s: float) -> Audio:
    """Return the click track ``(2, N)`` at `STIMULUS_RATE`: a click on each beat at `CLICK_BPM`."""
    click = _tone(1000.0, 0.03) * np.exp(-np.arange(round(0.03 * STIMULUS_RATE)) / 300.0)
    sound = np.zeros(round(length_s * STIMULUS_RATE), np.float32)
    for time_s in np.arange(0.0, length_s, 60.0 / CLICK_BPM):
        at = round(time_s * STIMULUS_RATE)
        sound[at : at + len(click)] = click[: len(sound) - at]
    return np.stack([sound, sound]).astype(np.float32)


def side_sound(side: str) -> Audio:
    """Return a tone ``(2, N)`` at `STIMULUS_RATE` on the left, the right or both sides."""
    tone = _tone(_TONE_HZ, _TONE_S)
    gains = {"left": (1.0, 0.0), "right": (0.0, 1.0), "both": (1.0, 1.0)}[side]
    return _faded(np.stack([gain * tone for gain in gains]).astype(np.float32))


def beep_sound(count: int) -> Audio:
    """Return beeps ``(2, N)`` at `STIMULUS_RATE`, two in a second."""
    beep = _tone(2 * _TONE_HZ, 0.2)
    sound = np.zeros((2, round((0.5 * count + 0.5) * STIMULUS_RATE)), np.float32)
    for number in range(count):
        at = round((0.5 * number + 0.25) * STIMULUS_RATE)
        sound[:, at : at + len(beep)] = beep
    return sound


def _tone(frequency_hz: float, length_s: float) -> Audio:
    times = np.arange(round(length_s * STIMULUS_RATE)) / STIMULUS_RATE
    edge = np.minimum(1.0, np.minimum(times, length_s - times) / 0.002)
    tone = _TONE_AMPLITUDE * edge * np.sin(2 * np.pi * frequency_hz * times)
    return np.asarray(tone, dtype=np.float32)


def _faded(sound: Audio) -> Audio:
    count = round(_FADE_S * STIMULUS_RATE)
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    sound[:, :count] *= ramp
    sound[:, -count:] *= ramp[::-1]
    return sound
