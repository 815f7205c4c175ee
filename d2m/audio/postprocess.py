"""Cleaning and levelling of generated audio: denoising, fades, loudness, a limiter."""

from __future__ import annotations

import numpy as np

from d2m.audio.waveform import Audio, checked
from d2m.core.levels import SAMPLE_RATE

_SILENCE_LUFS = -70.0
_DENOISE_FFT = 1024


def denoise(audio: Audio, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Take hiss out of generated music with noisereduce, as the paper does (Sec. 4.1).

    noisereduce by itself learns its noise from the whole sound, and so takes sustained notes for
    noise. Here it is given the floor that lies under the notes instead, and it takes that down
    by 8 dB at most.

    Parameters
    ----------
    audio
        Shape ``(N,)``.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    numpy.ndarray
        Shape ``(N,)``.
    """
    import noisereduce

    audio = checked(audio)
    if len(audio) < 2 * _DENOISE_FFT or not audio.any():
        return audio
    cleaned: Audio = noisereduce.reduce_noise(
        y=audio,
        sr=sample_rate,
        y_noise=_noise_floor(audio, sample_rate),
        stationary=True,
        prop_decrease=0.6,
        n_std_thresh_stationary=0.5,
        freq_mask_smooth_hz=max(100.0, 1.01 * sample_rate / (_DENOISE_FFT / 2)),
        n_fft=_DENOISE_FFT,
    ).astype(np.float32)
    return cleaned


def _noise_floor(audio: Audio, sample_rate: int) -> Audio:
    """Return noise ``(M,)`` with the spectrum of what always lies under the music.

    The quiet tenth of each band in time rules out the drums; the quiet quarter of its
    neighbours in frequency rules out notes, which are narrow. Under 1 kHz notes lie too close
    for that, so the floor there is no louder than just above.
    """
    import librosa
    from scipy.ndimage import percentile_filter

    share = 0.1
    power = np.abs(librosa.stft(y=audio, n_fft=_DENOISE_FFT)) ** 2
    # Of noise, whose power is spread exponentially, this quantile is known beside the mean.
    floor = np.quantile(power, share, axis=1) / -np.log(1.0 - share)
    floor = percentile_filter(floor, 25, size=61, mode="nearest")
    above = min(len(floor) - 1, round(1000 / sample_rate * _DENOISE_FFT) + 30)
    floor[:above] = np.minimum(floor[:above], floor[above])
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
    """Let audio ``(N,)`` start without a click and end softly, by raised cosines (s)."""
    faded = checked(audio).copy()
    for samples, edge in (
        (round(fade_in_s * sample_rate), slice(None)),
        (round(fade_out_s * sample_rate), slice(None, None, -1)),
    ):
        length = min(samples, len(faded) // 2)
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))
        faded[edge][:length] *= ramp.astype(np.float32)
    return faded


def normalise_loudness(
    audio: Audio, lufs: float = -14.0, peak: float = 0.97, sample_rate: int = SAMPLE_RATE
) -> Audio:
    """Bring audio to a loudness (ITU-R BS.1770) and keep its peaks under a bound.

    Where the gain would push peaks over the bound, a limiter that looks ahead holds them down;
    the gain then makes up for what it took, a few times over. Silence stays silence.

    Parameters
    ----------
    audio
        Shape ``(N,)``.
    lufs
        Integrated loudness to reach (LUFS).
    peak
        Largest absolute value of the result.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    numpy.ndarray
        Shape ``(N,)``.
    """
    audio = checked(audio)
    result, gain_db = audio, 0.0
    for _ in range(4):
        loudness = _loudness(result, sample_rate)
        if loudness < _SILENCE_LUFS or abs(lufs - loudness) < 0.1:
            break
        gain_db += lufs - loudness
        result = limited(audio * np.float32(10 ** (gain_db / 20)), peak, sample_rate)
    return limited(result, peak, sample_rate)


def _loudness(audio: Audio, sample_rate: int) -> float:
    import pyloudnorm

    block = 0.4
    # The standard's blocks need 0.4 s; a shorter sound is heard as often as it takes.
    repeats = int(np.ceil((block + 0.1) * sample_rate / len(audio)))
    with np.errstate(divide="ignore"):
        meter = pyloudnorm.Meter(sample_rate, block_size=block)
        return float(meter.integrated_loudness(np.tile(audio, repeats).astype(np.float64)))


def limited(audio: Audio, peak: float = 0.97, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Hold peaks of audio (N,) under a bound by a gain that falls before and rises after them."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    if np.abs(audio).max() <= peak:
        return audio
    gain = peak / np.maximum(np.abs(audio), peak)
    # The mean of minima over the same window is never above the gain a peak needs.
    window = 2 * round(0.01 * sample_rate) + 1
    smooth = uniform_filter1d(minimum_filter1d(gain, window), window)
    bound = np.nextafter(np.float32(peak), np.float32(0.0))
    limited: Audio = np.clip((audio * smooth).astype(np.float32), -bound, bound)
    return limited
