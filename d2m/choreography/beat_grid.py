"""Beats from the start to the end of a song, also where nothing in it marks them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import mean_tempo

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BEATS_OF_A_BAR = 4
"""Beats of a bar where nothing tells how many there are. Chosen by hand: most music is."""
# A gap of at least this many beats has beats missing. Chosen by hand: swing and drifting tempi
# stay below.
_GAP_BEATS = 1.6
# Beats that are continued keep the median interval of so many beats next to them. Chosen by hand:
# two bars.
_NEAR_BEATS = 8
# Range of the tempo of even beats (BPM). Chosen by hand: slower and faster guesses are halved or
# doubled into it.
_EVEN_TEMPI = 70.0, 140.0


@dataclass(frozen=True, kw_only=True, eq=False)
class BeatGrid:
    """Beats and downbeats of a whole song.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).
    downbeats_s : (D,)
        The beats that start a bar (s).
    tempo_bpm
        Mean tempo (BPM).
    """

    beats_s: FloatArray
    downbeats_s: FloatArray
    tempo_bpm: float


def whole_grid(beats_s: FloatArray, downbeats_s: FloatArray, duration_s: float) -> BeatGrid:
    """Fill gaps between beats, and continue beats and bars to the start and the end.

    Parameters
    ----------
    beats_s : (B,)
        At least two ascending beat times (s).
    downbeats_s : (D,)
        The beats that start a bar (s).
    duration_s
        Duration of the song (s).

    Returns
    -------
    BeatGrid
        The given beats and downbeats, and those between, before and after them. Continued beats
        have the median interval of the beats next to them.
    """
    gaps = np.diff(beats_s)
    median = float(np.median(gaps))
    # How many beats further each beat is than the one before.
    steps = np.where(gaps < _GAP_BEATS * median, 1, np.round(gaps / median)).astype(int)
    numbers = np.concatenate([[0], np.cumsum(steps)])
    first_s, last_s = (float(np.median(part)) for part in (gaps[:_NEAR_BEATS], gaps[-_NEAR_BEATS:]))
    if (steps[:_NEAR_BEATS] > 1).any():
        first_s = median
    if (steps[-_NEAR_BEATS:] > 1).any():
        last_s = median
    before = int(beats_s[0] / first_s)
    after = int(np.ceil((duration_s - beats_s[-1]) / last_s)) - 1
    times = np.concatenate(
        [
            beats_s[0] - first_s * np.arange(before, 0, -1),
            np.interp(np.arange(numbers[-1] + 1), numbers, beats_s),
            beats_s[-1] + last_s * np.arange(1, max(0, after) + 1),
        ]
    )
    nearest = np.abs(downbeats_s[:, None] - beats_s).argmin(axis=1)
    starts = _all_bars(before + np.unique(numbers[nearest]), len(times))
    return BeatGrid(beats_s=times, downbeats_s=times[starts], tempo_bpm=mean_tempo(times))


def _all_bars(starts: IntArray, count: int) -> IntArray:
    """Return which of ``count`` beats start a bar, given some that do."""
    if not len(starts):
        return np.arange(0, count, BEATS_OF_A_BAR)
    lengths = np.diff(starts)
    values, times = np.unique(lengths, return_counts=True)
    bar = int(values[times.argmax()]) if len(lengths) else BEATS_OF_A_BAR
    found = [*range(int(starts[0]) % bar, int(starts[0]), bar)]
    ends = [*starts[1:], count]
    for start, end in zip(starts, ends, strict=True):
        is_filled = end == count or (end - start) % bar == 0
        found += range(int(start), int(end), bar) if is_filled else [int(start)]
    return np.array(found)


def even_grid(guess_s: FloatArray, duration_s: float, tempo_bpm: float) -> BeatGrid:
    """Return even beats from the start to the end of a song.

    Parameters
    ----------
    guess_s : (B,)
        Ascending times of what may be beats (s), any number of them: the even beats have their
        tempo and lie as near to them as they can.
    duration_s
        Duration of the song (s).
    tempo_bpm
        Tempo (BPM) if there are no guesses.

    Returns
    -------
    BeatGrid
        Its bars have `BEATS_OF_A_BAR` beats.
    """
    phase_s = 0.0
    if len(guess_s) > 1:
        tempo_bpm = mean_tempo(guess_s)
        while tempo_bpm < _EVEN_TEMPI[0]:
            tempo_bpm *= 2
        while tempo_bpm > _EVEN_TEMPI[1]:
            tempo_bpm /= 2
    beat_s = 60 / tempo_bpm
    if len(guess_s) > 1:
        turn = np.exp(2j * np.pi * guess_s / beat_s).sum()
        phase_s = float(np.angle(turn) / (2 * np.pi) % 1) * beat_s
    times = np.arange(phase_s, duration_s, beat_s)
    return BeatGrid(beats_s=times, downbeats_s=times[::BEATS_OF_A_BAR], tempo_bpm=60 / beat_s)
