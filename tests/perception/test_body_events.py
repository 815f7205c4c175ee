"""Events of the body are found at their moments, in seconds, whatever the frame rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.perception.body_events import MAX_HITS_PER_S, BodyEvents, find_body_events
from d2m.perception.conditioning import condition
from d2m.perception.skeleton import COCO17, ELBOWS, WRISTS
from d2m.training.data.dances import procedural_dance, view

FloatArray = NDArray[np.float64]

_HEAD = {"nose": (0, -1.4), "left_eye": (0.05, -1.45), "right_eye": (-0.05, -1.45)}
_BODY = {
    "ear": (0.1, -1.42),
    "shoulder": (0.3, -1.0),
    "elbow": (0.4, -0.5),
    "wrist": (0.45, 0.0),
    "hip": (0.2, 0.0),
    "knee": (0.22, 0.85),
    "ankle": (0.22, 1.7),
}


def standing() -> FloatArray:
    """Return a standing body in torso lengths, (17, 2)."""
    pose = []
    for name in COCO17:
        side, _, part = name.partition("_")
        x, y = _HEAD.get(name) or _BODY[part]
        pose.append((x if name in _HEAD or side == "left" else -x, y))
    return np.array(pose, dtype=float)


def film(
    change: Callable[[FloatArray, float], FloatArray], seconds: float = 6.0, fps: float = 30.0
) -> FloatArray:
    """Return frames, (F, 17, 2), in pixels, of a body changed at each time (s)."""
    times = np.arange(round(seconds * fps)) / fps
    return 400 + 90 * np.stack([change(standing(), float(t)) for t in times])


def swing_arms(pose: FloatArray, time_s: float) -> FloatArray:
    """Move elbows and wrists in circles."""
    phase = 2 * np.pi * time_s
    for joint in (*ELBOWS, *WRISTS):
        pose[joint] += 0.4 * np.array([np.cos(phase), np.sin(phase)])
    return pose


def test_a_body_that_stands_still_has_only_a_freeze() -> None:
    events = find_body_events(film(lambda pose, _: pose), 30.0)
    assert len(events.hits_s) == len(events.jumps_s) == len(events.drops_s) == 0
    assert len(events.raised_s) == 0
    np.testing.assert_allclose(events.freezes_s, [[0.0, 6.0]])


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("stop_s", [2.0, 2.017, 3.333])
def test_a_stop_of_the_arms_is_a_hit_at_its_moment(fps: float, stop_s: float) -> None:
    def punch(pose: FloatArray, t: float) -> FloatArray:
        reach = 1.2 * np.clip((t - stop_s + 0.3) / 0.3, 0, 1)
        pose[list(WRISTS)] += [reach, -reach]
        pose[list(ELBOWS)] += [reach / 2, -reach / 2]
        return pose

    events = find_body_events(film(punch, fps=fps), fps)
    strongest = events.hits_s[np.argmax(events.hit_strengths)]
    # The filter against jitter makes an abrupt stop up to 50 ms longer.
    assert abs(strongest - stop_s) < 0.055
    assert events.hit_strengths.max() == pytest.approx(1.0)


def test_hits_are_few_even_if_the_arms_never_rest() -> None:
    rng = np.random.default_rng(3)
    frames = film(lambda pose, _: pose, seconds=20.0)
    frames[:, 5:11] += 40 * np.repeat(rng.normal(size=(200, 6, 2)), 3, axis=0)
    events = find_body_events(frames, 30.0)
    assert 10 < len(events.hits_s) <= MAX_HITS_PER_S * 20
    assert np.diff(events.hits_s).min() > 0.2
    assert np.all((events.hit_strengths > 0) & (events.hit_strengths <= 1))


def jump(pose: FloatArray, time_s: float) -> FloatArray:
    """Jump from 2.0 to 2.5 s, half a torso high."""
    air = np.clip((time_s - 2.0) / 0.5, 0, 1)
    pose[:, 1] -= 0.5 * 4 * air * (1 - air)
    return pose


def test_a_jump_has_take_off_and_landing() -> None:
    events = find_body_events(film(jump), 30.0)
    np.testing.assert_allclose(events.jumps_s, [[2.0, 2.5]], atol=0.07)
    assert events.jump_strengths[0] > 0.7


def test_a_camera_that_tilts_is_no_jump_and_no_drop() -> None:
    def tilt(pose: FloatArray, t: float) -> FloatArray:
        pose[:, 1] += np.clip((t - 3.0) / 0.3, 0, 1)
        return swing_arms(pose, t)

    events = find_body_events(film(tilt), 30.0)
    assert len(events.jumps_s) == len(events.drops_s) == 0


def test_a_fall_of_the_hips_is_a_drop() -> None:
    def crouch(pose: FloatArray, t: float) -> FloatArray:
        pose[:13, 1] += 0.9 * np.clip((t - 3.0) / 0.3, 0, 1)
        return pose

    events = find_body_events(film(crouch), 30.0)
    assert len(events.drops_s) == 1
    assert abs(events.drops_s[0, 1] - 3.3) < 0.15
    assert events.drop_strengths[0] > 0.7


def test_hands_above_the_head_are_raised() -> None:
    def raise_hands(pose: FloatArray, t: float) -> FloatArray:
        pose[list(WRISTS), 1] -= 1.8 * (1.0 <= t < 3.0)
        return pose

    events = find_body_events(film(raise_hands), 30.0)
    np.testing.assert_allclose(events.raised_s, [[1.0, 3.0]], atol=0.1)


def test_a_pause_between_movements_is_a_freeze() -> None:
    moving = lambda pose, t: swing_arms(pose, t if t < 2.0 else max(2.0, t - 1.5))  # noqa: E731
    events = find_body_events(film(moving), 30.0)
    np.testing.assert_allclose(events.freezes_s, [[2.0, 3.5]], atol=0.15)


@pytest.mark.parametrize("frames", [0, 1, 3, 60])
def test_a_body_without_size_has_no_events(frames: int) -> None:
    events = find_body_events(np.zeros((frames, 17, 2)), 30.0)
    assert all(len(value) == 0 for value in vars(events).values())
    assert events.jumps_s.shape == BodyEvents().jumps_s.shape == (0, 2)


def test_conditioning_holds_the_events() -> None:
    dancer = view(procedural_dance(4, tempo_bpm=110.0, duration_s=8.0), 0.2)
    points = dancer.keypoints[::2, :, :2]
    measured = condition(points, 30.0)
    expected = find_body_events(points, 30.0)
    np.testing.assert_array_equal(measured.events.hits_s, expected.hits_s)
    assert len(expected.hits_s)
