"""Stitch segments of music that were generated independently into one waveform.

Neighbouring segments overlap. Their levels are matched, and `d2m.audio.crossfade` chooses
the cross-fade in each overlap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.audio.crossfade import best_crossfade, correlation
from d2m.core.levels import SAMPLE_RATE

OVERLAP_S = 0.8
"""Least overlap of neighbouring segments (s), in which the cross-fade is placed. The first and
last 0.35 s of a D2M-GAN segment suffer from the zero padding of the network's convolutions."""
MAX_LEVEL_STEP_DB = 6.0
"""Level differences between neighbours are matched up to this size (dB). Chosen by hand."""
# Mean power added to both segments before their levels are compared (-90 dBFS), so that
# silence has a finite level.
_POWER_FLOOR = 1e-9

FloatArray = NDArray[np.float64]


def segment_starts(
    duration_s: float, segment_s: float, *, overlap_s: float = OVERLAP_S
) -> FloatArray:
    """Spread the fewest segments evenly over a clip; the last one ends with the clip.

    Parameters
    ----------
    duration_s
        Duration of the clip (s).
    segment_s
        Duration of a segment (s).
    overlap_s
        Least overlap of neighbours (s).

    Returns
    -------
    (S,)
        Start of each segment (s); a single 0 for a clip no longer than a segment.

    Raises
    ------
    ValueError
        If a segment is not longer than the overlap.
    """
    if not 0 <= overlap_s < segment_s:
        raise ValueError("segments must be longer than their overlap")
    room = max(0.0, duration_s - segment_s)
    # The duration is a sum of frames; its rounding error must not add a segment.
    steps = int(np.ceil(room / (segment_s - overlap_s) - 1e-6))
    return np.linspace(0.0, room, steps + 1) if steps else np.zeros(1)


def stitch(
    segments: NDArray[np.float32],
    starts: NDArray[np.int64],
    n_samples: int,
    *,
    sample_rate: int = SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Stitch overlapping segments into one waveform without audible seams.

    Each of two neighbours moves half-way to the other's level at their cross-fade. Segments
    cut from the same recording are stitched back unchanged.

    Parameters
    ----------
    segments : (S, N)
        Mono segments of equal length.
    starts : (S,)
        First sample of each segment in the result, ascending and not negative.
    n_samples
        Length of the result; it is silent where there is no segment.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (n_samples,)
        The stitched waveform.

    Raises
    ------
    ValueError
        If there are no segments, or neighbours do not overlap.
    """
    segments, starts = np.asarray(segments), np.asarray(starts)
    if (
        segments.ndim != 2
        or not segments.size
        or starts.shape != segments.shape[:1]
        or starts[0] < 0
    ):
        raise ValueError("segments must have the shape (S, N), and starts (S,) be 0 or later")
    length, steps = segments.shape[1], np.diff(starts)
    if np.any(steps <= 0) or np.any(steps >= length):
        raise ValueError("segments must be in order, each starting before the previous one ends")
    matched = _match_levels(segments.astype(np.float64), steps)
    whole = np.zeros(max(n_samples, int(starts[-1]) + length))
    whole[starts[0] : starts[0] + length] = matched[0]
    free = 0  # first sample that no earlier cross-fade has changed
    for i in range(1, len(segments)):
        start, end = int(starts[i]), int(starts[i - 1]) + length
        free = max(free, start)
        fade = best_crossfade(whole[:end], matched[i - 1 : i + 1], start, free, sample_rate)
        whole[free : start + length] = fade.mix(whole[free:end], matched[i, free - start :])
        free += fade.end
    return whole[:n_samples].astype(np.float32)


def _match_levels(segments: FloatArray, steps: NDArray[np.int64]) -> FloatArray:
    """Match the levels of neighbours half-way at their overlaps, by slow changes of gain.

    Parameters
    ----------
    segments : (S, N)
        Mono segments.
    steps : (S - 1,)
        Samples from the start of each segment to that of the next.

    Returns
    -------
    (S, N)
        Segments whose gain (dB) runs linearly from one overlap to the segment's middle,
        where it is 0, and on to the other overlap.
    """
    length = segments.shape[1]
    knots_db = np.zeros((len(segments), 3))
    for i, step in enumerate(steps):
        before, after = segments[i], segments[i + 1]
        # Segments of the same recording are not changed, even if their levels differ.
        unlike = 1.0 - max(0.0, correlation(before[step:], after[: length - step]))
        powers = np.mean(after**2) + _POWER_FLOOR, np.mean(before**2) + _POWER_FLOOR
        difference = 10 * np.log10(powers[0] / powers[1])
        half = unlike * float(np.clip(difference, -MAX_LEVEL_STEP_DB, MAX_LEVEL_STEP_DB)) / 2
        knots_db[i, 2], knots_db[i + 1, 0] = half, -half
    matched = np.empty_like(segments)
    for i, (segment, knot_db) in enumerate(zip(segments, knots_db, strict=True)):
        left = (length - steps[i - 1]) / 2 if i else 0.0
        right = (length + steps[i]) / 2 if i < len(steps) else float(length)
        curve = np.interp(np.arange(length), [left, (left + right) / 2, right], knot_db)
        matched[i] = segment * 10 ** (curve / 20)
    return matched
