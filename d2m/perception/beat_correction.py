"""Correct a rhythm: fit beats to taps, halve or double the tempo, shift all beats in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import tempo_text
from d2m.core.common_settings import CommonSettings
from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.perception.rhythm import MAX_BPM, MIN_BPM, Rhythm

FloatArray = NDArray[np.float64]

MIN_TAPS = 4
"""Smallest number of taps that a tempo is fitted to. Chosen by hand."""
_SCALES = {"half": 0.5, "double": 2.0}  # factors of the tempo, by name of the setting


def fit_taps(rhythm: Rhythm, taps_s: FloatArray, duration_s: float) -> Rhythm:
    """Replace the beats of a rhythm by a steady grid fitted to tapped beat times.

    The grid is fitted by least squares, because a single tap is about 30 ms off. Missed and
    doubled taps do not change it. The first tap falls on a downbeat.

    Parameters
    ----------
    rhythm
        Rhythm estimated from the movement. Its envelope and confidence are kept.
    taps_s : (N,)
        Ascending tap times (s).
    duration_s
        Length of the clip (s).

    Returns
    -------
    Rhythm
        With beats at a constant tempo over the whole clip.

    Raises
    ------
    SettingsError
        If there are fewer than `MIN_TAPS` taps, or their tempo is not between `MIN_BPM` and
        `MAX_BPM`.
    """
    period, first = _tapped_line(taps_s)
    index = np.arange(np.ceil(-first / period), np.floor((duration_s - first) / period) + 1)
    beats = np.clip(first + index * period, 0.0, duration_s)
    # People start tapping on a strong beat, so the first tap counts as a downbeat.
    first_downbeat = int(np.argmin(np.abs(index))) % BEATS_PER_BAR
    return replace(
        rhythm,
        tempo_bpm=60.0 / period,
        beats_s=beats,
        downbeats_s=beats[first_downbeat::BEATS_PER_BAR],
        unsure=False,
        is_found=True,
        phase_confidence=1.0,
        candidates=(),
        clock="taps",
    )


def check_correction(settings: CommonSettings) -> None:
    """Check the corrections of the beats that need no clip to be checked.

    Parameters
    ----------
    settings
        Their taps, and their tempo with its scale, are checked.

    Raises
    ------
    SettingsError
        If the taps make no rhythm, or the scaled tempo is not between `MIN_BPM` and `MAX_BPM`.
    """
    tempo_bpm = settings.tempo_bpm
    if settings.taps_s:
        tempo_bpm = 60.0 / _tapped_line(np.array(settings.taps_s))[0]
    if tempo_bpm:
        _scaled_tempo(tempo_bpm, settings.tempo_scale)


def _tapped_line(taps_s: FloatArray) -> tuple[float, float]:
    """Return the period (s) and the time of the first tap (s) of the steady beats in taps (N,)."""
    taps = np.asarray(taps_s, dtype=float)
    taps = taps[np.diff(taps, prepend=-np.inf) > 60.0 / MAX_BPM / 2]
    if len(taps) < MIN_TAPS:
        raise SettingsError(
            f"{len(taps)} tapped beats are too few to find a tempo: tap at least {MIN_TAPS}."
        )
    period = float(np.median(np.diff(taps)))
    number = np.concatenate([[0.0], np.cumsum(np.maximum(1.0, np.round(np.diff(taps) / period)))])
    period, first = (float(value) for value in np.polyfit(number, taps, 1))
    if not MIN_BPM <= 60.0 / period <= MAX_BPM:
        raise SettingsError(
            f"The taps come {60.0 / period:.0f} times a minute: tap once for each beat, "
            f"{MIN_BPM:.0f} to {MAX_BPM:.0f} times a minute."
        )
    return period, first


def scale_tempo(rhythm: Rhythm, scale: str, duration_s: float) -> Rhythm:
    """Halve or double the tempo of a rhythm. Its first bar keeps its start.

    Parameters
    ----------
    rhythm
        The rhythm.
    scale
        ``"half"`` keeps every second beat, ``"double"`` adds one between two; any other value
        changes nothing.
    duration_s
        Length of the clip (s).

    Raises
    ------
    SettingsError
        If the new tempo is not between `MIN_BPM` and `MAX_BPM`.
    """
    if scale not in _SCALES or len(rhythm.beats_s) < 2:
        return rhythm
    tempo_bpm = _scaled_tempo(rhythm.tempo_bpm, scale)
    beats, anchor_s = rhythm.beats_s, _first_downbeat_s(rhythm)
    if scale == "double":
        beats = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)
    else:
        beats = beats[int(np.argmin(np.abs(beats - anchor_s))) % 2 :: 2]
    beats = cover_clip(beats, 60.0 / tempo_bpm, duration_s)
    return replace(
        rhythm, tempo_bpm=tempo_bpm, beats_s=beats, downbeats_s=every_bar(beats, anchor_s)
    )


def _scaled_tempo(tempo_bpm: float, scale: str) -> float:
    """Return a tempo (BPM) halved or doubled; `SettingsError` where it can't be used."""
    scaled_bpm = _SCALES.get(scale, 1.0) * tempo_bpm
    if scale in _SCALES and not MIN_BPM <= scaled_bpm <= MAX_BPM:
        raise SettingsError(
            f"The {scale} tempo is {tempo_text(scaled_bpm)}: choose one from {MIN_BPM:.0f} to "
            f"{MAX_BPM:.0f}."
        )
    return scaled_bpm


def every_bar(beats_s: FloatArray, downbeat_s: float) -> FloatArray:
    """Return every fourth of the beats (s), among them the one nearest to a downbeat (s)."""
    if not len(beats_s):
        return beats_s
    anchor = int(np.argmin(np.abs(beats_s - downbeat_s)))
    return np.asarray(beats_s[anchor % BEATS_PER_BAR :: BEATS_PER_BAR])


def _first_downbeat_s(rhythm: Rhythm) -> float:
    times = rhythm.downbeats_s if len(rhythm.downbeats_s) else rhythm.beats_s
    return float(times[0])


def shift_beats(rhythm: Rhythm, shift_s: float, duration_s: float) -> Rhythm:
    """Move all beats of a rhythm by a constant time, keeping the clip covered with beats.

    Parameters
    ----------
    rhythm
        The rhythm.
    shift_s
        Added to each beat time (s); negative values move beats earlier.
    duration_s
        Length of the clip (s).

    Returns
    -------
    Rhythm
        With beats added at the end that the shift uncovers, and without beats outside the
        clip.
    """
    if not shift_s or not len(rhythm.beats_s):
        return rhythm
    period = 60.0 / rhythm.tempo_bpm
    beats, downbeats = (
        cover_clip(times + shift_s, gap, duration_s)
        for times, gap in ((rhythm.beats_s, period), (rhythm.downbeats_s, BEATS_PER_BAR * period))
    )
    return replace(rhythm, beats_s=beats, downbeats_s=downbeats)


def cover_clip(times: FloatArray, gap: float, duration_s: float) -> FloatArray:
    """Extend times (s) to the ends of a clip, and leave out those outside.

    Parameters
    ----------
    times : (N,)
        Ascending times (s).
    gap
        Step at which they are continued (s).
    duration_s
        Length of the clip (s).

    Returns
    -------
    (M,)
        Ascending times (s); none if there were none.
    """
    if not len(times):
        return times
    before = times[0] - gap * np.arange(np.floor(times[0] / gap), 0, -1)
    after = times[-1] + gap * np.arange(1, np.floor(max(0.0, duration_s - times[-1]) / gap) + 1)
    filled = np.concatenate([before, times, after])
    return np.asarray(filled[(filled >= 0.0) & (filled <= duration_s)])
