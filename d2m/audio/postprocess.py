"""Post-process generated audio: denoise, fade, normalise the loudness, limit the peaks."""

from __future__ import annotations

import numpy as np

from d2m.audio.limiter import limit_true_peaks
from d2m.audio.waveform import Audio, validate_waveform
from d2m.core.levels import SAMPLE_RATE

TARGET_LUFS = -14.0
"""Integrated loudness of the music (LUFS): a common target of music streaming services."""
# Quieter audio counts as silence (LUFS): the absolute gate of ITU-R BS.1770.
_SILENCE_LUFS = -70.0
# Length of the gating blocks (s), by ITU-R BS.1770.
_LOUDNESS_BLOCK_S = 0.4
# Loudness may miss its target by this much (LU), after at most this many rounds of gain and
# limiting. Chosen by hand.
_LOUDNESS_TOLERANCE_LU = 0.1
_LOUDNESS_ROUNDS = 4
# Length of the denoiser's window (samples): 46 ms at 22,050 Hz. Chosen by hand.
_DENOISE_FFT = 1024
# The noise floor is estimated from the quietest tenth of the frames of each frequency bin,
# then from the quietest quarter of 61 neighbouring bins (1.3 kHz). Chosen by hand.
_FLOOR_QUANTILE = 0.1
_FLOOR_PERCENTILE, _FLOOR_BINS = 25, 61
# Below this frequency (Hz) notes lie too close together to estimate the floor. Chosen by hand.
_FLOOR_MIN_HZ = 1000


def denoise(audio: Audio, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Reduce the noise of generated music with noisereduce (Zhu et al. 2022, Sec. 4.1).

    noisereduce on its own learns the noise from the whole recording and mistakes sustained
    notes for noise. Here it gets an estimate of the noise floor under the notes instead, and
    attenuates it by at most 8 dB.

    Parameters
    ----------
    audio
        Waveform ``(N,)``.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    numpy.ndarray
        Waveform ``(N,)``. Silence and audio shorter than two windows are returned unchanged.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    import noisereduce

    audio = validate_waveform(audio)
    if len(audio) < 2 * _DENOISE_FFT or not audio.any():
        return audio
    cleaned: Audio = noisereduce.reduce_noise(
        y=audio,
        sr=sample_rate,
        y_noise=_noise_floor(audio, sample_rate),
        stationary=True,
        prop_decrease=0.6,  # leaves 0.4 of the amplitude, which is -8 dB
        n_std_thresh_stationary=0.5,
        freq_mask_smooth_hz=max(100.0, 1.01 * sample_rate / (_DENOISE_FFT / 2)),
        n_fft=_DENOISE_FFT,
    ).astype(np.float32)
    return cleaned


def _noise_floor(audio: Audio, sample_rate: int) -> Audio:
    """Return noise ``(M,)`` with the spectrum of the noise floor under the music.

    The quietest frames of each bin exclude drums, and the quietest neighbours of each bin
    exclude notes, which are narrow. At low frequencies notes lie too close together for that,
    so the floor there is at most as loud as just above.
    """
    import librosa
    from scipy.ndimage import percentile_filter

    power = np.abs(librosa.stft(y=audio, n_fft=_DENOISE_FFT)) ** 2
    # The power of Gaussian noise in a bin follows an exponential distribution, so its mean
    # is this quantile divided by -log(1 - q).
    floor = np.quantile(power, _FLOOR_QUANTILE, axis=1) / -np.log(1.0 - _FLOOR_QUANTILE)
    floor = percentile_filter(floor, _FLOOR_PERCENTILE, size=_FLOOR_BINS, mode="nearest")
    lowest = round(_FLOOR_MIN_HZ / sample_rate * _DENOISE_FFT) + _FLOOR_BINS // 2
    lowest = min(len(floor) - 1, lowest)
    floor[:lowest] = np.minimum(floor[:lowest], floor[lowest])
    white = np.random.default_rng(0).standard_normal(2 * sample_rate).astype(np.float32)
    spectrum = librosa.stft(y=white, n_fft=_DENOISE_FFT)
    window_energy = float((np.hanning(_DENOISE_FFT + 1) ** 2).sum())
    noise: Audio = librosa.istft(
        spectrum * np.sqrt(floor / window_energy)[:, None], n_fft=_DENOISE_FFT, length=len(white)
    )
    return noise


def fade_edges(
    audio: Audio,
    *,
    fade_in_s: float = 0.01,
    fade_out_s: float = 0.25,
    sample_rate: int = SAMPLE_RATE,
) -> Audio:
    """Fade audio in and out with raised cosines.

    Parameters
    ----------
    audio
        Waveform ``(N,)``.
    fade_in_s, fade_out_s
        Durations of the fades (s), at most half of the audio each. The defaults are long
        enough to avoid a click at the start and an abrupt end; chosen by hand.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    numpy.ndarray
        Waveform ``(N,)``.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    faded = validate_waveform(audio).copy()
    for samples, edge in (
        (round(fade_in_s * sample_rate), slice(None)),
        (round(fade_out_s * sample_rate), slice(None, None, -1)),
    ):
        length = min(samples, len(faded) // 2)
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))
        faded[edge][:length] *= ramp.astype(np.float32)
    return faded


def normalise_loudness(
    audio: Audio,
    lufs: float = TARGET_LUFS,
    sample_rate: int = SAMPLE_RATE,
) -> Audio:
    """Bring audio to an integrated loudness (ITU-R BS.1770) with limited true peaks.

    Limiting lowers the loudness again, so gain and limiting are repeated a few times.
    Silence is returned unchanged.

    Parameters
    ----------
    audio
        Waveform ``(N,)``.
    lufs
        Target of the integrated loudness (LUFS).
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    numpy.ndarray
        Waveform ``(N,)``.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    audio = validate_waveform(audio)
    result, gain_db = audio, 0.0
    for _ in range(_LOUDNESS_ROUNDS):
        loudness = _loudness(result, sample_rate)
        if loudness < _SILENCE_LUFS or abs(lufs - loudness) < _LOUDNESS_TOLERANCE_LU:
            break
        gain_db += lufs - loudness
        result = limit_true_peaks(audio * np.float32(10 ** (gain_db / 20)), sample_rate)
    return limit_true_peaks(result, sample_rate)


def _loudness(audio: Audio, sample_rate: int) -> float:
    """Return the integrated loudness (LUFS); audio shorter than a block is repeated."""
    import pyloudnorm

    repeats = int(np.ceil((_LOUDNESS_BLOCK_S + 0.1) * sample_rate / len(audio)))
    with np.errstate(divide="ignore"):
        meter = pyloudnorm.Meter(sample_rate, block_size=_LOUDNESS_BLOCK_S)
        return float(meter.integrated_loudness(np.tile(audio, repeats).astype(np.float64)))
