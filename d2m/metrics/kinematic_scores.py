"""Dance beat metrics: how a dance's kinematic beats and the beats of its music meet.

Times are in seconds from the start of the song, ascending. The dance's beats come first and the
music's second. Without beats on one side, scores are 0 unless stated otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DANCE_TOLERANCE_S = 0.1
"""Largest distance (s) of a kinematic beat from a beat of the music that it meets. "Dancing to
Music" (Lee et al., NeurIPS 2019) does not state its own; 0.1 s is 1.5 of its frames."""
DANCE_EDGE_S = 0.25
"""Time (s) at each end of a dance whose beats do not count. Chosen by hand: a stop is seen only
where there is movement before and after it."""
ALIGNMENT_SIGMA_S = 3 / 60
"""Standard deviation (s) of the Beat Alignment Score: 3 frames at 60 fps (Li et al., ICCV 2021)."""
ALIGNMENT_FPS = 60.0
"""Frame rate (Hz) at which the Beat Alignment Score is defined."""
SPEED_SMOOTHING_FRAMES = 5.0
"""Standard deviation (frames at `ALIGNMENT_FPS`) of the smoothing of the speed (Li et al.)."""


@dataclass(frozen=True, kw_only=True)
class DanceBeatScores:
    """Beat coverage and beat hit rate of a dance (Lee et al., NeurIPS 2019, Sec. 4.3).

    Parameters
    ----------
    coverage
        Kinematic beats over beats of the music; exceeds 1 if the dance has more.
    hit
        Share of the kinematic beats that meet a beat of the music; NaN if there are none.
    downbeats_met
        Share of the music's downbeats that a kinematic beat meets; NaN if there are none. The
        paper has no such figure.
    """

    coverage: float
    hit: float
    downbeats_met: float


def dance_beat_scores(
    dance_beats_s: NDArray[Any],
    music_beats_s: NDArray[Any],
    downbeats_s: NDArray[Any],
    tolerance_s: float = DANCE_TOLERANCE_S,
) -> DanceBeatScores:
    """Compute beat coverage, beat hit rate and the share of downbeats met.

    Each beat is judged on its own, so two kinematic beats may meet the same beat of the music.

    Parameters
    ----------
    dance_beats_s, music_beats_s, downbeats_s : (K,), (M,), (D,)
        Kinematic beats, and beats and downbeats of the music (s).
    tolerance_s
        Largest distance of beats that meet (s).
    """
    count = len(music_beats_s)
    return DanceBeatScores(
        coverage=len(dance_beats_s) / count if count else 0.0,
        hit=_share_met(dance_beats_s, music_beats_s, tolerance_s),
        downbeats_met=_share_met(downbeats_s, dance_beats_s, tolerance_s),
    )


def beats_inside(beats_s: NDArray[Any], duration_s: float) -> FloatArray:
    """Return the beats that are at least `DANCE_EDGE_S` from both ends of a dance (s)."""
    beats = np.asarray(beats_s, dtype=float)
    return beats[(beats >= DANCE_EDGE_S) & (beats <= duration_s - DANCE_EDGE_S)]


def beat_alignment(
    from_beats_s: NDArray[Any], to_beats_s: NDArray[Any], sigma_s: float = ALIGNMENT_SIGMA_S
) -> float:
    """Compute the Beat Alignment Score: mean of exp(-d^2 / (2 sigma^2)) over beats.

    FACT (Li et al., ICCV 2021, Sec. 5.2.3) takes the mean over the kinematic beats, Bailando
    (Siyao et al., CVPR 2022, Sec. 4.1) that over the beats of the music. Report which.

    Parameters
    ----------
    from_beats_s : (N,)
        The beats of the mean (s).
    to_beats_s : (M,)
        The other beats; d is the distance to the nearest of them (s).
    sigma_s
        Standard deviation (s).

    Returns
    -------
    float
        0 to 1; 0 if either side has no beats.
    """
    if not len(from_beats_s) or not len(to_beats_s):
        return 0.0
    return float(np.exp(-(_distances(from_beats_s, to_beats_s) ** 2) / (2 * sigma_s**2)).mean())


def speed_minima(joints: NDArray[Any]) -> FloatArray:
    """Find the kinematic beats of the Beat Alignment Score: local minima of the mean speed.

    Parameters
    ----------
    joints : (F, J, D)
        Joints at `ALIGNMENT_FPS`.

    Returns
    -------
    (K,)
        Times (s) of the minima of the mean speed of all joints, smoothed by
        `SPEED_SMOOTHING_FRAMES`. A dancer who stands still has none.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    table = np.asarray(joints, dtype=float)
    if len(table) < 3:
        return np.zeros(0)
    speed = np.linalg.norm(np.diff(table, axis=0), axis=-1).mean(axis=1)
    smooth = gaussian_filter1d(speed, SPEED_SMOOTHING_FRAMES)
    minima, _ = find_peaks(-smooth)  # unlike strict minima, it takes two equal values as one
    # The speed of index t is that between poses t and t + 1.
    return np.asarray((minima + 0.5) / ALIGNMENT_FPS)


def _share_met(beats_s: NDArray[Any], others_s: NDArray[Any], tolerance_s: float) -> float:
    """Return the share of beats that one of the others is near; NaN without beats."""
    if not len(beats_s):
        return float("nan")
    if not len(others_s):
        return 0.0
    return float((_distances(beats_s, others_s) <= tolerance_s + 1e-9).mean())


def _distances(beats_s: NDArray[Any], others_s: NDArray[Any]) -> FloatArray:
    """Return the distance of each beat to the nearest of the others."""
    ours, theirs = np.asarray(beats_s, dtype=float), np.asarray(others_s, dtype=float)
    return np.asarray(np.abs(ours[:, None] - theirs).min(axis=1))
