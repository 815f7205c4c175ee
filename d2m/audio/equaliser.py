"""Equalise audio with second-order filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.audio.stereo import block_slices, is_silent
from d2m.core.levels import STUDIO_SAMPLE_RATE

# Corners of the shelves that tilt the spectrum (Hz), and their quality, which makes them so
# wide that they meet. Chosen by hand.
_TILT_LOW_HZ, _TILT_HIGH_HZ, _TILT_QUALITY = 250.0, 2_500.0, 0.45
# Added to what is filtered (-360 dB): in silence, filters would fall to denormal numbers, which
# processors compute very slowly.
_FLOOR = np.float32(1e-18)
# A filter that has decayed below this state is at rest: far below the step of 24 bits.
_REST = 1e-9


@dataclass(frozen=True)
class Band:
    """One band of an equaliser.

    Parameters
    ----------
    kind
        ``"low_cut"``, ``"high_cut"``, ``"low_shelf"``, ``"high_shelf"`` or ``"peak"``.
    hz
        Corner or centre frequency (Hz).
    db
        Gain (dB) of a shelf or a peak.
    quality
        Q of the filter.
    """

    kind: str
    hz: float
    db: float = 0.0
    quality: float = 0.7071


def equaliser_sections(
    bands: Sequence[Band], sample_rate: int = STUDIO_SAMPLE_RATE
) -> NDArray[np.float64]:
    """Return the second-order sections ``(S, 6)`` of some bands.

    The filters are those of the widely used "Audio EQ Cookbook" by R. Bristow-Johnson.
    """
    sections = [_section(band, sample_rate) for band in bands]
    return np.array(sections, dtype=np.float64).reshape(-1, 6)


def _section(band: Band, sample_rate: int) -> list[float]:
    omega = 2 * np.pi * min(band.hz, 0.49 * sample_rate) / sample_rate
    cos, alpha = np.cos(omega), np.sin(omega) / (2 * band.quality)
    level = 10 ** (band.db / 40)
    if band.kind == "peak":
        b = [1 + alpha * level, -2 * cos, 1 - alpha * level]
        a = [1 + alpha / level, -2 * cos, 1 - alpha / level]
    elif band.kind in ("low_cut", "high_cut"):
        sign = 1.0 if band.kind == "low_cut" else -1.0
        edge = (1 + sign * cos) / 2
        b = [edge, -sign * 2 * edge, edge]
        a = [1 + alpha, -2 * cos, 1 - alpha]
    elif band.kind in ("low_shelf", "high_shelf"):
        # A high shelf is the mirror image of a low shelf.
        cos = cos if band.kind == "low_shelf" else -cos
        up, down, root = level + 1, level - 1, 2 * np.sqrt(level) * alpha
        b = [level * (up - down * cos + root), 2 * level * (down - up * cos)]
        b.append(level * (up - down * cos - root))
        a = [up + down * cos + root, -2 * (down + up * cos), up + down * cos - root]
        if band.kind == "high_shelf":
            b[1], a[1] = -b[1], -a[1]
    else:
        raise ValueError(f"unknown kind of band {band.kind!r}")
    return [float(value / a[0]) for value in (*b, *a)]


def tilt_bands(db: float) -> tuple[Band, Band]:
    """Return bands that tilt a spectrum: up to ``-db`` in the lows and ``db`` in the highs."""
    return (
        Band("low_shelf", _TILT_LOW_HZ, -db, _TILT_QUALITY),
        Band("high_shelf", _TILT_HIGH_HZ, db, _TILT_QUALITY),
    )


def equalise(audio: NDArray[np.float32], sections: NDArray[np.float64]) -> None:
    """Filter audio ``(C, N)`` in place with second-order sections ``(S, 6)``."""
    from scipy.signal import sosfilt

    if not len(sections):
        return
    # Many stereo signals hold one channel twice.
    is_mono = len(audio) == 2 and np.array_equal(audio[0], audio[1])
    channels = audio[:1] if is_mono else audio
    state = np.zeros((len(sections), len(channels), 2))
    at_rest = True
    for part in block_slices(audio.shape[1]):
        block = channels[:, part]
        if at_rest and is_silent(block):
            continue
        channels[:, part], state = sosfilt(sections, block + _FLOOR, axis=-1, zi=state)
        at_rest = bool(np.abs(state).max() < _REST)
    if is_mono:
        audio[1] = audio[0]
