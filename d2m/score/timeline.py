"""The time of a score: musical beats and 16th steps laid through the beats of a dance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.perception.conditioning import Conditioning, two_or_more_beats

FloatArray = NDArray[np.float64]

DOUBLE_TIME_BPM = 58.0
"""Tempo (BPM) of the dance under which a beat of the dance is two beats of the music. Chosen by
ear."""
HALF_TIME_BPM = 190.0
"""Tempo (BPM) of the dance over which two beats of the dance are one beat of the music. Chosen by
ear."""

_SAME_BEAT_S = 0.01  # the grid is rounded to frames of 6 ms; beats this near are the same


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """Musical time, counted in 16th steps from the first beat.

    Parameters
    ----------
    beats_s : (B,)
        Beats of the music (s) from the first; they go on after the end of the clip.
    dance_beats_s : (D,)
        Beats of the dance (s) within the clip. They are the same except at extreme tempi.
    duration_s
        Length of the clip (s).
    """

    beats_s: FloatArray
    dance_beats_s: FloatArray
    duration_s: float

    @property
    def beat_length_s(self) -> float:
        """Median length of a beat of the music (s)."""
        return float(np.median(np.diff(self.beats_s)))

    @property
    def tempo_bpm(self) -> float:
        """Median tempo of the music (BPM)."""
        return 60.0 / self.beat_length_s

    def times_s(self, steps: FloatArray) -> FloatArray:
        """Return the times (s) of steps, which may be fractions; steps before 0 extrapolate."""
        beats = np.asarray(steps, dtype=float) / STEPS_PER_BEAT
        times = np.interp(beats, np.arange(len(self.beats_s)), self.beats_s)
        first, last = (float(self.beats_s[i + 1] - self.beats_s[i]) for i in (0, -2))
        times = np.where(beats < 0, self.beats_s[0] + beats * first, times)
        beyond = beats - (len(self.beats_s) - 1)
        return np.asarray(np.where(beyond > 0, self.beats_s[-1] + beyond * last, times))

    def time_s(self, step: float) -> float:
        """Return the time (s) of a step."""
        return float(self.times_s(np.array([step]))[0])

    def steps(self, times_s: FloatArray) -> FloatArray:
        """Return times (s) as steps, with fractions."""
        beats = np.interp(times_s, self.beats_s, np.arange(len(self.beats_s)))
        early = (np.asarray(times_s) - self.beats_s[0]) / (self.beats_s[1] - self.beats_s[0])
        return np.asarray(np.where(early < 0, early, beats) * STEPS_PER_BEAT)

    def step(self, time_s: float) -> float:
        """Return a time (s) as a step, with fractions."""
        return float(self.steps(np.array([time_s]))[0])


def timeline_of(dance: Conditioning) -> Timeline:
    """Lay the beats of the music through those of a dance.

    Parameters
    ----------
    dance
        Its grid gives the beats, and its rhythm their times before they were rounded.
    """
    grid = dance.grid
    on_beat = np.flatnonzero(grid.position % STEPS_PER_BEAT == 0)
    beats = grid.times[on_beat]
    exact = two_or_more_beats(dance.rhythm)
    nearest = exact[np.argmin(np.abs(beats[:, None] - exact[None, :]), axis=1)]
    beats = np.where(np.abs(nearest - beats) < _SAME_BEAT_S, nearest, beats)
    beats = beats[(beats >= 0.0) & (beats < dance.duration_s)]
    period = 60.0 / dance.rhythm.tempo_bpm
    if len(beats) > 1:
        period = float(np.median(np.diff(beats)))
    if not len(beats):
        beats = np.zeros(1)
    # The music may ring over the end, and its last bar may reach beyond it.
    n_after = int(np.ceil((dance.duration_s - beats[-1]) / period)) + 16
    musical = np.concatenate([beats, beats[-1] + period * np.arange(1, n_after + 1)])
    if 60.0 / period < DOUBLE_TIME_BPM:
        count = np.arange(2 * len(musical) - 1) / 2
        musical = np.interp(count, np.arange(len(musical)), musical)
    elif 60.0 / period > HALF_TIME_BPM:
        musical = musical[::2]
    return Timeline(beats_s=musical, dance_beats_s=beats, duration_s=dance.duration_s)
