"""Accuracy of a tracked pose: against the truth of a drawn dance, or against another track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.settings import Settings
from d2m.perception.body_events import find_body_events
from d2m.perception.conditioning import condition
from d2m.perception.rhythm import estimate_rhythm
from d2m.perception.skeleton import torso_length

FloatArray = NDArray[np.float64]

BODY = range(5, 17)
"""The joints from the shoulders down, of COCO-17."""
BEAT_WINDOW_S, HIT_WINDOW_S = 0.07, 0.045
"""Largest distance (s) of a beat and of a hit that are the same: of beat tracking, and of
`d2m.metrics.hits`."""
SAME_TEMPO = 0.04
"""Largest deviation of a tempo that is right, a share of it: as in MIREX."""


def joint_errors(points: FloatArray, truth: FloatArray) -> tuple[float, float]:
    """Return the median and the 95th percentile of the distances of joints, in torso lengths.

    Parameters
    ----------
    points, truth : (F, 17, 2)
        COCO-17 joints in one unit.
    """
    gaps = np.linalg.norm(points - truth, axis=-1)[:, BODY] / float(np.median(torso_length(truth)))
    return float(np.median(gaps)), float(np.quantile(gaps, 0.95))


def figures(
    points: FloatArray, fps: float, truth: FloatArray, beats_s: FloatArray, tempo_bpm: float
) -> dict[str, float]:
    """Measure what a track of a dance with known joints and beats is worth.

    Parameters
    ----------
    points : (F, 17, 2)
        COCO-17 joints as tracked.
    fps
        Frame rate (Hz).
    truth : (F, 17, 2)
        The same joints as drawn, in the same unit.
    beats_s, tempo_bpm
        The beats (s) and the tempo (BPM) of the dance.

    Returns
    -------
    dict
        Figures by their titles.
    """
    middle, most = joint_errors(points, truth)
    rhythm = estimate_rhythm(points, fps)
    hits = [find_body_events(joints, fps).hits_s for joints in (points, truth)]
    right = condition(truth, fps, settings=Settings(tempo_bpm=tempo_bpm))
    seen = condition(points, fps, rhythm=right.rhythm, duration_s=len(truth) / fps)
    steps = np.abs(seen.features - right.features).mean()
    return {
        "error": middle,
        "error, 95th percentile": most,
        "tempo right": float(abs(rhythm.tempo_bpm / tempo_bpm - 1) < SAME_TEMPO),
        "beat F": f_measure(rhythm.beats_s, beats_s, BEAT_WINDOW_S),
        "hit F": f_measure(hits[0], hits[1], HIT_WINDOW_S),
        "error of step features": float(steps),
    }


def f_measure(found_s: FloatArray, true_s: FloatArray, window_s: float) -> float:
    """Return the F-measure of events: each is met by at most one within a window (s)."""
    left, met = sorted(found_s), 0
    for time in true_s:
        near = [one for one in left if abs(one - time) <= window_s]
        if near:
            left.remove(min(near, key=lambda one: abs(one - time)))
            met += 1
    total = len(found_s) + len(true_s)
    return 2 * met / total if total else 1.0
