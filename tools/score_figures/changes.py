"""Where a dance changes, and where music does: the novelty of features from beat to beat.

Nothing here is shared with `d2m.score`, which cuts its sections in its own way.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import log_mel
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.perception.conditioning import Conditioning
from d2m.perception.step_features import MOVEMENT_FEATURES, directogram_features

FloatArray = NDArray[np.float64]

KERNEL_BEATS = 8
"""Beats before and after a moment that are compared, the nearer ones more. Of kernels of four,
six and eight beats, this one found the two-bar units of procedural dances best: two thirds of
the changes were within a beat of where a unit begins, and three eighths would be by chance."""
TAPER = 0.5
"""Standard deviation of the kernel's weight, relative to its length."""
PEAK_REACH = 3
"""A change is the largest within so many beats before and after. Chosen by hand."""
CLEAR_SHARE, FAINT_SHARE = 0.5, 0.2
"""Least novelty of a clear change and of any change, relative to the mean of the three largest
of the dance. Chosen by hand."""
PAUSE_BEATS = 1.0
"""Shortest freeze (beats) whose start and end are changes. Chosen by hand."""
CHANGING_FEATURES = ("energy", "upper", "lower", "reach")
"""Movement features that are compared, besides the directogram."""
_HOP = 256  # samples of the spectrogram, at 22,050 Hz
_MELS = 32


def dance_changes_s(conditioning: Conditioning, share: float = CLEAR_SHARE) -> FloatArray:
    """Return the beats (s) at which the movement changes.

    The movement of each beat is described by its energy, that of arms and legs, the height of
    the hands and the directions of the movement. Changes are local maxima of `beat_novelty`,
    and the starts and ends of freezes.

    Parameters
    ----------
    conditioning
        The dance.
    share
        Least novelty, relative to the mean of the three largest: `CLEAR_SHARE` or
        `FAINT_SHARE`.
    """
    beats_s, movement = _beat_movement(conditioning)
    novelty = beat_novelty(movement)
    if not novelty.any():
        return np.empty(0)
    padded = np.pad(novelty, PEAK_REACH)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * PEAK_REACH + 1)
    is_peak = (novelty >= windows.max(axis=1)) & (novelty > 0)
    strong = float(np.sort(novelty[is_peak])[-3:].mean())
    is_change = is_peak & (novelty >= share * strong)
    spans_s = conditioning.events.freezes_s
    long = np.diff(spans_s, axis=1)[:, 0] >= PAUSE_BEATS * 60 / conditioning.rhythm.tempo_bpm
    for edge_s in spans_s[long].ravel():
        nearest = int(np.abs(beats_s - edge_s).argmin())
        is_change[nearest] |= 1 < nearest < len(beats_s) - 1
    return np.asarray(beats_s[is_change])


def beat_novelty(values: FloatArray) -> FloatArray:
    """Return how new each beat is, (B,), of values (B, K).

    A checkerboard kernel with a Gaussian taper slides along the distances between beats: it is
    high where beats before and beats after differ from each other, but not among themselves
    (Foote, "Automatic audio segmentation using a measure of audio novelty", 2000). 0 where
    fewer than two beats are on one side, and at least 0.
    """
    distances = np.linalg.norm(values[:, None] - values[None], axis=-1)
    place = np.arange(-KERNEL_BEATS, KERNEL_BEATS) + 0.5
    weight = np.exp(-0.5 * (place / (TAPER * KERNEL_BEATS)) ** 2)
    side = np.sign(place)
    kernel = -np.outer(weight * side, weight * side)
    novelty = np.zeros(len(values))
    for beat in range(2, len(values) - 1):
        low, high = max(0, beat - KERNEL_BEATS), min(len(values), beat + KERNEL_BEATS)
        used = slice(low - beat + KERNEL_BEATS, high - beat + KERNEL_BEATS)
        part = kernel[used, used]
        novelty[beat] = (distances[low:high, low:high] * part).sum() / np.abs(part).sum()
    return np.maximum(novelty, 0.0)


def sound_novelty(audio: NDArray[Any], beats_s: FloatArray) -> FloatArray:
    """Return the novelty of each beat of music, (B,), from its log-mel spectrum in beats.

    Parameters
    ----------
    audio : (N,)
        Mono audio at 22,050 Hz.
    beats_s : (B,)
        Ascending beat times (s).
    """
    mel = log_mel(np.asarray(audio, dtype=np.float32), SAMPLE_RATE, _MELS, _HOP).astype(float)
    edges = np.concatenate([beats_s, [2 * beats_s[-1] - beats_s[-2]]])
    frames = np.clip(np.round(edges * SAMPLE_RATE / _HOP).astype(int), 0, mel.shape[1])
    means = np.stack(
        [
            np.maximum(mel[:, low : max(high, low + 1)], -3.0).mean(axis=1)
            if low < mel.shape[1]
            else np.full(_MELS, -3.0)
            for low, high in itertools.pairwise(frames)
        ]
    )
    return beat_novelty(means)


def share_near(times_s: FloatArray, others_s: FloatArray, tolerance_s: float) -> float:
    """Return the share of times with another within a tolerance (s); NaN without times."""
    if not len(times_s):
        return float("nan")
    if not len(others_s):
        return 0.0
    distance = np.abs(times_s[:, None] - others_s[None, :]).min(axis=1)
    return float((distance <= tolerance_s + 1e-6).mean())


def _beat_movement(conditioning: Conditioning) -> tuple[FloatArray, FloatArray]:
    """Return the times of the beats (B,) and standardised movement in each (B, K)."""
    grid = conditioning.grid
    columns = [MOVEMENT_FEATURES.index(name) for name in CHANGING_FEATURES]
    directions = np.zeros((grid.n_steps, 0))
    if conditioning.flow is not None:
        directions = directogram_features(conditioning.flow, conditioning.fps, grid)
    movement = np.concatenate([conditioning.features[:, columns], 0.5 * directions], axis=1)
    first = int(-grid.position[0] % STEPS_PER_BEAT)
    count = (len(movement) - first) // STEPS_PER_BEAT
    whole = movement[first : first + count * STEPS_PER_BEAT]
    by_beat = whole.reshape(count, STEPS_PER_BEAT, -1).mean(axis=1)
    return grid.times[first : first + count * STEPS_PER_BEAT : STEPS_PER_BEAT], by_beat
