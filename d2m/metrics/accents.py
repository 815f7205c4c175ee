"""Whether music accents what the body accents: onset strength at hits over elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S

FloatArray = NDArray[np.float64]

HOP_LENGTH = 256
"""Samples between two values of the onset envelope: 12 ms."""
CURVE_S = 0.3
"""How far before and after a moment `onset_curve` looks (s)."""


def accent_ratio(
    audio: NDArray[Any],
    accents_s: NDArray[Any],
    others_s: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    tolerance_s: float = BEAT_TOLERANCE_S,
) -> float:
    """Return how much stronger the music's onsets are at accents than at other steps.

    Of each moment the peak of librosa's onset envelope within the tolerance counts; the
    ratio is that of the means at accents and at the others. 1 is music that does not know
    the accents.

    Parameters
    ----------
    audio : (N,)
        Mono.
    accents_s, others_s : (A,), (B,)
        When 16th steps begin (s): those in which the body hits, and all others.
    sample_rate
        Samples a second (Hz).
    tolerance_s
        How early or late an onset may be (s).

    Returns
    -------
    float
        NaN if there are no accents, or nothing else; 0 for music without onsets.
    """
    if not len(accents_s) or not len(others_s):
        return float("nan")
    envelope = _envelope(audio, sample_rate)
    reach = round(tolerance_s * sample_rate / HOP_LENGTH)
    at, elsewhere = (
        _windows(envelope, times_s, reach, sample_rate).max(axis=1).mean()
        for times_s in (accents_s, others_s)
    )
    return float(at / elsewhere) if elsewhere > 0 else 0.0


def onset_curve(
    audio: NDArray[Any], times_s: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> FloatArray:
    """Return the mean onset strength around moments, over its mean in the whole piece.

    Parameters
    ----------
    audio : (N,)
        Mono.
    times_s : (A,)
        Moments (s).
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    (2 L + 1,)
        From ``CURVE_S`` before the moments to as much after, `HOP_LENGTH` samples apart; 0
        for no moments, or music without onsets.
    """
    reach = round(CURVE_S * sample_rate / HOP_LENGTH)
    envelope = _envelope(audio, sample_rate)
    mean = float(envelope.mean())
    if not len(times_s) or not mean > 0:
        return np.zeros(2 * reach + 1)
    curve: FloatArray = _windows(envelope, times_s, reach, sample_rate).mean(axis=0) / mean
    return curve


def _envelope(audio: NDArray[Any], sample_rate: int) -> FloatArray:
    """Return the onset strength (T,)."""
    sound = np.asarray(audio, dtype=np.float32)
    if not np.any(sound):
        return np.zeros(1 + len(sound) // HOP_LENGTH)
    strength = load_librosa().onset.onset_strength(y=sound, sr=sample_rate, hop_length=HOP_LENGTH)
    return np.asarray(strength, dtype=float)


def _windows(
    envelope: FloatArray, times_s: NDArray[Any], reach: int, sample_rate: int
) -> FloatArray:
    """Return the envelope around moments, (A, 2 reach + 1), 0 outside the piece."""
    centre = np.round(np.asarray(times_s, dtype=float) * sample_rate / HOP_LENGTH).astype(int)
    padded = np.pad(envelope, reach)
    index = np.clip(centre, 0, len(envelope) - 1)[:, None] + np.arange(2 * reach + 1)
    return np.asarray(padded[index])
