"""Sound: read and write it, see it, clean it, level it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.errors import AudioError
from d2m.levels import SAMPLE_RATE
from d2m.media.files import replacing
from d2m.media.guard import AUDIO_FORMATS, ClipLimits, audio_stream, open_media, video_stream
from d2m.media.sound import decode_sound

Audio = NDArray[np.float32]

_LONGEST_S = 600.0
_SILENCE_LUFS = -70.0
_DENOISE_FFT = 1024


def write_wav(path: Path, audio: Audio, sample_rate: int = SAMPLE_RATE) -> None:
    """Write a PCM16 WAV file; it appears only when it is complete.

    Parameters
    ----------
    path
        The file.
    audio
        Shape ``(N,)``, in [-1, 1]; what exceeds this is clipped.
    sample_rate
        Samples a second (Hz).

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    import soundfile

    audio = checked(audio)
    with replacing(path) as temporary:
        soundfile.write(
            temporary, np.clip(audio, -1.0, 1.0), sample_rate, format="WAV", subtype="PCM_16"
        )


def read_audio(path: Path, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Read a sound file, or the sound track of a video, mixed down to one channel.

    Parameters
    ----------
    path
        A WAV, MP3, FLAC or OGG file, or a video. The sound of a video starts at the time of its
        first picture.
    sample_rate
        Samples a second of the result (Hz).

    Returns
    -------
    numpy.ndarray
        Shape ``(N,)``, in [-1, 1].

    Raises
    ------
    AudioError
        If the file can't be read or has no sound.
    """
    import av

    with open_media(
        path, limits=ClipLimits(), formats=AUDIO_FORMATS, error=AudioError
    ) as container:
        stream = audio_stream(container)
        if stream is None:
            raise AudioError(f"The file {path.name} has no sound that can be read: send one with.")
        pictures = video_stream(container)
        start_s = None
        if pictures is not None and pictures.start_time is not None and pictures.time_base:
            start_s = float(pictures.start_time * pictures.time_base)
        try:
            sound = decode_sound(
                container,
                stream,
                sample_rate=sample_rate,
                channels=1,
                start_s=start_s,
                max_s=_LONGEST_S,
            )
        except av.FFmpegError as cause:
            raise AudioError(f"The sound of {path.name} is damaged: save it anew.") from cause
    if not sound.shape[1]:
        raise AudioError(f"No sound of {path.name} can be decoded: the file is damaged.")
    mono: Audio = sound[0]
    return mono


def log_mel(
    audio: Audio, sample_rate: int = SAMPLE_RATE, n_mels: int = 80, hop_length: int = 256
) -> NDArray[np.float32]:
    """Return the mel spectrogram as log10 of amplitude.

    Parameters
    ----------
    audio
        Shape ``(N,)``.
    sample_rate
        Samples a second (Hz).
    n_mels
        Number of mel bands up to half the sample rate.
    hop_length
        Samples from frame to frame.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_mels, T)`` with ``T = 1 + N // hop_length``; never under -5.
    """
    import librosa

    mel = librosa.feature.melspectrogram(
        y=checked(audio),
        sr=sample_rate,
        n_fft=1024,
        hop_length=hop_length,
        n_mels=n_mels,
        power=1.0,
    )
    shown: NDArray[np.float32] = np.log10(np.maximum(mel, 1e-5)).clip(-5.0).astype(np.float32)
    return shown


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


def checked(audio: Audio) -> Audio:
    """Return audio as float32 ``(N,)``.

    Raises
    ------
    AudioError
        If it is empty, not one-dimensional or not finite.
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 1 or audio.size == 0:
        raise AudioError(
            f"The audio has the shape {audio.shape}: one channel of samples is expected."
        )
    if not np.isfinite(audio).all():
        raise AudioError("The audio holds values that are no numbers: generate it anew.")
    return audio
