"""Mel spectrograms of pieces: the studio version and the music of the levels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.plots import PLOT_DPI, PLOT_STYLE, save_palette_png
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa

PICTURE_MELS, HIGHEST_HZ = 128, 11_000.0
"""Bands of the spectrograms, and their highest frequency (Hz)."""
PICTURE_RANGE_DB = 80.0
"""Range of the levels (dB) under the strongest of a piece's first spectrogram."""
COLUMN_SIZE_IN = (6.0, 1.15)
"""Width of a column, and height of a spectrogram (inches)."""
_FFT, _HOP = 2048, 256
_TICKS_HZ = (100, 500, 2000, 8000)


def draw_spectrograms(pieces: Mapping[str, Mapping[str, NDArray[Any]]], path: Path) -> str:
    """Draw mel spectrograms, a column for each piece, in one PNG.

    Parameters
    ----------
    pieces
        By title of the piece: mono audio (N,) at 22,050 Hz by title; all with the same titles.
    path
        The PNG.

    Returns
    -------
    str
        The alternative text.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = list(next(iter(pieces.values())))
    width, height = COLUMN_SIZE_IN
    size = (width * len(pieces), height * len(names) + 0.6)
    with mpl.rc_context(PLOT_STYLE | {"font.size": 10}):
        figure = Figure(figsize=size, dpi=PLOT_DPI, layout="constrained")
        grid = figure.subplots(len(names), len(pieces), sharex=True, squeeze=False)
        for column, (title, sounds) in zip(grid.T, pieces.items(), strict=True):
            powers = [mel_power(sounds[name]) for name in names]
            for axes, name, power in zip(column, names, powers, strict=True):
                _draw_power(axes, power, float(powers[0].max()))
                axes.set_title(name, fontsize=9, loc="left")
            column[0].set_title(f"{title}\n{names[0]}", fontsize=9, loc="left")
            column[-1].set_xlabel("s")
        save_palette_png(figure, path)
    return f"Mel spectrograms of {' and '.join(pieces)}. From top to bottom: {'; '.join(names)}."


def mel_power(sound: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mel power spectrogram (128, T) of mono audio (N,) at 22,050 Hz."""
    power = load_librosa().feature.melspectrogram(
        y=np.asarray(sound, dtype=np.float32), sr=SAMPLE_RATE, n_fft=_FFT, hop_length=_HOP,
        n_mels=PICTURE_MELS, fmax=HIGHEST_HZ,
    )  # fmt: skip
    return np.asarray(power, dtype=np.float32)


def _draw_power(axes: Any, power: NDArray[np.float32], top: float) -> None:
    """Draw a spectrogram relative to the strongest power of its piece."""
    levels = 10 * np.log10(np.maximum(power / max(top, 1e-10), 1e-10))
    axes.imshow(
        levels, origin="lower", aspect="auto", cmap="magma", vmin=-PICTURE_RANGE_DB, vmax=0,
        extent=(0, power.shape[1] * _HOP / SAMPLE_RATE, 0, PICTURE_MELS),
    )  # fmt: skip
    bands_hz = load_librosa().mel_frequencies(n_mels=PICTURE_MELS, fmax=HIGHEST_HZ)
    places = np.interp(_TICKS_HZ, bands_hz, np.arange(PICTURE_MELS) + 0.5)
    axes.set_yticks(places, [f"{tick:g}" for tick in _TICKS_HZ], fontsize=7)
    axes.set_ylabel("Hz")
