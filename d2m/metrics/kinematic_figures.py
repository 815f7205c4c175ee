"""Figures of how a dance meets the beats of its music (Lee et al., "Dancing to Music", 2019)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MEETING_TOLERANCE_S = 0.1
"""Largest time between a kinematic beat and the beat of the music that it meets (s). The paper
does not state it; chosen by hand, one and a half frames at its 15 fps."""


def meeting_figures(
    kinematic_beats_s: NDArray[Any], music_beats_s: NDArray[Any], downbeats_s: NDArray[Any]
) -> dict[str, float]:
    """Return how a dance meets the beats of its music.

    Parameters
    ----------
    kinematic_beats_s : (K,)
        Ascending times of the kinematic beats (s).
    music_beats_s, downbeats_s : (B,), (D,)
        Ascending times of the beats of the music, and of those that begin a bar (s).

    Returns
    -------
    dict
        ``beat_coverage`` is the number of kinematic beats as a share of that of the music's
        beats; ``beat_hit`` the share of kinematic beats that meet a beat of the music (both
        Sec. 4.2); ``downbeats_met`` the share of the downbeats that are met. 0 where there is
        nothing to divide by.
    """
    meets = near(kinematic_beats_s, music_beats_s)
    met = near(downbeats_s, kinematic_beats_s)
    return {
        "beat_coverage": len(kinematic_beats_s) / max(1, len(music_beats_s)),
        "beat_hit": float(meets.mean()) if len(meets) else 0.0,
        "downbeats_met": float(met.mean()) if len(met) else 0.0,
    }


def near(
    times_s: NDArray[Any], others_s: NDArray[Any], tolerance_s: float = MEETING_TOLERANCE_S
) -> NDArray[np.bool_]:
    """Return for each time (s) whether one of the others (s) is within a tolerance (s)."""
    if not len(times_s) or not len(others_s):
        return np.zeros(len(times_s), dtype=bool)
    distance = np.abs(np.asarray(times_s)[:, None] - np.asarray(others_s)[None])
    return np.asarray(distance.min(axis=1) <= tolerance_s)
