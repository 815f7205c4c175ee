"""The integer clock: 16th steps of music on the code grid.

Music and movement meet on one grid. Every 16th step starts on a whole number of
*frames* (128 audio samples, one code of level high), so that the same event of a
song always gives the same waveform inside its codes, whatever the tempo is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import HIGH, SAMPLE_RATE

FRAME = HIGH.hop_length
"""Audio samples in a frame of the grid: the hop of the coarsest level."""
STEPS_PER_BEAT = 4
BEATS_PER_BAR = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
BARS_PER_PHRASE = 8
PHRASE_STEPS = BARS_PER_PHRASE * STEPS_PER_BAR
BEAT_TOLERANCE_S = 0.07
"""How far apart two beats may be and still match (s), as usual in beat tracking."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Where each of ``T`` frames stands in the music.

    Parameters
    ----------
    step : (T,)
        Index of the frame's 16th step in the grid.
    offset_in_step : (T,)
        Frames since that step began.
    offset_in_beat : (T,)
        Frames since that step's beat began.
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
        First frame of each step, and the end of the last. The first step may begin
        before frame 0 (a clip seldom starts on a beat).
    position : (S,)
        Place of each step in the 8-bar phrase, 0 to 127.
    n_frames
        Frames of music, from frame 0.
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
        """Start of each step and end of the last, (S + 1,), in seconds."""
        return self.starts * (FRAME / SAMPLE_RATE)

    @property
    def beats_s(self) -> FloatArray:
        """Times (s) of the beats inside the piece."""
        times = self.times[:-1][self.position % STEPS_PER_BEAT == 0]
        inside = (times >= 0) & (times < self.n_frames * FRAME / SAMPLE_RATE)
        return np.asarray(times[inside])

    def clock(self) -> Clock:
        """Return the clock of every frame, from time 0 to the piece's end."""
        frames = np.arange(self.n_frames)
        starts = self.starts
        step = np.searchsorted(starts, frames, side="right") - 1
        beat_start = starts[:-1].copy()
        for lag in range(1, STEPS_PER_BEAT):
            late = np.flatnonzero(self.position % STEPS_PER_BEAT == lag)
            # A grid that starts inside a beat counts that beat from its own first step.
            beat_start[late] = starts[np.maximum(late - lag, 0)]
        return Clock(
            step=step,
            offset_in_step=frames - starts[step],
            offset_in_beat=frames - beat_start[step],
        )

    def window(self, first_step: int, n_steps: int) -> StepGrid:
        """Return the part of the grid from one step on, with its own frame 0 there."""
        starts = self.starts[first_step : first_step + n_steps + 1] - self.starts[first_step]
        position = self.position[first_step : first_step + n_steps]
        return StepGrid(starts=starts, position=position, n_frames=int(starts[-1]))


def grid_from_beats(
    beats_s: FloatArray, duration_s: float, *, downbeat_s: float | None = None
) -> StepGrid:
    """Lay 16th steps through beats, from before time 0 to after the end.

    Parameters
    ----------
    beats_s : (N,)
        At least two ascending beat times (s). Beats before the first and after the last
        continue at the median beat length.
    duration_s
        Length of the piece (s).
    downbeat_s
        A beat that begins a bar; the first beat by default. The phrase begins with the
        bar that sounds at time 0.

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
