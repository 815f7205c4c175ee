"""Loudness and true peak of audio by ITU-R BS.1770-4, block by block."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2m.audio.stereo import block_slices

LOUDNESS_STEP_S = 0.1
"""Gating blocks of 0.4 s overlap by three quarters (ITU-R BS.1770-4)."""
# Offset of the loudness, and gates (LUFS; LU below the mean), by ITU-R BS.1770-4.
_OFFSET_LU, _ABSOLUTE_GATE, _RELATIVE_GATE = -0.691, -70.0, -10.0
# Added to what is filtered (-240 dB): in silence, filters would fall to denormal numbers, which
# processors compute very slowly.
_FLOOR = np.float32(1e-12)
# Oversampling of the true peak, by ITU-R BS.1770-4 Annex 2, and taps of its filter on each
# side of a sample.
_OVERSAMPLING, _REACH = 4, 10
# Length of the stretches whose peaks between samples are looked for (samples).
_STRETCH = 512


def measure_loudness(audio: NDArray[np.float32], sample_rate: int) -> float:
    """Return the gated integrated loudness (LUFS) of audio.

    Parameters
    ----------
    audio : (2, N) or (N,)
        Stereo or mono audio. What is shorter than a gating block counts as one block.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    float
        Loudness; minus infinity for silence.
    """
    return gated_loudness(step_energies(audio, sample_rate))


def gated_loudness(energies: NDArray[np.float64]) -> float:
    """Return the gated loudness (LUFS) from weighted energies ``(T,)`` of `step_energies`."""
    if len(energies) >= 4:
        energies = np.convolve(energies, np.full(4, 0.25), mode="valid")
    elif len(energies):
        energies = energies.mean(keepdims=True)
    with np.errstate(divide="ignore"):
        blocks = _OFFSET_LU + 10.0 * np.log10(energies)
        kept = energies[blocks > _ABSOLUTE_GATE]
        if not len(kept):
            return -np.inf
        gate = _OFFSET_LU + 10.0 * np.log10(kept.mean()) + _RELATIVE_GATE
        kept = energies[(blocks > gate) & (blocks > _ABSOLUTE_GATE)]
        return float(_OFFSET_LU + 10.0 * np.log10(kept.mean()))


def step_energies(
    audio: NDArray[np.float32], sample_rate: int, divisions: int = 1
) -> NDArray[np.float64]:
    """Return the K-weighted mean square of audio, summed over channels, in steps of 0.1 s.

    Parameters
    ----------
    audio : (2, N) or (N,)
        Stereo or mono audio.
    sample_rate
        Sample rate (Hz).
    divisions
        Parts of equal length that each step is cut into.

    Returns
    -------
    (T * divisions,)
        Energies of whole steps; audio shorter than one step counts as one.
    """
    from scipy.signal import sosfilt

    audio = np.atleast_2d(audio)
    length = audio.shape[1]
    step = round(LOUDNESS_STEP_S * sample_rate)
    if length < step:
        # Silence up to a whole step would lower the mean.
        padded = np.pad(audio, ((0, 0), (0, step - length)))
        return step_energies(padded, sample_rate, divisions) * (step / max(1, length))
    size = step // divisions
    energies = np.zeros(length // step * divisions)
    sections = k_weighting(sample_rate)
    state = np.zeros((len(sections), len(audio), 2))
    for part in block_slices(length // step * step, 16 * step):
        weighted, state = sosfilt(sections, audio[:, part] + _FLOOR, axis=-1, zi=state)
        frames = weighted.reshape(len(audio), -1, size)
        first = part.start // size
        energies[first : first + frames.shape[1]] = np.einsum("cij,cij->i", frames, frames) / size
    return energies


@lru_cache(maxsize=8)
def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """Return the K-weighting of ITU-R BS.1770-4 as second-order sections ``(2, 6)``.

    The standard gives coefficients for 48 kHz; these are the analogue filters behind them.
    """
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        *((high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0),
        *((high - middle * k / q + k * k) / a0, 1.0),
        *(2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    ]
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    low_cut = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, low_cut])


def true_peak_db(audio: NDArray[np.float32], sample_rate: int) -> float:
    """Return the true peak (dBTP) of audio with fourfold oversampling (BS.1770-4, Annex 2).

    Parameters
    ----------
    audio : (2, N) or (N,)
        Stereo or mono audio.
    sample_rate
        Sample rate (Hz); at 88.2 kHz and above, the samples themselves are dense enough.

    Returns
    -------
    float
        Peak; minus infinity for silence.
    """
    audio = np.atleast_2d(audio)
    largest = float(np.abs(audio).max(initial=0.0))
    if largest > 0.0 and sample_rate < 88_200:
        largest = float(peak_curve(audio, _STRETCH, above=0.5 * largest).max())
    with np.errstate(divide="ignore"):
        return float(20.0 * np.log10(largest))


def peak_curve(audio: NDArray[np.float32], step: int, *, above: float) -> NDArray[np.float32]:
    """Return the largest true peak of both channels in each step.

    Parameters
    ----------
    audio : (C, N)
        Audio.
    step
        Length of a step (samples), a divisor of 512.
    above
        Stretches whose samples are all below this amplitude are not oversampled; the samples'
        own peaks stand for them.

    Returns
    -------
    (T,)
        Amplitudes.
    """
    length = audio.shape[1]
    peaks = np.zeros(-(-length // step), dtype=np.float32)
    for part in block_slices(length):
        block = np.zeros((len(audio), -(-(part.stop - part.start) // _STRETCH) * _STRETCH))
        block = block.astype(np.float32)
        block[:, : part.stop - part.start] = audio[:, part]
        found = np.abs(block).max(axis=0).reshape(-1, step).max(axis=1)
        loud = np.flatnonzero(found.reshape(-1, _STRETCH // step).max(axis=1) > above)
        if len(loud):
            before = audio[:, max(0, part.start - _REACH) : part.start]
            after = audio[:, part.stop : part.stop + _REACH]
            reach = np.zeros((len(audio), block.shape[1] + 2 * _REACH), dtype=np.float32)
            reach[:, _REACH : _REACH + block.shape[1]] = block
            reach[:, _REACH - before.shape[1] : _REACH] = before
            end = _REACH + part.stop - part.start
            reach[:, end : end + after.shape[1]] = after
            between = _between_samples(reach, loud).reshape(len(loud), -1, step).max(axis=2)
            view = found.reshape(-1, _STRETCH // step)
            view[loud] = np.maximum(view[loud], between)
        first = part.start // step
        peaks[first : first + len(found)] = found[: len(peaks) - first]
    return peaks


def _between_samples(audio: NDArray[np.float32], loud: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the largest amplitude ``(F, 512)`` between each sample and the next one."""
    from scipy.signal import upfirdn

    size = _STRETCH + 2 * _REACH
    frames = np.lib.stride_tricks.sliding_window_view(audio, size, axis=1)[:, loud * _STRETCH]
    dense = upfirdn(_interpolator(), frames, up=_OVERSAMPLING, axis=-1)
    # The filter delays by its reach, and the frame begins as much before its first sample.
    start = 2 * _REACH * _OVERSAMPLING
    dense = np.abs(dense[..., start : start + _STRETCH * _OVERSAMPLING])
    between: NDArray[np.float32] = dense.max(axis=0).reshape(len(loud), _STRETCH, -1).max(axis=2)
    return between


@lru_cache(maxsize=1)
def _interpolator() -> NDArray[np.float32]:
    """Return the low-pass that fills in the samples of the oversampling."""
    from scipy.signal import firwin

    count = 2 * _REACH * _OVERSAMPLING + 1
    taps = firwin(count, 1.0 / _OVERSAMPLING, window=("kaiser", 5.0)) * _OVERSAMPLING
    return np.asarray(taps, dtype=np.float32)
