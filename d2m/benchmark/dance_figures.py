"""What is measured of one dance to a song, and the figures of a row of dances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.dance_songs import EvaluationSong
from d2m.benchmark.ratio_intervals import Estimate, estimate
from d2m.choreography.action_classifier import ACTION_FRAMES, ActionClassifier
from d2m.choreography.dance_model import GeneratedDance
from d2m.choreography.joints import joints14_from_coco
from d2m.choreography.kinematic_beats import UNIT_FPS, find_kinematic_beats, resample_joints
from d2m.core.dancer_motion import Motion
from d2m.metrics.dance_distances import diversity, multimodality
from d2m.metrics.dance_features import geometric_features, kinetic_features
from d2m.metrics.diversity import embedding_distances, mean_pair_distance
from d2m.metrics.frechet_distance import frechet_distance
from d2m.metrics.genre import standardised
from d2m.metrics.kinematic_scores import (
    ALIGNMENT_FPS,
    beat_alignment,
    beats_inside,
    dance_beat_scores,
    speed_minima,
)
from d2m.metrics.motion_quality import (
    foot_slide,
    join_acceleration,
    joint_acceleration,
    limb_deviation,
)

FloatArray = NDArray[np.float64]
Windows = list[FloatArray]
"""Features (W, D) of the windows of a dance, one array a song."""

MEASURED_FPS = 2 * UNIT_FPS
"""Frame rate (Hz) at which dances are measured, that of the results."""
DANCE_BOOTSTRAPS = 200
"""Resamples of the songs for the interval of a distance between sets. Chosen by hand."""
FAST_QUANTILE = 0.95
"""Quantile of a dance's acceleration that its joins are compared with."""
FEATURE_KINDS = {
    "action": ("fid", ""),
    "kinetic": ("fid_k", "div_k"),
    "geometric": ("fid_g", "div_g"),
}
"""Kinds of features with the keys of their Frechet distance and of their diversity."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredDance:
    """What is measured of one dance.

    Parameters
    ----------
    song, number
        Number of the song, and of the dance to it.
    scores
        Figures of the dance by key.
    features
        Features (W, D) of its windows of `ACTION_FRAMES`, by kind (`FEATURE_KINDS`).
    """

    song: int
    number: int
    scores: dict[str, float]
    features: dict[str, FloatArray]


def measure_dance(
    dance: Motion | GeneratedDance,
    song: EvaluationSong,
    number: int,
    classifier: ActionClassifier,
) -> MeasuredDance:
    """Measure one dance to a song, against the beats that the song was composed on.

    The acceleration at the joins of units is measured of generated dances only.
    """
    motion = dance.motion if isinstance(dance, GeneratedDance) else dance
    joints = resample_joints(motion.joints, motion.fps, MEASURED_FPS)
    joints = joints[: round(song.duration_s * MEASURED_FPS)]
    body = joints14_from_coco(joints)
    music, downbeats, kinematic, minima = (
        beats_inside(beats, len(joints) / MEASURED_FPS)
        for beats in (
            song.beats_s,
            song.downbeats_s,
            find_kinematic_beats(body, MEASURED_FPS).beats_s,
            speed_minima(resample_joints(body, MEASURED_FPS, ALIGNMENT_FPS)),
        )
    )
    beats = dance_beat_scores(kinematic, music, downbeats)
    scores = {
        "coverage": beats.coverage,
        "hit": beats.hit,
        "downbeats_met": beats.downbeats_met,
        "alignment_music": beat_alignment(music, minima),
        "alignment_dance": beat_alignment(minima, music),
        "foot_slide": foot_slide(joints),
        "limb_deviation": limb_deviation(joints),
        "fast_acceleration": float(
            np.quantile(joint_acceleration(joints, MEASURED_FPS), FAST_QUANTILE)
        ),
    }
    if isinstance(dance, GeneratedDance):
        joins = (dance.joins_s * MEASURED_FPS).round().astype(int)
        peaks = join_acceleration(joints, MEASURED_FPS, joins[joins < len(joints)].tolist())
        scores["join_acceleration"] = float(peaks.mean()) if len(peaks) else float("nan")
    features = _window_features(joints, body, classifier)
    return MeasuredDance(song=song.number, number=number, scores=scores, features=features)


def row_figures(
    dances: Sequence[MeasuredDance], reference: Sequence[MeasuredDance]
) -> dict[str, Estimate]:
    """Return the figures of a row with 95 % intervals, by bootstrap over songs.

    Figures of dances are means over the songs. Distances of sets (FID, diversity) are those of
    all songs; resampled songs repeat, which makes sets less diverse, so their intervals are
    moved by the mean difference. Figures that do not exist are left out.

    Parameters
    ----------
    dances
        The dances of the row.
    reference
        The dances that Frechet distances are measured from, and by which kinetic and geometric
        features are scaled.
    """
    songs = sorted({dance.song for dance in dances})
    groups = [[dance for dance in dances if dance.song == song] for song in songs]
    found = {key: estimate(_song_means(groups, key)) for key in dances[0].scores}
    for kind, (distance, spread) in FEATURE_KINDS.items():
        theirs = np.concatenate(_scaled(reference, reference, kind))
        firsts = _scaled([group[0] for group in groups], reference, kind)
        found[distance] = _of_sets(firsts, partial(_frechet_distance_from, theirs))
        if spread:
            found[spread] = _of_sets([_middle(windows)[None] for windows in firsts], _pair_distance)
    middles = [np.stack([_middle(dance.features["action"]) for dance in group]) for group in groups]
    found["diversity"] = _of_sets(middles, _diversity)
    found["multimodality"] = estimate(multimodality(list(middles)))
    return {key: one for key, one in found.items() if one is not None}


def _window_features(
    joints: FloatArray, body: FloatArray, classifier: ActionClassifier
) -> dict[str, FloatArray]:
    step = round(ACTION_FRAMES * MEASURED_FPS / UNIT_FPS)
    starts = range(0, max(1, len(joints) - step + 1), step)
    windows = [joints[start : start + step] for start in starts]
    slow = [body[start : start + step : round(MEASURED_FPS / UNIT_FPS)] for start in starts]
    return {
        "action": classifier.features_of(np.stack(slow)),
        "kinetic": np.stack([kinetic_features(one, MEASURED_FPS) for one in windows]),
        "geometric": np.stack([geometric_features(one, MEASURED_FPS) for one in windows]),
    }


def _song_means(groups: list[list[MeasuredDance]], key: str) -> list[float]:
    """Return the mean of a figure over the dances to each song, NaN where none has it."""
    means = []
    for group in groups:
        values = np.array([dance.scores[key] for dance in group])
        means.append(float(np.nanmean(values)) if np.isfinite(values).any() else float("nan"))
    return means


def _scaled(
    dances: Sequence[MeasuredDance], reference: Sequence[MeasuredDance], kind: str
) -> Windows:
    """Return the features of each dance; hand-made ones as z-scores of the reference."""
    windows = [dance.features[kind] for dance in dances]
    if kind == "action":
        return windows
    originals = np.concatenate([dance.features[kind] for dance in reference])
    return [standardised(one, originals) for one in windows]


def _of_sets(songs: Windows, measure: Callable[[Windows], float]) -> Estimate | None:
    """Return a figure of sets of features with its interval, moved by the mean difference."""
    if len(songs) < 2:
        return None
    value = measure(songs)
    rng = np.random.default_rng([32, len(songs)])
    drawn = [
        measure([songs[index] for index in rng.integers(len(songs), size=len(songs))])
        for _ in range(DANCE_BOOTSTRAPS)
    ]
    low, high = np.percentile(drawn, (2.5, 97.5)) + value - np.mean(drawn)
    return Estimate(value=value, lower=max(0.0, float(low)), upper=float(high), n=len(songs))


def _middle(windows: FloatArray) -> FloatArray:
    return np.asarray(windows[len(windows) // 2])


def _pair_distance(sets: Windows) -> float:
    return mean_pair_distance(embedding_distances(np.concatenate(sets)))


def _frechet_distance_from(reference: FloatArray, sets: Windows) -> float:
    return frechet_distance(np.concatenate(sets), reference)


def _diversity(sets: Windows) -> float:
    return diversity(np.concatenate(sets), np.random.default_rng(0))
