"""Gain that changes with time: ducking at given times, and compression of the level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.audio.equaliser import Band, equaliser_sections
from d2m.audio.stereo import StereoAudio, block_slices
from d2m.core.levels import STUDIO_SAMPLE_RATE

GAIN_STEP = 32
"""Samples between two nodes of a gain curve; between them the gain is interpolated."""
# Powers below this (-100 dB) count as silence.
_SILENCE = 1e-10
# Added to what is filtered (-240 dB): denormal numbers are slow.
_FLOOR = 1e-12
# Below this frequency (Hz) a compressor does not hear, so that the kick does not pump.
_DETECTOR_LOW_HZ = 90.0


@dataclass(frozen=True)
class Compression:
    """How a compressor works. Levels are relative, so that soft music is treated alike.

    Parameters
    ----------
    threshold_db
        Level above which the gain falls, against the mean level while music plays (dB).
    ratio
        Rise of the input for each dB of rise of the output above the threshold.
    attack_ms, release_ms
        Times in which the gain follows (ms).
    limit_db
        Largest reduction (dB).
    """

    threshold_db: float = 0.0
    ratio: float = 2.0
    attack_ms: float = 15.0
    release_ms: float = 150.0
    limit_db: float = 4.0


def gain_nodes(length: int) -> int:
    """Return the number of nodes of a gain curve for a length (samples)."""
    return -(-length // GAIN_STEP) + 1


def apply_gain_curve(audio: StereoAudio, nodes: NDArray[np.float32]) -> None:
    """Multiply audio ``(2, N)`` in place by a gain curve.

    ``nodes`` ``(M,)`` holds the linear gain at samples 0, `GAIN_STEP`, and so on; its length is
    that of `gain_nodes`.
    """
    ramp = np.arange(GAIN_STEP, dtype=np.float32) / GAIN_STEP
    for part in block_slices(audio.shape[1]):
        first, count = part.start // GAIN_STEP, -(-(part.stop - part.start) // GAIN_STEP)
        here, after = nodes[first : first + count], nodes[first + 1 : first + count + 1]
        gain = (here[:, None] + (after - here)[:, None] * ramp).ravel()
        audio[:, part] *= gain[: part.stop - part.start]


def duck_curve(
    times_s: NDArray[np.float64],
    strengths: NDArray[np.float64],
    length: int,
    *,
    release_s: float = 0.12,
    sample_rate: int = STUDIO_SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Return how far audio is to be ducked, from 0 (not at all) to 1.

    Parameters
    ----------
    times_s : (K,)
        Onsets (s) at which it is ducked fully, a few milliseconds ahead.
    strengths : (K,)
        Depth at each onset, 0 to 1.
    length
        Samples of the audio.
    release_s
        Time (s) after which the audio is back.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (M,)
        Value at each node of a gain curve.
    """
    curve = np.zeros(gain_nodes(length), dtype=np.float32)
    rate = sample_rate / GAIN_STEP
    attack, hold, release = round(0.004 * rate), round(0.02 * rate), round(release_s * rate)
    shape = np.concatenate(
        [
            np.linspace(0.0, 1.0, attack + 1)[:-1],
            np.ones(hold),
            0.5 + 0.5 * np.cos(np.pi * np.arange(release + 1) / max(1, release)),
        ]
    ).astype(np.float32)
    for time, strength in zip(times_s, strengths, strict=True):
        start = round(time * rate) - attack
        first, last = max(0, start), min(len(curve), start + len(shape))
        if last > first:
            here = strength * shape[first - start : last - start]
            curve[first:last] = np.maximum(curve[first:last], here)
    return curve


def level_curve(
    parts: Sequence[StereoAudio], sample_rate: int = STUDIO_SAMPLE_RATE
) -> NDArray[np.float64]:
    """Return the level (dB) of a sum of audio ``(2, N)`` at the nodes of a gain curve.

    It is the power of the mid signal without deep lows, in steps of `GAIN_STEP`.
    """
    from scipy.signal import sosfilt

    length = parts[0].shape[1]
    sections = equaliser_sections([Band("low_cut", _DETECTOR_LOW_HZ)], sample_rate)
    state = np.zeros((1, 2))
    power = np.zeros(gain_nodes(length))
    for part in block_slices(length):
        mid = np.full(part.stop - part.start, _FLOOR, dtype=np.float32)
        for audio in parts:
            mid += audio[0, part]
            mid += audio[1, part]
        heard, state = sosfilt(sections, mid * np.float32(0.5), zi=state)
        heard = np.pad(heard, (0, -len(heard) % GAIN_STEP)).reshape(-1, GAIN_STEP)
        first = part.start // GAIN_STEP
        power[first : first + len(heard)] = np.einsum("ij,ij->i", heard, heard) / GAIN_STEP
    level: NDArray[np.float64] = 10.0 * np.log10(power + _SILENCE)
    return level


def compression_curve(
    level_db: NDArray[np.float64], compression: Compression, sample_rate: int = STUDIO_SAMPLE_RATE
) -> NDArray[np.float32]:
    """Return the gain of a compressor from a level.

    Parameters
    ----------
    level_db : (M,)
        Level (dB) at the nodes of a gain curve.
    compression
        How it works.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (M,)
        Linear gain at the nodes, at most 1.
    """
    from scipy.signal import lfilter

    rate = sample_rate / GAIN_STEP
    power = 10 ** (level_db / 10)
    # A mean over 5 ms, so that single waves of low notes do not count.
    pole = np.exp(-1.0 / (0.005 * rate))
    power = lfilter([1.0 - pole], [1.0, -pole], power)
    loud = power > max(float(power.max()) * 10**-2.0, 10 * _SILENCE)
    if not loud.any():
        return np.ones(len(level_db), dtype=np.float32)
    mean_db = 10 * np.log10(power[loud].mean())
    over = 10 * np.log10(power + _SILENCE) - mean_db - compression.threshold_db
    # A soft knee of 6 dB.
    over = np.where(over > 3.0, over, np.clip(over + 3.0, 0.0, None) ** 2 / 12.0)
    target = np.minimum(over * (1.0 - 1.0 / compression.ratio), compression.limit_db)
    attack = float(1.0 - np.exp(-1000.0 / (compression.attack_ms * rate)))
    release = float(1.0 - np.exp(-1000.0 / (compression.release_ms * rate)))
    reduction, followed = 0.0, []
    for value in target.tolist():
        reduction += (value - reduction) * (attack if value > reduction else release)
        followed.append(reduction)
    gain: NDArray[np.float32] = (10 ** (np.array(followed) / -20)).astype(np.float32)
    return gain
