"""Technical figures of finished audio: level, stereo, faults, and how a piece begins and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Figures = dict[str, float]
"""Values by name; names end with their unit."""

SILENT_DB = -60.0
"""Level (dBFS) under which a sample counts as silent. Chosen by hand."""
CLIPPED = 1.0 - 1 / 32768
"""Amplitude from which a sample counts as clipped: full scale of 16 bits."""
LOW_HZ = 120.0
"""Frequency (Hz) under which the low end is measured: the bound that mixing keeps mono."""
LAST_S = 0.05
"""Length of the end (s) that must have died away."""
BANDS_HZ = {"sub": (20, 60), "bass": (60, 250), "mid": (250, 2000), "presence": (2000, 6000),
            "air": (6000, 16000)}  # fmt: skip
"""Bands of the spectral balance (Hz), by name. Usual in mixing."""
_OVERSAMPLING = 4  # for the true peak, as in ITU-R BS.1770


def sound_figures(audio: NDArray[Any], sample_rate: int, wanted_s: float) -> Figures:
    """Measure finished audio.

    Parameters
    ----------
    audio : (N,) or (2, N)
        Mono or stereo audio, full scale 1.
    sample_rate
        Sample rate (Hz).
    wanted_s
        Length that it should have (s).
    """
    channels = np.atleast_2d(np.asarray(audio, dtype=float))
    mono = channels.mean(axis=0)
    loud = np.flatnonzero(np.abs(channels).max(axis=0) > 10 ** (SILENT_DB / 20))
    last = channels[:, -round(LAST_S * sample_rate) :]
    peak = float(np.abs(channels).max())
    figures = {
        "lufs": loudness_lufs(channels, sample_rate),
        "true_peak_db": true_peak_db(channels),
        "crest_db": _db(peak) - _db(_rms(channels)),
        "correlation": _correlation(channels),
        "low_correlation": _correlation(_below(channels, LOW_HZ, sample_rate)),
        "mono_loss_db": _db(_rms(channels)) - _db(_rms(mono)),
        "dc_db": _db(float(np.abs(channels.mean(axis=1)).max())),
        "clipped_samples": float((np.abs(channels) >= CLIPPED).sum()),
        "not_finite": float((~np.isfinite(channels)).sum()),
        "silent_start_s": loud[0] / sample_rate if len(loud) else float("nan"),
        "silent_end_s": (channels.shape[1] - 1 - loud[-1]) / sample_rate if len(loud) else 0.0,
        "last_50_ms_db": _db(_rms(last)),
        "length_error_s": channels.shape[1] / sample_rate - wanted_s,
    }
    return figures | _balance(mono, sample_rate)


def loudness_lufs(channels: NDArray[Any], sample_rate: int) -> float:
    """Return the integrated loudness (LUFS, ITU-R BS.1770); NaN under 0.4 s."""
    import pyloudnorm

    if channels.shape[1] < round(0.4 * sample_rate) + 1:
        return float("nan")
    return float(pyloudnorm.Meter(sample_rate).integrated_loudness(channels.T))


def true_peak_db(channels: NDArray[Any]) -> float:
    """Return the peak (dBTP) of audio (C, N) at four times its sample rate."""
    from scipy.signal import resample_poly

    dense = resample_poly(channels, _OVERSAMPLING, 1, axis=-1, window=("kaiser", 9.0))
    return _db(float(max(np.abs(dense).max(), np.abs(channels).max())))


def ending_figures(
    audio: NDArray[Any], sample_rate: int, end_s: float, duration_s: float
) -> Figures:
    """Measure how the piece rings out after its final hit.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio.
    sample_rate
        Sample rate (Hz).
    end_s
        Time of the final hit (s).
    duration_s
        Length of the piece (s).

    Returns
    -------
    dict
        The length of the tail (s), its decay from the 200 ms after the final hit to the last
        200 ms (dB), and by how much the level of any later 100 ms exceeds the one before (dB),
        which is about 0 for a sound that only rings out.
    """
    mono = np.atleast_2d(np.asarray(audio, dtype=float)).mean(axis=0)
    tail = mono[round(end_s * sample_rate) :]
    size = round(0.1 * sample_rate)
    levels = [_db(_rms(tail[i : i + size])) for i in range(0, len(tail) - size + 1, size)]
    figures = {"tail_s": duration_s - end_s}
    if len(levels) >= 4:
        # What is fainter than -50 dBFS may fluctuate: nobody hears it.
        heard = np.maximum(levels[1:], -50.0)
        figures["tail_decay_db"] = max(levels[0], levels[1]) - min(levels[-1], levels[-2])
        figures["tail_rise_db"] = float(np.maximum(np.diff(heard), 0.0).max())
    return figures


def _balance(mono: NDArray[Any], sample_rate: int) -> Figures:
    """Return the level of each band relative to the whole (dB)."""
    power = np.abs(np.fft.rfft(mono)) ** 2
    frequencies = np.fft.rfftfreq(len(mono), 1 / sample_rate)
    total = float(power.sum()) + 1e-20
    return {
        f"{name}_db": 10
        * float(np.log10(power[(frequencies >= low) & (frequencies < high)].sum() / total + 1e-12))
        for name, (low, high) in BANDS_HZ.items()
    }


def _below(channels: NDArray[Any], limit_hz: float, sample_rate: int) -> NDArray[Any]:
    from scipy.signal import butter, sosfiltfilt

    sections = butter(4, limit_hz, fs=sample_rate, output="sos")
    return np.asarray(sosfiltfilt(sections, channels, axis=-1))


def _correlation(channels: NDArray[Any]) -> float:
    if len(channels) < 2 or not channels.any():
        return 1.0
    left, right = channels
    size = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum() / size) if size > 0 else 1.0


def _rms(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0


def _db(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-7)))
