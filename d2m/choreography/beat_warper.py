"""The beat warper: a dance's kinematic beats are moved onto the beats of the music.

"Dancing to Music" (Lee et al., NeurIPS 2019) warps time linearly between beats, which jerks at
each of them. Here the warp is smooth, and it never leaves the dance: before the first and after
the last beat the dance goes on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.kinematic_beats import find_kinematic_beats

FloatArray = NDArray[np.float64]

STOP_AT_BEATS = 0.9
"""How much a dancer of sharpness 1 slows down at a beat (share of the speed). Chosen by hand: at 1
the dancer would stop dead."""
NEAR_BEAT = 0.4
"""Farthest kinematic beat that is moved onto a beat (share of the time between beats). Chosen by
hand: from the middle between two beats it could go either way."""
ALIGNMENT_ROUNDS = 4
"""How often the kinematic beats are found and moved. Chosen by hand: the second round corrects
what moves in the first."""
DEEPER = 0.3
"""How much a dancer slows down in each round at a beat that no kinematic beat meets (share of the
speed). Chosen by hand."""
FAR_FROM_BEATS_S = 0.1
"""A kinematic beat farther from every beat is danced through (s): the paper's tolerance."""
ROUNDED = 0.2
"""Standard deviation of the time around such a stop in which the motion is smoothed (beats). Chosen
by hand."""
SHIFT_FRAMES = 1.5
"""Standard deviation over which the shifts of kinematic beats are smoothed (frames). Chosen by
hand, against jerks."""
GREATEST_STRETCH = 2.5
"""Bounds the change of speed by which kinematic beats are moved onto beats (factor). Chosen by
hand."""


def warp_to_beats(
    joints: FloatArray,
    source_beats: FloatArray,
    target_beats_s: FloatArray,
    *,
    duration_s: float,
    fps: float = 30.0,
    sharpness: float = 0.5,
) -> FloatArray:
    """Return a dance whose k-th kinematic beat falls on the k-th beat of the music.

    Time is warped by a monotone cubic curve, and poses are interpolated by cubic splines. Before
    the first and after the last beat, the dance goes on at the nearest beats' tempo; where no
    frames are left, it turns round at a beat and is danced backwards.

    Parameters
    ----------
    joints : (F, J, D)
        Joints of at least two frames.
    source_beats : (K,)
        Ascending kinematic beats of the dance (frames of `joints`, from 0 to F - 1); K >= 2.
    target_beats_s : (K,)
        Ascending times (s) at which they shall fall.
    duration_s
        Length of the result (s).
    fps
        Frame rate of the result (Hz).
    sharpness
        0 to 1: how much the dancer slows down at beats and hurries between them.

    Returns
    -------
    (F', J, D)
        Joints at `fps`; the first frame is at 0 s.

    Raises
    ------
    ValueError
        If the beats do not ascend, differ in number or are fewer than two, if the kinematic beats
        lie outside the dance, or if there is nothing to do in `duration_s`.
    """
    from scipy.interpolate import CubicSpline, PchipInterpolator

    source, target = np.asarray(source_beats, float), np.asarray(target_beats_s, float)
    _check(joints, source, target, duration_s)
    times = np.arange(max(1, round(duration_s * fps))) / fps
    anchors, positions = _extended(source, target, times[-1], len(joints) - 1)
    warp = PchipInterpolator(anchors, positions)
    depths = np.full(len(anchors), STOP_AT_BEATS * sharpness)
    position = np.clip(warp(_eased(times, anchors, depths)), 0, len(joints) - 1)
    return np.asarray(CubicSpline(np.arange(len(joints)), joints, axis=0)(position))


def align_kinematic_beats(joints: FloatArray, fps: float, beats_s: FloatArray) -> FloatArray:
    """Return a dance whose kinematic beats, as they are seen, fall on the beats of the music.

    The stops of a dancer who was warped to the beats lie near them, not on them. In each round,
    those near a beat are moved onto it, the dancer slows down more at a beat without any, and a
    stop in the middle between beats is danced through. The first and last frames stay.

    Parameters
    ----------
    joints : (F, J, D)
        A dance that was warped to the beats.
    fps
        Its frame rate (Hz).
    beats_s : (K,)
        Ascending beats of the music (s).

    Returns
    -------
    (F, J, D)
        The joints at the same rate.
    """
    from scipy.interpolate import CubicSpline, PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    last = len(joints) - 1
    beats = np.asarray(beats_s, float) * fps
    beats = beats[(beats > 0) & (beats < last)]
    if last < 2 or len(beats) < 2:
        return joints
    frames = np.arange(last + 1.0)
    spline = CubicSpline(frames, joints, axis=0)
    position, depths = frames, np.zeros(len(beats) + 2)
    bounds = np.array([0.0, *beats, last])
    aligned = joints
    for _ in range(ALIGNMENT_ROUNDS):
        found = find_kinematic_beats(aligned, fps).beats_s * fps
        now, wanted = _moves(found, beats, last)
        unmet = ~np.isin(beats, wanted)
        depths[1:-1] = unmet * DEEPER
        moved = PchipInterpolator(wanted, now)(_eased(frames, bounds, depths))
        position = np.interp(moved, frames, position)
        position = frames + gaussian_filter1d(position - frames, SHIFT_FRAMES, mode="nearest")
        aligned = np.asarray(spline(position))
    return _without_stops_between(aligned, fps, beats)


def distance_to_nearest(times: FloatArray, events: FloatArray) -> FloatArray:
    """Return the distance (N,) of times to the nearest of ascending events, inf without any."""
    bounded = np.concatenate([[-np.inf], events, [np.inf]])
    after = np.searchsorted(bounded, times).clip(1)
    return np.asarray(np.minimum(bounded[after] - times, times - bounded[after - 1]))


def _check(joints: FloatArray, source: FloatArray, target: FloatArray, duration_s: float) -> None:
    if len(source) != len(target) or len(source) < 2:
        raise ValueError("a warp needs two beats or more, and as many new ones")
    if np.any(np.diff(source) <= 0) or np.any(np.diff(target) <= 0):
        raise ValueError("beats must ascend")
    if len(joints) < 2 or source[0] < 0 or source[-1] > len(joints) - 1:
        raise ValueError("the kinematic beats must lie in the dance")
    if not duration_s > 0:
        raise ValueError("the length of a dance must be positive")


def _extended(
    source: FloatArray, target: FloatArray, end_s: float, last_frame: float
) -> tuple[FloatArray, FloatArray]:
    """Return the pairs of times (s) and frames of beats from before 0 to after `end_s`."""
    before_s, before = _walk(target[0], target[1], source[0], source[1], 0.0, last_frame)
    after_s, after = _walk(target[-1], target[-2], source[-1], source[-2], end_s, last_frame)
    return (
        np.concatenate([before_s[::-1], target, after_s]),
        np.concatenate([before[::-1], source, after]),
    )


def _walk(
    beat_s: float, inner_s: float, frame: float, inner: float, until_s: float, last_frame: float
) -> tuple[list[float], list[float]]:
    """Return times and frames of further beats beyond an outermost beat, until a time (s).

    Parameters
    ----------
    beat_s, frame
        The outermost beat.
    inner_s, inner
        Its neighbour, whose distance the further beats have.
    until_s
        Time that the last of them reaches.
    last_frame
        The dance has frames from 0 to this one: at its ends the walk turns round.
    """
    step_s, step = beat_s - inner_s, frame - inner
    times, frames = [], []
    while (until_s - beat_s) * np.sign(step_s) > -1e-9:
        step = step if 0 <= frame + step <= last_frame else -step
        beat_s, frame = beat_s + step_s, frame + step
        times.append(beat_s)
        frames.append(frame)
    return times, frames


def _eased(times: FloatArray, beats: FloatArray, depths: FloatArray) -> FloatArray:
    """Return times that pass slowly at the beats and fast between them.

    Parameters
    ----------
    times : (N,)
        Times, in the unit of the beats.
    beats : (K,)
        Ascending times of the beats.
    depths : (K,)
        How much slower time passes at each beat (0: not at all, 1: it stands still).
    """
    index = np.clip(np.searchsorted(beats, times, side="right") - 1, 0, len(beats) - 2)
    length = beats[index + 1] - beats[index]
    phase = (times - beats[index]) / length
    here, change = depths[index], depths[index + 1] - depths[index]
    # The speed is 1 - (here + change * phase) * cos(2 pi phase), whose mean is 1.
    turn = 2 * np.pi * phase
    lag = (here + change * phase) * np.sin(turn) / (2 * np.pi)
    lag += change * (np.cos(turn) - 1) / (4 * np.pi**2)
    return np.asarray(times - length * lag)


def _without_stops_between(joints: FloatArray, fps: float, beats: FloatArray) -> FloatArray:
    """Return joints that move on where a kinematic beat lies between two beats (frames)."""
    from scipy.ndimage import gaussian_filter1d

    frames = np.arange(float(len(joints)))
    width = ROUNDED * float(np.median(np.diff(beats)))
    away = 1 - np.exp(-0.5 * (distance_to_nearest(frames, beats) / (0.6 * width)) ** 2)
    for _ in range(ALIGNMENT_ROUNDS):
        found = find_kinematic_beats(joints, fps).beats_s * fps
        between = found[distance_to_nearest(found, beats) > FAR_FROM_BEATS_S * fps]
        if not len(between):
            break
        off = distance_to_nearest(frames, between) / width
        share = (np.exp(-0.5 * off**2) * away)[:, None, None]
        smooth = gaussian_filter1d(joints, width, axis=0, mode="nearest")
        joints = joints + share * (smooth - joints)
    return joints


def _moves(
    found: FloatArray, beats: FloatArray, last_frame: float
) -> tuple[FloatArray, FloatArray]:
    """Return the present and the wanted frames of the kinematic beats that are moved.

    Both ascend, and begin and end with the first and last frame, which stay. Of several kinematic
    beats near one beat, the nearest is moved.
    """
    now, wanted = [0.0], [0.0]
    gaps = np.diff(beats)
    for index, beat in enumerate(beats):
        gap = min(gaps[max(0, index - 1) : index + 1])
        off = found - beat
        if not len(off) or not 0 < beat < last_frame:
            continue
        nearest = float(found[np.abs(off).argmin()])
        if abs(nearest - beat) > NEAR_BEAT * gap or nearest <= now[-1]:
            continue
        stretch = (nearest - now[-1]) / (beat - wanted[-1])
        if 1 / GREATEST_STRETCH <= stretch <= GREATEST_STRETCH and nearest < last_frame:
            now.append(nearest)
            wanted.append(float(beat))
    return np.array([*now, last_frame]), np.array([*wanted, last_frame])
