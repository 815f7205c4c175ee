"""The metrical grid: 16th-note steps aligned to the frames of the VQ codes.

Music and movement share one grid. Every 16th step starts on a whole number of *frames* (128
audio samples, one code of level high), so the same event of a song always has the same waveform
inside its codes, whatever the tempo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import HIGH, SAMPLE_RATE

FRAME = HIGH.hop_length
"""Audio samples in a frame of the grid: the hop length of the coarser level."""
STEPS_PER_BEAT = 4
BEATS_PER_BAR = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
BARS_PER_PHRASE = 8
PHRASE_STEPS = BARS_PER_PHRASE * STEPS_PER_BAR
BEAT_TOLERANCE_S = 0.07
"""Largest distance of two beats that match (s): mir_eval's and MIREX's default."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The position of each of ``T`` frames in the music.

    Parameters
    ----------
    step : (T,)
        Index of the 16th step that the frame belongs to.
    offset_in_step : (T,)
        Frames since the start of that step.
    offset_in_beat : (T,)
        Frames since the start of the beat of that step.
    """

    step: IntArray
    offset_in_step: IntArray
    offset_in_beat: IntArray


@dataclass(frozen=True, kw_only=True)
class StepGrid:
    """``S`` consecutive 16th steps that cover a piece of music.

    Parameters
    ----------
    starts : (S + 1,)
        First frame of each step, and the end of the last. The first step may start before
        frame 0, because clips seldom start on a beat.
    position : (S,)
        Position of each step in the 8-bar phrase, 0 to 127.
    n_frames
        Number of frames of music, from frame 0.
    """

    starts: IntArray
    position: IntArray
    n_frames: int

    @property
    def n_steps(self) -> int:
        """Number of 16th steps."""
        return len(self.position)

    @property
    def times(self) -> FloatArray:
        """Start of each step and end of the last (s), shape (S + 1,)."""
        return self.starts * (FRAME / SAMPLE_RATE)

    @property
    def beats_s(self) -> FloatArray:
        """Times of the beats within the piece (s)."""
        times = self.times[:-1][self.position % STEPS_PER_BEAT == 0]
        inside = (times >= 0) & (times < self.n_frames * FRAME / SAMPLE_RATE)
        return np.asarray(times[inside])

    def clock(self) -> Clock:
        """Return the position of every frame in the music, shape (n_frames,) each."""
        frames = np.arange(self.n_frames)
        starts = self.starts
        step = np.searchsorted(starts, frames, side="right") - 1
        beat_start = starts[:-1].copy()
        for lag in range(1, STEPS_PER_BEAT):
            late = np.flatnonzero(self.position % STEPS_PER_BEAT == lag)
            # In a grid that starts within a beat, that beat starts with the first step.
            beat_start[late] = starts[np.maximum(late - lag, 0)]
        return Clock(
            step=step,
            offset_in_step=frames - starts[step],
            offset_in_beat=frames - beat_start[step],
        )

    def window(self, first_step: int, n_steps: int) -> StepGrid:
        """Return ``n_steps`` steps of the grid, with frame 0 at the first of them."""
        starts = self.starts[first_step : first_step + n_steps + 1] - self.starts[first_step]
        position = self.position[first_step : first_step + n_steps]
        return StepGrid(starts=starts, position=position, n_frames=int(starts[-1]))


def grid_from_beats(
    beats_s: FloatArray, duration_s: float, *, downbeat_s: float | None = None
) -> StepGrid:
    """Divide beats into 16th steps that cover a piece from start to end.

    Parameters
    ----------
    beats_s : (N,)
        At least two ascending beat times (s). They are continued before the first and after
        the last at the median beat length.
    duration_s
        Length of the piece (s).
    downbeat_s
        Time of a beat that starts a bar (s); the first beat by default. The phrase starts with
        the bar that contains time 0.

    Raises
    ------
    ValueError
        If there are fewer than two beats, or they do not ascend.
    """
    beats = np.asarray(beats_s, dtype=float)
    if len(beats) < 2 or np.any(np.diff(beats) <= 0):
        raise ValueError("a grid needs at least two ascending beats")
    period = float(np.median(np.diff(beats)))
    n_before = max(0, int(np.ceil(beats[0] / period)))
    n_after = max(0, int(np.ceil((duration_s - beats[-1]) / period))) + 1
    lead = beats[0] - period * np.arange(n_before, 0, -1)
    tail = beats[-1] + period * np.arange(1, n_after + 1)
    beats = np.concatenate([lead, beats, tail])

    anchor = beats[n_before] if downbeat_s is None else downbeat_s
    anchor_index = int(np.argmin(np.abs(beats - anchor)))
    sounding = int(np.searchsorted(beats, 0.0, side="right")) - 1
    first_bar = anchor_index + BEATS_PER_BAR * ((sounding - anchor_index) // BEATS_PER_BAR)

    n_steps = (len(beats) - 1) * STEPS_PER_BEAT
    fractional = np.arange(n_steps + 1) / STEPS_PER_BEAT
    times = np.interp(fractional, np.arange(len(beats)), beats)
    starts = np.round(times * SAMPLE_RATE / FRAME).astype(np.int64)
    position = (np.arange(n_steps) - first_bar * STEPS_PER_BEAT) % PHRASE_STEPS

    n_frames = int(np.ceil(duration_s * SAMPLE_RATE / FRAME))
    first = max(0, int(np.searchsorted(starts, 0, side="right")) - 1)
    last = int(np.searchsorted(starts, n_frames, side="left"))
    return StepGrid(
        starts=starts[first : last + 1], position=position[first:last], n_frames=n_frames
    )
