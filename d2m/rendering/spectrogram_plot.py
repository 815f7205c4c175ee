"""Plot audio: its waveform and its mel spectrogram; compute its onset envelope."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.rendering.palette import LIGHT
from d2m.rendering.plot_style import DPI, WIDTH_IN, save_png, style

RANGE_DB = 70.0
"""Range of levels that a spectrogram shows, below its loudest point (dB). Chosen by eye."""
# Hop (samples) and number of bands of the spectrogram, and hop of the onset envelope
# (samples; librosa's default). Chosen by eye.
_HOP, _N_MELS = 512, 96
_ONSET_HOP = 512
# Frequencies at the ticks of the spectrogram (Hz).
_TICKS_HZ = (200, 1000, 4000)
# Number of columns in which a waveform is drawn.
_WAVEFORM_COLUMNS = 800


def draw_spectrogram(
    path: Path, *, title: str, audio: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> str:
    """Plot the waveform and the mel spectrogram of audio.

    Parameters
    ----------
    path
        The PNG file to write.
    title
        Title of the plot.
    audio : (N,)
        Mono waveform with at least one sample.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    str
        A description of the plot in words and numbers, for people who can't see it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    waveform = np.asarray(audio, dtype=np.float32)
    duration_s = len(waveform) / sample_rate
    mel_db = mel_decibels(waveform, sample_rate)
    with mpl.rc_context(style(LIGHT)):
        figure = Figure(figsize=(WIDTH_IN, 4.7), dpi=DPI, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 3))
        figure.suptitle(title, parse_math=False)
        _draw_waveform(upper, waveform, duration_s)
        image = draw_mel(lower, mel_db, sample_rate)
        lower.set(xlim=(0, duration_s), xlabel="Time (s)", ylabel="Frequency (Hz)")
        figure.colorbar(image, ax=lower, label="dB", pad=0.01)
        save_png(figure, path, title)
    rms_db = 10 * np.log10(max(float(np.mean(np.square(waveform))), 1e-12))
    return (
        f"Waveform and mel spectrogram of {duration_s:.1f} s of audio, {rms_db:.0f} dBFS on "
        f"average, peak {float(np.abs(waveform).max()):.2f} of full scale."
    )


def mel_decibels(audio: NDArray[np.float32], sample_rate: int) -> NDArray[Any]:
    """Return the power mel spectrogram (96, T) of a waveform (N,) in dB, at least -80 dB."""
    librosa = load_librosa()
    mel = librosa.feature.melspectrogram(
        y=audio, sr=sample_rate, n_fft=1024, hop_length=_HOP, n_mels=_N_MELS
    )
    return np.asarray(librosa.power_to_db(mel, ref=1.0, amin=1e-8))


def onset_envelope(
    audio: NDArray[np.float32], sample_rate: int
) -> tuple[NDArray[np.float64], float]:
    """Return the onset strength (T,) of a waveform (N,) and its rate (Hz)."""
    rate = sample_rate / _ONSET_HOP
    if not np.any(audio):
        return np.zeros(1 + len(audio) // _ONSET_HOP), rate
    strength = load_librosa().onset.onset_strength(y=audio, sr=sample_rate, hop_length=_ONSET_HOP)
    return np.asarray(strength, dtype=np.float64), rate


def draw_mel(axes: Any, mel_db: NDArray[Any], sample_rate: int, *, unit: bool = False) -> Any:
    """Draw a mel spectrogram with frequencies at its ticks.

    Parameters
    ----------
    axes
        Matplotlib axes.
    mel_db : (M, T)
        Mel spectrogram by `mel_decibels` (dB).
    sample_rate
        Sample rate of the audio (Hz).
    unit
        Whether the ticks carry their unit.

    Returns
    -------
    matplotlib.image.AxesImage
        The image, such as for a colour bar.
    """
    top, step_s = float(mel_db.max()), _HOP / sample_rate
    image = axes.imshow(
        mel_db,
        origin="lower",
        aspect="auto",
        cmap="magma",
        interpolation="nearest",
        vmin=top - RANGE_DB,
        vmax=top,
        extent=(-0.5 * step_s, (mel_db.shape[1] - 0.5) * step_s, 0, len(mel_db)),
    )
    centres = load_librosa().mel_frequencies(n_mels=len(mel_db), fmax=sample_rate / 2)
    ticks = [hertz for hertz in _TICKS_HZ if hertz < sample_rate / 2]
    axes.set_yticks(np.interp(ticks, centres, np.arange(len(mel_db)) + 0.5))
    if unit:
        names = [f"{hertz // 1000} kHz" if hertz >= 1000 else f"{hertz} Hz" for hertz in ticks]
    else:
        names = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in ticks]
    axes.set_yticklabels(names)
    return image


def _draw_waveform(axes: Any, waveform: NDArray[np.float32], duration_s: float) -> None:
    """Draw the range between the smallest and the largest sample of each column."""
    columns = min(len(waveform), _WAVEFORM_COLUMNS)
    edges = np.linspace(0, len(waveform), columns, endpoint=False).astype(int)
    times = edges / len(waveform) * duration_s
    lowest, highest = np.minimum.reduceat(waveform, edges), np.maximum.reduceat(waveform, edges)
    axes.fill_between(times, lowest, highest, color=LIGHT.music, lw=0.5)
    reach = max(float(np.abs(waveform).max()), 1e-3) * 1.05
    axes.set(ylim=(-reach, reach), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)
