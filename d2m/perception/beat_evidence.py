"""Judge whether tracked beats are those of music: how the sound itself supports them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LAG_BEATS = (1, 2, 4)
"""Lags (beats) at which a sound is compared with itself: something repeats every beat, every
second, or every bar."""
LEAST_CONFIDENCE = 0.6
"""From this confidence on, a sound is a clock. Chosen so that hardly any of the sounds that are no
music, on which `beat_confidence` was fitted, is one."""
REPETITION_WEIGHT, AGREEMENT_WEIGHT, UNSTEADINESS_WEIGHT = 5.97, 4.36, -524.0
"""Weights of the evidence in the log-odds that beats are right; the last one is per second."""
LENGTH_WEIGHT, OFFSET = 0.82, -0.58
"""Weight of the logarithm of a sound's length over 10 s, and log-odds without evidence."""
SHORT_SOUND_S, SHORT_REPETITION, SHORT_AGREEMENT = 4.0, 0.35, 0.45
"""Sounds shorter than this (s) are a clock only with so much repetition and agreement. Chosen by
hand: in a few seconds, speech or rain may seem steady to two trackers."""
CLEAR_REPETITION, CLEAR_UNSTEADY_S = 0.58, 0.008
"""Where the rise of a sound repeats itself so clearly, its onsets are at most so unsteady (s) in
music; in footsteps they are more. Chosen on this project's music and made-up footsteps."""
LEAST_AGREEMENT = 0.02
"""Where two trackers have practically no beat in common, as in a drone, there is no clock. Chosen
by hand; low, because in real music librosa's tracker may place all beats elsewhere."""
MOST_REPETITION, MOST_UNSTEADY_S = 0.6, 0.03
"""More repetition, and more unsteadiness (s), make no difference. Chosen by hand."""
LENGTHS_S = (2.0, 15.0)
"""Shorter and longer sounds count as these (s). Chosen by hand."""
PRIOR_BEATS, PRIOR_UNSTEADY_S = 4, 0.008
"""Unsteadiness (s) is averaged with that of so many beats, because few beats seem steady by
chance. Chosen by hand."""
_MEAN_S = 1.0  # rises are compared with their mean over this time (s)
_SMOOTHED = np.array([0.1, 0.25, 0.3, 0.25, 0.1])  # weights of neighbouring frames


@dataclass(frozen=True, kw_only=True)
class BeatEvidence:
    """What speaks for the beats of a sound.

    Parameters
    ----------
    repetition
        Largest correlation of the sound's rise with itself one, two or four beats later.
    agreement
        F-measure of the beats with those of another tracker, half and double tempo allowed.
    unsteadiness
        Median distance of the onsets from steady beats (s).
    least_unsteadiness
        The same for every second beat, if those are steadier.
    n_beats
        Number of beats.
    duration_s
        Length of the sound (s).
    """

    repetition: float
    agreement: float
    unsteadiness: float
    least_unsteadiness: float
    n_beats: int
    duration_s: float


def rise_above_mean(rise: NDArray[np.float32], fps: float) -> FloatArray:
    """Return the rise of a sound above its mean nearby, smoothed over neighbouring frames.

    Parameters
    ----------
    rise : (T, K)
        Rise of each band since the frame before.
    fps
        Frames in a second (Hz).

    Returns
    -------
    (T,)
        Summed over bands; below 0 where the sound rises less than nearby.
    """
    total = rise.sum(axis=1, dtype=float)
    width = min(len(total), 2 * round(_MEAN_S * fps / 2) + 1)
    window = np.ones(width)
    counts = np.convolve(np.ones(len(total)), window, "same")
    above = total - np.convolve(total, window, "same") / counts
    return np.convolve(above, _SMOOTHED, "same")


def repetition(rise: FloatArray, fps: float, beat_s: float) -> float:
    """Return how alike the rises of a sound are to those some beats later.

    Parameters
    ----------
    rise : (T,)
        From `rise_above_mean`.
    fps
        Frames in a second (Hz).
    beat_s
        Time between beats (s).

    Returns
    -------
    float
        Largest autocorrelation coefficient near the lags of `LAG_BEATS`, at most 1.
    """
    centred = rise - rise.mean()
    power = float(np.square(centred).sum())
    if power <= 0:
        return 0.0
    best = 0.0
    for beats in LAG_BEATS:
        middle = round(beats * beat_s * fps)
        for lag in range(max(1, middle - 1), middle + 2):
            if lag < 0.75 * len(centred):
                best = max(best, float(centred[:-lag] @ centred[lag:]) / power)
    return best


def beat_confidence(evidence: BeatEvidence) -> float:
    """Return how probable it is that beats are right, and the sound is music.

    Parameters
    ----------
    evidence
        What speaks for the beats.

    Returns
    -------
    float
        0 to 1: a logistic regression, fitted to music of this project as it is and as a
        telephone records it among people, and to sounds that are no music. Beats counted as
        right with an F-measure of at least 0.8, half and double tempo allowed. It stays below
        `LEAST_CONFIDENCE` for short sounds with little evidence, and for clear onsets that are
        not steady.
    """
    n_beats = evidence.n_beats
    unsteadiness = min(evidence.least_unsteadiness, MOST_UNSTEADY_S) * n_beats
    unsteadiness = (unsteadiness + PRIOR_BEATS * PRIOR_UNSTEADY_S) / (n_beats + PRIOR_BEATS)
    length = min(max(evidence.duration_s, LENGTHS_S[0]), LENGTHS_S[1])
    log_odds = (
        REPETITION_WEIGHT * min(evidence.repetition, MOST_REPETITION)
        + AGREEMENT_WEIGHT * evidence.agreement
        + UNSTEADINESS_WEIGHT * unsteadiness
        + LENGTH_WEIGHT * float(np.log(length / 10))
        + OFFSET
    )
    confidence = float(1 / (1 + np.exp(-log_odds)))
    return min(confidence, LEAST_CONFIDENCE - 0.01) if _is_doubtful(evidence) else confidence


def _is_doubtful(evidence: BeatEvidence) -> bool:
    little = evidence.repetition < SHORT_REPETITION or evidence.agreement < SHORT_AGREEMENT
    unsteady = evidence.unsteadiness > CLEAR_UNSTEADY_S
    return (
        evidence.agreement < LEAST_AGREEMENT
        or (evidence.duration_s < SHORT_SOUND_S and little)
        or (evidence.repetition > CLEAR_REPETITION and unsteady)
    )
