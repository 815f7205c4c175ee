"""Smooth movement from key poses, with the individual traits of one dancer.

`interpolate_track` connects the key poses of one track; `add_beat_pulse` and
`add_human_variation` then change the channels of both tracks. Factors without a named constant were
chosen by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.training.data.dances.body import CHANNEL_INDEX, LOWER_CHANNELS, UPPER_CHANNELS
from d2m.training.data.dances.poses import (
    EASE,
    FLOW,
    HIT,
    TRAVEL_CHANNELS,
    KeyPose,
    lower_pose,
    upper_pose,
)
from d2m.training.data.dances.traits import DancerTraits

FloatArray = NDArray[np.float64]

MAX_TRAVEL = 0.9
"""Largest distance (torso lengths) that the dancer travels to either side. Chosen by hand."""
_CENTRE_X, _CENTRE_Z, _YAW = TRAVEL_CHANNELS
_RISE, _CHEST_PITCH, _HEAD_PITCH = (CHANNEL_INDEX[n] for n in ("rise", "chest_pitch", "head_pitch"))
_FEET = {
    side: tuple(LOWER_CHANNELS.index(f"{side}_foot_{axis}") for axis in ("out", "z", "lift"))
    for side in ("left", "right")
}
_BONES = [slice(start, start + 3) for start in range(6, len(UPPER_CHANNELS), 3)]


def interpolate_track(
    units: list[list[KeyPose]],
    times: FloatArray,
    period: float,
    traits: DancerTraits,
    rng: np.random.Generator,
) -> FloatArray:
    """Interpolate the key poses of the lower or the upper track.

    Parameters
    ----------
    units
        Key poses of each unit, with beats counted from the start of the dance. Travel and
        turns add up over units.
    times : (F,)
        Times of the frames (s), with the first beat at 0.
    period
        Beat length (s).
    traits
        Traits of the dancer.
    rng
        Random generator for the variation from one key pose to the next.

    Returns
    -------
    (F, C)
        Channels of the track, see `d2m.training.data.dances.body`.
    """
    neutral = lower_pose() if len(units[0][0].pose) == len(LOWER_CHANNELS) else upper_pose()
    is_lower = len(neutral) == len(LOWER_CHANNELS)
    keys = _join_units(units) if is_lower else [key for unit in units for key in unit]
    lag = traits.lag_s + rng.normal(0, 0.008)
    reached = np.array([key.beat * period for key in keys]) + lag
    reached += rng.normal(0, traits.jitter_s, len(keys)) * [key.easing != FLOW for key in keys]
    reached = np.maximum.accumulate(reached)

    values = np.tile(neutral, (len(times), 1))
    travel = TRAVEL_CHANNELS if is_lower else []
    size = traits.leg_size if is_lower else traits.size
    before, before_s, was_flowing = neutral, min(times[0], 0.0) - 1.0, False
    for key, at in zip(keys, reached, strict=True):
        after = neutral + size * rng.normal(1, 0.04) * (key.pose - neutral)
        after[travel] = key.pose[travel]
        gap = max(at - before_s, 1e-3)
        # The peak speed of a minimum-jerk movement is 1.875 times its mean speed.
        needed = 1.875 * _distance(before, after, is_lower) / traits.top_speed
        if needed > gap:
            share = np.full(len(after), gap / needed)
            share[travel] = 1.0
            after = before + share * (after - before)
        length, rest = _timing(key.easing, gap, min(needed, gap), period, traits)
        if was_flowing and key.easing == EASE:
            length, rest = gap, 0.0
        elapsed = np.clip((times - (at - rest - length)) / length, 0, 1)
        progress = _progress(elapsed, key.easing, was_flowing)
        between = _interpolate_legs if is_lower else _interpolate_arms
        now = times > before_s
        values[now] = between(before, after, progress[now])
        before, before_s, was_flowing = after, at, key.easing == FLOW
    return values


def _progress(elapsed: FloatArray, easing: str, was_flowing: bool) -> FloatArray:
    """Return the share of the way covered (0 to 1) at shares of the time (0 to 1)."""
    if easing == FLOW:
        return elapsed if was_flowing else elapsed**2
    if was_flowing and easing == EASE:
        return np.asarray(1 - (1 - elapsed) ** 2)
    # Minimum-jerk trajectory from rest to rest.
    return np.asarray(elapsed**3 * (10 - 15 * elapsed + 6 * elapsed**2))


def _timing(
    easing: str, gap: float, needed: float, period: float, traits: DancerTraits
) -> tuple[float, float]:
    """Return the duration of a movement and of the rest between it and its key pose (s)."""
    if easing == FLOW:
        return gap, 0.0
    if easing == HIT:
        return min(max(traits.hit_s, needed), gap), 0.0
    length = max(traits.ease * min(gap, 2 * period), needed)
    # Equal rests before and after the beat put the peak of the energy between the beats.
    return length, max(0.0, (min(gap, 2 * period) - length) / 2)


def add_beat_pulse(
    channels: FloatArray, times: FloatArray, period: float, fps: float, traits: DancerTraits
) -> FloatArray:
    """Add a sinking of knees, chest and head on every beat, except in freezes.

    Parameters
    ----------
    channels : (F, C)
        Channels of both tracks.
    times : (F,)
        Times of the frames (s), with the first beat at 0.
    period
        Beat length (s).
    fps
        Frame rate (Hz).
    traits
        Traits of the dancer.

    Returns
    -------
    (F, C)
        The channels with the pulse.
    """
    from scipy.ndimage import gaussian_filter1d

    speed = np.abs(np.gradient(channels, 1 / fps, axis=0)).sum(axis=1)
    moving = gaussian_filter1d(np.clip(speed - 0.5, 0, 1), 0.4 * period * fps, mode="nearest")
    beat = 0.5 + 0.5 * np.cos(2 * np.pi * (times - traits.lag_s) / period)
    depth = (traits.pulse * np.clip(3 * moving - 0.5, 0, 1) * beat)[:, None]
    pulsed = channels.copy()
    pulsed[:, [_RISE]] -= depth
    pulsed[:, [_CHEST_PITCH, _HEAD_PITCH]] += depth * [0.8, 1.6]
    return pulsed


def add_human_variation(
    channels: FloatArray, fps: float, traits: DancerTraits, rng: np.random.Generator
) -> FloatArray:
    """Add involuntary sway and smooth all channels.

    Parameters
    ----------
    channels : (F, C)
        Channels of both tracks.
    fps
        Frame rate (Hz).
    traits
        Traits of the dancer.
    rng
        Random generator.

    Returns
    -------
    (F, C)
        The varied channels.
    """
    from scipy.ndimage import gaussian_filter1d

    width = 0.3 * fps
    noise = gaussian_filter1d(rng.standard_normal(channels.shape), width, axis=0, mode="reflect")
    noise *= traits.sway * np.sqrt(2 * np.sqrt(np.pi) * width)
    feet = [index for foot in _FEET.values() for index in foot]
    noise[:, [*feet, *TRAVEL_CHANNELS]] = 0.0
    return np.asarray(
        gaussian_filter1d(channels + noise, traits.smooth_s * fps, axis=0, mode="nearest")
    )


def _join_units(units: list[list[KeyPose]]) -> list[KeyPose]:
    """Start each unit where the previous one ended, facing the front and within `MAX_TRAVEL`."""
    keys: list[KeyPose] = []
    base = np.zeros(len(LOWER_CHANNELS))
    for unit in units:
        moved = unit[-1].pose[_CENTRE_X]
        flip = base[_CENTRE_X] * moved > 0 and abs(base[_CENTRE_X] + moved) > MAX_TRAVEL
        for key in unit:
            side = key.mirror() if flip else key
            keys.append(KeyPose(beat=key.beat, pose=side.pose + base, easing=key.easing))
        base[TRAVEL_CHANNELS] = keys[-1].pose[TRAVEL_CHANNELS]
        base[_YAW] = 2 * np.pi * np.round(base[_YAW] / (2 * np.pi))
    return keys


def _distance(before: FloatArray, after: FloatArray, is_lower: bool) -> float:
    """Estimate how far the hands or the feet move between two poses (torso lengths)."""
    if is_lower:
        return float(np.linalg.norm(after[_FEET["left"][0] :] - before[_FEET["left"][0] :]))
    angles = [_angle(before[bone], after[bone]) for bone in _BONES]
    # Both bones of an arm move its hand.
    return 0.55 * max(angles[0] + angles[1], angles[2] + angles[3])


def _angle(a: FloatArray, b: FloatArray) -> float:
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.arccos(np.clip(cosine, -1, 1)))


def _interpolate_legs(before: FloatArray, after: FloatArray, progress: FloatArray) -> FloatArray:
    """Interpolate hips and feet; the longer the step of a foot, the higher it is lifted."""
    values = before + progress[:, None] * (after - before)
    arc = 4 * progress * (1 - progress)
    for sign, (out, z, lift) in zip((1, -1), _FEET.values(), strict=True):
        change = after - before
        step = np.hypot(change[_CENTRE_X] + sign * change[out], change[z]) + 0.25 * abs(
            change[_YAW]
        )
        if step > 0.08:
            values[:, lift] += min(0.26, 0.45 * step) * arc
    return np.asarray(values)


def _interpolate_arms(before: FloatArray, after: FloatArray, progress: FloatArray) -> FloatArray:
    """Interpolate chest, head and arms; large arm rotations swing outward and forward."""
    values = before + progress[:, None] * (after - before)
    arc = 4 * progress * (1 - progress)
    for bone in _BONES:
        turn = (1 - np.cos(_angle(before[bone], after[bone]))) / 2
        values[:, bone] += 0.6 * turn**2 * arc[:, None] * np.array([1.0, 0.0, 0.5])
        values[:, bone] /= np.linalg.norm(values[:, bone], axis=-1, keepdims=True)
    return np.asarray(values)
