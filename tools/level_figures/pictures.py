"""Mel spectrograms of a piece: the studio version, the codecs' copies, the generated music."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa

PICTURE_MELS, HIGHEST_HZ = 128, 11_000.0
"""Bands of the spectrograms, and their highest frequency (Hz)."""
RANGE_DB = 80.0
"""Range of the levels (dB) under the strongest of the first spectrogram."""
_FFT, _HOP = 2048, 256
_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000)


def draw_spectrograms(sounds: Mapping[str, NDArray[Any]], title: str, path: Path) -> None:
    """Draw mel spectrograms under one another in one PNG, all with the same colours.

    Parameters
    ----------
    sounds
        Mono audio (N,) at 22,050 Hz by title.
    title
        Title of the picture.
    path
        The PNG.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    powers = {name: mel_power(sound) for name, sound in sounds.items()}
    top = max(float(next(iter(powers.values())).max()), 1e-10)
    seconds = max(len(sound) for sound in sounds.values()) / SAMPLE_RATE
    height = 2.6 * len(sounds)
    figure, axes = plt.subplots(
        len(sounds), 1, figsize=(15, height), sharex=True, squeeze=False, constrained_layout=True
    )
    bands_hz = load_librosa().mel_frequencies(n_mels=PICTURE_MELS, fmax=HIGHEST_HZ)
    places = np.interp(_TICKS_HZ, bands_hz, np.arange(PICTURE_MELS) + 0.5)
    for axis, (name, power) in zip(axes[:, 0], powers.items(), strict=True):
        levels = 10 * np.log10(np.maximum(power / top, 1e-10))
        axis.imshow(
            levels, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE_DB, vmax=0,
            extent=(0, power.shape[1] * _HOP / SAMPLE_RATE, 0, PICTURE_MELS),
        )  # fmt: skip
        axis.set_yticks(places, [f"{tick:g}" for tick in _TICKS_HZ], fontsize=7)
        axis.set_ylabel("Hz")
        axis.set_title(name, fontsize=9, loc="left")
    axes[-1, 0].set_xlim(0, seconds)
    axes[-1, 0].set_xlabel("s")
    figure.suptitle(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=75)
    plt.close(figure)


def mel_power(sound: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mel power spectrogram (128, T) of mono audio (N,) at 22,050 Hz."""
    power = load_librosa().feature.melspectrogram(
        y=np.asarray(sound, dtype=np.float32), sr=SAMPLE_RATE, n_fft=_FFT, hop_length=_HOP,
        n_mels=PICTURE_MELS, fmax=HIGHEST_HZ,
    )  # fmt: skip
    return np.asarray(power, dtype=np.float32)
