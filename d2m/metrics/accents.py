"""Accent metrics: how strongly music stresses the accents of a dance.

Audio is mono, ``(N,)``. Times are in seconds from its start. Onset strength is librosa's
spectral-flux envelope (`librosa.onset.onset_strength`), which has no unit, so every metric
is a ratio.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S

FloatArray = NDArray[np.float64]

HOP_LENGTH = 256
"""Samples between two values of the onset envelope: 12 ms at 22,050 Hz. Chosen by hand."""
CURVE_S = 0.3
"""Time before and after a moment that `onset_curve` covers (s). Chosen by hand."""


def accent_ratio(
    audio: NDArray[Any],
    accents_s: NDArray[Any],
    others_s: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    tolerance_s: float = BEAT_TOLERANCE_S,
) -> float:
    """Divide the mean onset strength at accents of a dance by the mean at all other steps.

    The strength at a moment is the peak of the onset envelope within the tolerance. Music that
    is independent of the accents scores 1.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    accents_s, others_s : (A,), (B,)
        Start times of 16th steps (s): the steps with an accent, and all other steps.
    sample_rate
        Sample rate (Hz).
    tolerance_s
        Largest distance between an onset and the start of a step (s).

    Returns
    -------
    float
        NaN if there are no accents or no other steps; 0 for music without onsets.
    """
    if not len(accents_s) or not len(others_s):
        return float("nan")
    envelope = _onset_envelope(audio, sample_rate)
    reach = round(tolerance_s * sample_rate / HOP_LENGTH)
    at_accents, elsewhere = (
        _windows(envelope, times_s, reach, sample_rate).max(axis=1).mean()
        for times_s in (accents_s, others_s)
    )
    return float(at_accents / elsewhere) if elsewhere > 0 else 0.0


def onset_curve(
    audio: NDArray[Any], times_s: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> FloatArray:
    """Average the onset envelope around given moments, relative to its mean over the piece.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    times_s : (A,)
        Moments (s).
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (2 L + 1,)
        From `CURVE_S` before the moments to `CURVE_S` after them, one value every `HOP_LENGTH`
        samples. All 0 if there are no moments or the music has no onsets.
    """
    reach = round(CURVE_S * sample_rate / HOP_LENGTH)
    envelope = _onset_envelope(audio, sample_rate)
    mean = float(envelope.mean())
    if not len(times_s) or not mean > 0:
        return np.zeros(2 * reach + 1)
    curve: FloatArray = _windows(envelope, times_s, reach, sample_rate).mean(axis=0) / mean
    return curve


def _onset_envelope(audio: NDArray[Any], sample_rate: int) -> FloatArray:
    """Return the onset strength (T,) of audio."""
    sound = np.asarray(audio, dtype=np.float32)
    if not np.any(sound):
        return np.zeros(1 + len(sound) // HOP_LENGTH)
    strength = load_librosa().onset.onset_strength(y=sound, sr=sample_rate, hop_length=HOP_LENGTH)
    return np.asarray(strength, dtype=float)


def _windows(
    envelope: FloatArray, times_s: NDArray[Any], reach: int, sample_rate: int
) -> FloatArray:
    """Cut windows (A, 2 reach + 1) around moments; 0 beyond the ends of the envelope."""
    centre = np.round(np.asarray(times_s, dtype=float) * sample_rate / HOP_LENGTH).astype(int)
    padded = np.pad(envelope, reach)
    index = np.clip(centre, 0, len(envelope) - 1)[:, None] + np.arange(2 * reach + 1)
    return np.asarray(padded[index])
