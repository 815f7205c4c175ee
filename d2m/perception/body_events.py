"""Events of the body that music can answer: hits, jumps, drops, raised hands and freezes.

All are measured on the joints alone, in seconds, so they do not depend on the beats. Lengths
are in torso lengths. ``F`` is the number of frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import ANKLES, HIPS, LOWER, SHOULDERS, UPPER, WRISTS, torso_length

FloatArray = NDArray[np.float64]

MAX_HITS_PER_S = 1.5
"""Largest number of hits in a second, on average. Chosen by hand: about as many as strike a
viewer."""

_SMOOTHING_S = 0.03  # standard deviation (s) of the filter against jitter
_STOP_S = 0.05  # half the time (s) over which a limb must slow down in a hit
_REST_S = 0.25  # longest time (s) from the strongest deceleration to rest
_REST_SHARE = 0.15  # of the speed before a hit that is left when a stop is complete
_MIN_HIT_GAP_S = 0.22  # least time (s) between hits
_MIN_HIT = 0.3  # least strength of a hit, of the clip's strongest
_CALM_SPEED = 0.4  # lowest strong speed (torso lengths per second), as in the features
_STRONG_PERCENTILE = 90  # of the speeds, which counts as strong
# Speeds, of the strong speed, under which a freeze begins and over which it ends.
_FREEZE_SPEED, _THAW_SPEED = 0.13, 0.22
_MIN_FREEZE_S = 0.4  # shortest freeze (s)
_RAISED, _LOWERED = 0.35, 0.1  # height of the hands above the shoulders (torso lengths)
_MIN_RAISED_S, _RAISED_GAP_S = 0.35, 0.25  # shortest interval and longest gap within it (s)
_FLOOR_REACH_S = 1.0  # the floor is estimated over this time (s) before and after
_MIN_LIFT = 0.12  # height (torso lengths) of feet and hips over their places that is a jump
_AIR_S = (0.13, 0.9)  # shortest and longest time in the air (s)
_FALL_S = 0.4  # time (s) in which the hips must fall
_MIN_FALL = 0.4  # distance (torso lengths) that they must fall
_STAY_S = 0.35  # time (s) for which they must stay low
_SPAN_GAP_S = 0.6  # least time (s) between two jumps or drops


def _no_times() -> FloatArray:
    return np.zeros(0)


def _no_spans() -> FloatArray:
    return np.zeros((0, 2))


@dataclass(frozen=True, kw_only=True, eq=False)
class BodyEvents:
    """What the body does at certain moments, times in s and strengths from 0 to 1.

    Parameters
    ----------
    hits_s, hit_strengths : (H,)
        Moments at which limbs that stop abruptly come to rest.
    jumps_s : (J, 2)
        Take-off and landing.
    jump_strengths : (J,)
        1 for a jump by half a torso or more.
    drops_s : (D, 2)
        Start and end of a quick fall of the hips, after which the body stays low.
    drop_strengths : (D,)
        1 for a fall by a torso or more.
    raised_s : (R, 2)
        Intervals with the hands above the head.
    freezes_s : (Z, 2)
        Intervals in which the whole body stands still.
    """

    hits_s: FloatArray = field(default_factory=_no_times)
    hit_strengths: FloatArray = field(default_factory=_no_times)
    jumps_s: FloatArray = field(default_factory=_no_spans)
    jump_strengths: FloatArray = field(default_factory=_no_times)
    drops_s: FloatArray = field(default_factory=_no_spans)
    drop_strengths: FloatArray = field(default_factory=_no_times)
    raised_s: FloatArray = field(default_factory=_no_spans)
    freezes_s: FloatArray = field(default_factory=_no_spans)


def find_body_events(keypoints: FloatArray, fps: float) -> BodyEvents:
    """Find the events of a dance.

    Parameters
    ----------
    keypoints : (F, 17, D)
        COCO-17 joints without gaps, x to the right, y down, in any unit; only x and y are
        used.
    fps
        Frames per second (Hz).

    Returns
    -------
    BodyEvents
        Sorted by time. Nothing for a body without movement or size.
    """
    raw = np.nan_to_num(np.asarray(keypoints, dtype=float)[..., :2])
    torso = float(np.median(torso_length(raw))) if len(raw) else 0.0
    if len(raw) < 4 or torso <= 0:
        return BodyEvents()
    points = _smooth(raw / torso, _SMOOTHING_S * fps)
    velocity = np.gradient(points, 1.0 / fps, axis=0)
    speed = np.linalg.norm(velocity, axis=-1)[:, UPPER + LOWER]
    hits, strengths = _hits(speed, fps)
    jumps, jump_strengths = _jumps(points, fps)
    drops, drop_strengths = _drops(points, fps)
    return BodyEvents(
        hits_s=hits,
        hit_strengths=strengths,
        jumps_s=jumps,
        jump_strengths=jump_strengths,
        drops_s=drops,
        drop_strengths=drop_strengths,
        raised_s=_raised(points, fps),
        freezes_s=_freezes(speed.mean(1), fps),
    )


def _smooth(values: FloatArray, width: float) -> FloatArray:
    from scipy.ndimage import gaussian_filter1d

    smooth: FloatArray = gaussian_filter1d(values, width, axis=0, mode="nearest")
    return smooth


def _hits(speed: FloatArray, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return times (s) and strengths of the strongest stops in joint speeds (F, J)."""
    shift = max(1, round(_STOP_S * fps))
    padded = np.pad(speed, ((shift, shift), (0, 0)), mode="edge")
    stop = np.maximum(padded[: -2 * shift] - padded[2 * shift :], 0.0).mean(1)
    strong = max(float(np.percentile(stop, 99.5)), _CALM_SPEED / 2)
    middle = stop[1:-1]
    peaks = 1 + np.flatnonzero((middle > stop[:-2]) & (middle >= stop[2:]))
    peaks = peaks[stop[peaks] >= _MIN_HIT * strong]
    times = np.array([_rest_s(speed, int(peak), shift, fps) for peak in peaks])
    strengths = np.clip(stop[peaks] / strong, 0.0, 1.0)
    most = max(1, int(MAX_HITS_PER_S * len(speed) / fps))
    chosen = _strongest(times, strengths, _MIN_HIT_GAP_S, most)
    return times[chosen], strengths[chosen]


def _rest_s(speed: FloatArray, peak: int, shift: int, fps: float) -> float:
    """Return the time (s) at which the limbs that slow down most at a frame come to rest.

    The eye takes that for the moment of a hit, and beats are measured where movement rests,
    too; the strongest deceleration lies 60 to 120 ms earlier.
    """
    first, last = max(0, peak - shift), min(len(speed) - 1, peak + shift)
    weights = np.maximum(speed[first] - speed[last], 0.0)
    slowing = speed[peak : peak + round(_REST_S * fps) + 1] @ weights / (weights.sum() + 1e-9)
    before = float(speed[first] @ weights / (weights.sum() + 1e-9))
    lowest = int(np.argmin(slowing))
    goal = float(slowing[lowest]) + _REST_SHARE * (before - float(slowing[lowest]))
    below = int(np.argmax(slowing <= goal))
    if below == 0:
        return peak / fps
    over = slowing[below - 1] - goal
    return float((peak + below - 1 + over / (slowing[below - 1] - slowing[below])) / fps)


def _strongest(
    times: FloatArray, strengths: FloatArray, gap_s: float, most: int
) -> NDArray[np.int64]:
    """Return the indices of at most ``most`` of the strongest events, ``gap_s`` apart (s)."""
    kept: list[int] = []
    for index in np.argsort(-strengths, kind="stable"):
        if len(kept) < most and all(abs(times[index] - times[k]) >= gap_s for k in kept):
            kept.append(int(index))
    return np.array(sorted(kept), dtype=np.int64)


def _jumps(points: FloatArray, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return take-offs and landings (s), (J, 2), and strengths: both feet and the hips lift."""
    from scipy.ndimage import percentile_filter

    size = 2 * round(_FLOOR_REACH_S * fps) + 1
    ankles = points[:, ANKLES, 1]
    floor = percentile_filter(ankles.max(1), 70, size=size, mode="nearest")
    hips = points[:, HIPS, 1].mean(1)
    stance = percentile_filter(hips, 50, size=size, mode="nearest")
    lift = np.minimum(floor - ankles.max(1), stance - hips)
    spans, strengths = [], []
    for start, end in _runs(lift > _MIN_LIFT / 3):
        height = float(lift[start:end].max())
        # A view from nearby shows a step back as a lift, but that does not return at once.
        returns = start > 0 and end < len(lift)
        if height >= _MIN_LIFT and _AIR_S[0] <= (end - start) / fps <= _AIR_S[1] and returns:
            spans.append((start / fps, end / fps))
            strengths.append(min(1.0, height / 0.5))
    return _apart(spans, strengths)


def _drops(points: FloatArray, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return starts and ends (s), (D, 2), and strengths of quick falls of the hips."""
    hips = points[:, HIPS, 1].mean(1)
    # A moving camera shifts hips and feet alike; a fall also shortens the legs in the picture.
    bent = hips - points[:, ANKLES, 1].mean(1)
    lag, stay = max(1, round(_FALL_S * fps)), max(1, round(_STAY_S * fps))
    if len(hips) <= lag + stay:
        return _no_spans(), _no_times()
    fall = np.zeros(len(hips))
    for signal in (hips, bent):
        by = np.zeros(len(hips))
        by[lag:] = signal[lag:] - signal[:-lag]
        fall = by if signal is hips else np.minimum(fall, by)
    low = np.lib.stride_tricks.sliding_window_view(np.pad(bent, (0, stay), mode="edge"), stay + 1)
    fall = np.minimum(fall, _MIN_FALL * 2.5) * (low.min(1) > bent - _MIN_FALL / 2)
    spans, strengths = [], []
    for start, end in _runs(fall >= _MIN_FALL):
        peak = start + int(np.argmax(fall[start:end]))
        spans.append(((peak - lag) / fps, peak / fps))
        strengths.append(min(1.0, float(fall[peak])))
    return _apart(spans, strengths)


def _raised(points: FloatArray, fps: float) -> FloatArray:
    """Return the intervals (s), (R, 2), in which the hands are up."""
    lift = points[:, SHOULDERS, 1].mean(1) - points[:, WRISTS, 1].mean(1)
    return _intervals(lift, _RAISED, _LOWERED, fps, _MIN_RAISED_S, _RAISED_GAP_S)


def _freezes(speed: FloatArray, fps: float) -> FloatArray:
    """Return the intervals (s), (Z, 2), of a mean joint speed (F,) close to 0."""
    smooth = _smooth(speed, 0.06 * fps)
    strong = max(float(np.percentile(smooth, _STRONG_PERCENTILE)), _CALM_SPEED)
    return _intervals(-smooth / strong, -_FREEZE_SPEED, -_THAW_SPEED, fps, _MIN_FREEZE_S, 2.5 / fps)


def _intervals(
    signal: FloatArray, enter: float, leave: float, fps: float, least_s: float, gap_s: float
) -> FloatArray:
    """Return intervals (s), (N, 2), above ``leave`` that also reach ``enter``.

    Intervals at most ``gap_s`` apart are one; those shorter than ``least_s`` are left out.
    """
    merged: list[list[int]] = []
    for start, end in _runs(signal > leave):
        if not (signal[start:end] > enter).any():
            continue
        if merged and (start - merged[-1][1]) / fps <= gap_s:
            merged[-1][1] = end
        else:
            merged.append([start, end])
    spans = [(a / fps, b / fps) for a, b in merged if (b - a) / fps >= least_s]
    return np.array(spans, dtype=float).reshape(-1, 2)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and past-the-last index of each run of True in a mask (F,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _apart(
    spans: list[tuple[float, float]], strengths: list[float]
) -> tuple[FloatArray, FloatArray]:
    """Return the strongest of events that end close together."""
    if not spans:
        return _no_spans(), _no_times()
    times, strong = np.array(spans, dtype=float), np.array(strengths, dtype=float)
    chosen = _strongest(times[:, 1], strong, _SPAN_GAP_S, len(strong))
    return times[chosen], strong[chosen]
