"""Beats as a person taps them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.perception.rhythm import Rhythm

MIN_TAPS = 4
MIN_TAPPED_BPM, MAX_TAPPED_BPM = 30.0, 300.0


def fit_taps(rhythm: Rhythm, taps_s: NDArray[np.float64], duration_s: float) -> Rhythm:
    """Return a rhythm whose beats lie where somebody tapped.

    A steady grid is fitted through the taps by least squares: a single tap is some 30 ms off,
    and a beat that was left out or tapped twice changes nothing.

    Parameters
    ----------
    rhythm
        What the movement says; its envelope and confidence stay.
    taps_s : (N,)
        Ascending times (s).
    duration_s
        Length of the clip (s).

    Raises
    ------
    SettingsError
        If the taps are too few, or too slow or fast to be beats.
    """
    taps = np.asarray(taps_s, dtype=float)
    taps = taps[np.diff(taps, prepend=-np.inf) > 60.0 / MAX_TAPPED_BPM / 2]
    if len(taps) < MIN_TAPS:
        raise SettingsError(
            f"{len(taps)} tapped beats are too few to tell a tempo: tap at least {MIN_TAPS}."
        )
    period = float(np.median(np.diff(taps)))
    number = np.concatenate([[0.0], np.cumsum(np.maximum(1.0, np.round(np.diff(taps) / period)))])
    period, first = (float(value) for value in np.polyfit(number, taps, 1))
    if not MIN_TAPPED_BPM <= 60.0 / period <= MAX_TAPPED_BPM:
        raise SettingsError(
            f"The taps are {60.0 / period:.0f} a minute: tap one for each beat, "
            f"{MIN_TAPPED_BPM:.0f} to {MAX_TAPPED_BPM:.0f} a minute."
        )
    index = np.arange(np.ceil(-first / period), np.floor((duration_s - first) / period) + 1)
    beats = np.clip(first + index * period, 0.0, duration_s)
    # Who taps begins with a strong beat.
    begins = int(np.argmin(np.abs(index))) % BEATS_PER_BAR
    return replace(
        rhythm,
        tempo_bpm=60.0 / period,
        beats_s=beats,
        downbeats_s=beats[begins::BEATS_PER_BAR],
        steady_default=False,
    )


def shift_beats(rhythm: Rhythm, shift_s: float, duration_s: float) -> Rhythm:
    """Return a rhythm whose beats come later by a time (s), still covering the clip."""
    if not shift_s or not len(rhythm.beats_s):
        return rhythm
    period = 60.0 / rhythm.tempo_bpm
    beats, downbeats = (
        _covering(times + shift_s, gap, duration_s)
        for times, gap in ((rhythm.beats_s, period), (rhythm.downbeats_s, BEATS_PER_BAR * period))
    )
    return replace(rhythm, beats_s=beats, downbeats_s=downbeats)


def _covering(times: NDArray[np.float64], gap: float, duration_s: float) -> NDArray[np.float64]:
    """Fill the ends that a shift has bared, and cut what it has moved out."""
    if not len(times):
        return times
    before = times[0] - gap * np.arange(np.floor(times[0] / gap), 0, -1)
    after = times[-1] + gap * np.arange(1, np.floor(max(0.0, duration_s - times[-1]) / gap) + 1)
    filled = np.concatenate([before, times, after])
    return np.asarray(filled[(filled >= 0.0) & (filled <= duration_s)])
