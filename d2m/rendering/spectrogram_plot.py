"""What a sound looks like: its mel spectrogram, its onsets, its waveform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.rendering.palette import LIGHT
from d2m.rendering.plot_style import DPI, WIDTH_IN, style

RANGE_DB = 70.0
"""How far under the loudest moment a spectrogram still shows something (dB)."""
_HOP, _MELS = 512, 96


def spectrogram(
    path: Path, *, title: str, audio: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> str:
    """Draw the waveform and the log-mel spectrogram of a sound.

    Parameters
    ----------
    path
        PNG file to write.
    title
        First line over the picture.
    audio : (N,)
        Mono, at least one sample.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    str
        What the picture shows, in words and numbers, for those who can't see it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    sound = np.asarray(audio, dtype=np.float32)
    duration_s = len(sound) / sample_rate
    level = log_mel(sound, sample_rate)
    with mpl.rc_context(style(LIGHT)):
        figure = Figure(figsize=(WIDTH_IN, 4.7), dpi=DPI, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 3))
        figure.suptitle(title, parse_math=False)
        _draw_waveform(upper, sound, duration_s)
        shown = draw_mel(lower, level, sample_rate)
        lower.set(xlim=(0, duration_s), xlabel="Time (s)", ylabel="Pitch (Hz)")
        figure.colorbar(shown, ax=lower, label="dB", pad=0.01)
        figure.savefig(path, format="png")
    rms = 10 * np.log10(max(float(np.mean(np.square(sound))), 1e-12))
    return (
        f"Waveform and mel spectrogram of {duration_s:.1f} s of sound, {rms:.0f} dBFS on "
        f"average, peak {float(np.abs(sound).max()):.2f} of full scale."
    )


def log_mel(sound: NDArray[np.float32], sample_rate: int) -> NDArray[Any]:
    """Return the mel spectrogram (96, T) of a sound (N,), in dB."""
    librosa = load_librosa()
    mel = librosa.feature.melspectrogram(
        y=sound, sr=sample_rate, n_fft=1024, hop_length=_HOP, n_mels=_MELS
    )
    return np.asarray(librosa.power_to_db(mel, ref=1.0, amin=1e-8))


def onset_envelope(
    sound: NDArray[np.float32], sample_rate: int
) -> tuple[NDArray[np.float64], float]:
    """Return the onset strength (T,) of a sound (N,) and its rate (Hz)."""
    hop_length = 512
    rate = sample_rate / hop_length
    if not np.any(sound):
        return np.zeros(1 + len(sound) // hop_length), rate
    strength = load_librosa().onset.onset_strength(y=sound, sr=sample_rate, hop_length=hop_length)
    return np.asarray(strength, dtype=np.float64), rate


def draw_mel(axes: Any, level: NDArray[Any], sample_rate: int, *, unit: bool = False) -> Any:
    """Draw a spectrogram (M, T) in dB, with some pitches (and their unit) at its ticks."""
    top, step_s = float(level.max()), _HOP / sample_rate
    shown = axes.imshow(
        level,
        origin="lower",
        aspect="auto",
        cmap="magma",
        interpolation="nearest",
        vmin=top - RANGE_DB,
        vmax=top,
        extent=(-0.5 * step_s, (level.shape[1] - 0.5) * step_s, 0, len(level)),
    )
    centres = load_librosa().mel_frequencies(n_mels=len(level), fmax=sample_rate / 2)
    pitches = [hertz for hertz in (200, 1000, 4000) if hertz < sample_rate / 2]
    axes.set_yticks(np.interp(pitches, centres, np.arange(len(level)) + 0.5))
    if unit:
        names = [f"{hertz // 1000} kHz" if hertz >= 1000 else f"{hertz} Hz" for hertz in pitches]
    else:
        names = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in pitches]
    axes.set_yticklabels(names)
    return shown


def _draw_waveform(axes: Any, sound: NDArray[np.float32], duration_s: float) -> None:
    """Draw a waveform as the band between its least and greatest values."""
    edges = np.linspace(0, len(sound), min(len(sound), 800), endpoint=False).astype(int)
    times = edges / len(sound) * duration_s
    least, greatest = np.minimum.reduceat(sound, edges), np.maximum.reduceat(sound, edges)
    axes.fill_between(times, least, greatest, color=LIGHT.music, lw=0.5)
    reach = max(float(np.abs(sound).max()), 1e-3) * 1.05
    axes.set(ylim=(-reach, reach), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)
