"""From key poses to smooth movement, in one dancer's own manner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.training.data.dances.body import INDEX, LOWER_CHANNELS, UPPER_CHANNELS, Proportions
from d2m.training.data.dances.poses import EASE, FLOW, HIT, TRAVEL, Key, lower, upper

FloatArray = NDArray[np.float64]

ROOM = 0.9
"""How far (torso lengths) the dancer strays to either side."""
_CENTRE_X, _CENTRE_Z, _YAW = TRAVEL
_RISE, _CHEST_PITCH, _HEAD_PITCH = (INDEX[n] for n in ("rise", "chest_pitch", "head_pitch"))
_FEET = {
    side: tuple(LOWER_CHANNELS.index(f"{side}_foot_{axis}") for axis in ("out", "z", "lift"))
    for side in ("left", "right")
}
_BONES = [slice(start, start + 3) for start in range(6, len(UPPER_CHANNELS), 3)]


@dataclass(frozen=True, kw_only=True)
class Character:
    """What makes one dancer move unlike another.

    Parameters
    ----------
    size, leg_size
        Amplitude of the movement of upper and lower body.
    pulse
        How deep (torso lengths) the knees give on every beat while the dancer is moving.
    hit_s
        Time (s) a sharp hit takes.
    ease
        Share of the time between two key poses that the movement takes; the rest is held.
    lag_s, jitter_s
        Constant and random lateness (s) against the beat.
    sway
        Amplitude of involuntary movement (rad or torso lengths).
    smooth_s
        Standard deviation (s) of the smoothing that softens every corner.
    top_speed
        Highest speed of hands and feet (torso lengths / s).
    proportions
        Bone lengths.
    """

    size: float
    leg_size: float
    pulse: float
    hit_s: float
    ease: float
    lag_s: float
    jitter_s: float
    sway: float
    smooth_s: float
    top_speed: float
    proportions: Proportions


def draw_character(rng: np.random.Generator) -> Character:
    """Draw a dancer."""
    usual = Proportions()
    scale = {name: value * rng.uniform(0.94, 1.06) for name, value in vars(usual).items()}
    return Character(
        size=rng.uniform(0.9, 1.2),
        leg_size=rng.uniform(0.95, 1.35),
        pulse=rng.uniform(0.03, 0.14),
        hit_s=rng.uniform(0.12, 0.24),
        ease=rng.uniform(0.65, 1.0),
        lag_s=float(np.clip(rng.normal(0.01, 0.02), -0.03, 0.06)),
        jitter_s=rng.uniform(0.003, 0.018),
        sway=rng.uniform(0.006, 0.02),
        smooth_s=rng.uniform(0.015, 0.03),
        top_speed=rng.uniform(12, 18),
        proportions=Proportions(**scale),
    )


def track(
    units: list[list[Key]],
    times: FloatArray,
    period: float,
    character: Character,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the channels (F, C) of the lower or the upper body.

    Parameters
    ----------
    units
        Key poses with absolute beats, unit by unit; travel and turns add up over units.
    times : (F,)
        Times (s), the first beat at 0; ``period`` is the beats' length (s).
    character, rng
        The dancer, and what varies from beat to beat.
    """
    neutral = lower() if len(units[0][0].pose) == len(LOWER_CHANNELS) else upper()
    is_lower = len(neutral) == len(LOWER_CHANNELS)
    keys = _travelling(units) if is_lower else [key for unit in units for key in unit]
    lag = character.lag_s + rng.normal(0, 0.008)
    reached = np.array([key.beat * period for key in keys]) + lag
    reached += rng.normal(0, character.jitter_s, len(keys)) * [key.how != FLOW for key in keys]
    reached = np.maximum.accumulate(reached)

    values = np.tile(neutral, (len(times), 1))
    travel = TRAVEL if is_lower else []
    size = character.leg_size if is_lower else character.size
    before, before_s, was_flowing = neutral, min(times[0], 0.0) - 1.0, False
    for key, at in zip(keys, reached, strict=True):
        after = neutral + size * rng.normal(1, 0.04) * (key.pose - neutral)
        after[travel] = key.pose[travel]
        gap = max(at - before_s, 1e-3)
        needed = 1.875 * _distance(before, after, is_lower) / character.top_speed
        if needed > gap:
            share = np.full(len(after), gap / needed)
            share[travel] = 1.0
            after = before + share * (after - before)
        length, rest = _timing(key.how, gap, min(needed, gap), period, character)
        if was_flowing and key.how == EASE:
            length, rest = gap, 0.0
        elapsed = np.clip((times - (at - rest - length)) / length, 0, 1)
        progress = _progress(elapsed, key.how, was_flowing)
        between = _lifted_feet if is_lower else _round_arms
        now = times > before_s
        values[now] = between(before, after, progress[now])
        before, before_s, was_flowing = after, at, key.how == FLOW
    return values


def _progress(elapsed: FloatArray, how: str, was_flowing: bool) -> FloatArray:
    """Return the share of the way done: from rest or flow, to rest or flow."""
    if how == FLOW:
        return elapsed if was_flowing else elapsed**2
    if was_flowing and how == EASE:
        return np.asarray(1 - (1 - elapsed) ** 2)
    # Minimum jerk, from rest to rest.
    return np.asarray(elapsed**3 * (10 - 15 * elapsed + 6 * elapsed**2))


def _timing(
    how: str, gap: float, needed: float, period: float, character: Character
) -> tuple[float, float]:
    """Return how long a movement takes and how long it rests before its beat (s)."""
    if how == FLOW:
        return gap, 0.0
    if how == HIT:
        return min(max(character.hit_s, needed), gap), 0.0
    length = max(character.ease * min(gap, 2 * period), needed)
    # Rest comes before and after the beat alike: energy peaks half-way between the beats.
    return length, max(0.0, (min(gap, 2 * period) - length) / 2)


def pulsing(
    channels: FloatArray, times: FloatArray, period: float, fps: float, character: Character
) -> FloatArray:
    """Let the body give on every beat, (F, C), wherever it is dancing: not in freezes."""
    from scipy.ndimage import gaussian_filter1d

    speed = np.abs(np.gradient(channels, 1 / fps, axis=0)).sum(axis=1)
    alive = gaussian_filter1d(np.clip(speed - 0.5, 0, 1), 0.4 * period * fps, mode="nearest")
    beat = 0.5 + 0.5 * np.cos(2 * np.pi * (times - character.lag_s) / period)
    give = (character.pulse * np.clip(3 * alive - 0.5, 0, 1) * beat)[:, None]
    pulsed = channels.copy()
    pulsed[:, [_RISE]] -= give
    pulsed[:, [_CHEST_PITCH, _HEAD_PITCH]] += give * [0.8, 1.6]
    return pulsed


def humanised(
    channels: FloatArray, fps: float, character: Character, rng: np.random.Generator
) -> FloatArray:
    """Add involuntary sway and soften corners, (F, C)."""
    from scipy.ndimage import gaussian_filter1d

    width = 0.3 * fps
    noise = gaussian_filter1d(rng.standard_normal(channels.shape), width, axis=0, mode="reflect")
    noise *= character.sway * np.sqrt(2 * np.sqrt(np.pi) * width)
    feet = [index for foot in _FEET.values() for index in foot]
    noise[:, [*feet, *TRAVEL]] = 0.0
    return np.asarray(
        gaussian_filter1d(channels + noise, character.smooth_s * fps, axis=0, mode="nearest")
    )


def _travelling(units: list[list[Key]]) -> list[Key]:
    """Let each unit go on from where the last ended, facing the front, inside the room."""
    keys: list[Key] = []
    base = np.zeros(len(LOWER_CHANNELS))
    for unit in units:
        moved = unit[-1].pose[_CENTRE_X]
        flip = base[_CENTRE_X] * moved > 0 and abs(base[_CENTRE_X] + moved) > ROOM
        for key in unit:
            side = key.mirror() if flip else key
            keys.append(Key(beat=key.beat, pose=side.pose + base, how=key.how))
        base[TRAVEL] = keys[-1].pose[TRAVEL]
        base[_YAW] = 2 * np.pi * np.round(base[_YAW] / (2 * np.pi))
    return keys


def _distance(before: FloatArray, after: FloatArray, is_lower: bool) -> float:
    """Return about how far hands or feet go (torso lengths)."""
    if is_lower:
        return float(np.linalg.norm(after[_FEET["left"][0] :] - before[_FEET["left"][0] :]))
    angles = [_angle(before[bone], after[bone]) for bone in _BONES]
    # The hand moves with both bones of its arm.
    return 0.55 * max(angles[0] + angles[1], angles[2] + angles[3])


def _angle(a: FloatArray, b: FloatArray) -> float:
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.arccos(np.clip(cosine, -1, 1)))


def _lifted_feet(before: FloatArray, after: FloatArray, progress: FloatArray) -> FloatArray:
    """Return hips and feet on the way, feet lifted as far as their step is long."""
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


def _round_arms(before: FloatArray, after: FloatArray, progress: FloatArray) -> FloatArray:
    """Return chest, head and arms on the way; arms that turn far swing outward and forward."""
    values = before + progress[:, None] * (after - before)
    arc = 4 * progress * (1 - progress)
    for bone in _BONES:
        turn = (1 - np.cos(_angle(before[bone], after[bone]))) / 2
        values[:, bone] += 0.6 * turn**2 * arc[:, None] * np.array([1.0, 0.0, 0.5])
        values[:, bone] /= np.linalg.norm(values[:, bone], axis=-1, keepdims=True)
    return np.asarray(values)
