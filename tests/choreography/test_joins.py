"""Units are joined without a jump of pose or velocity."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.joins import smooth_joins
from d2m.metrics.motion_quality import join_acceleration

FPS = 30.0


def two_lines(jump: float, turn: float) -> np.ndarray:
    """Joints that move evenly, jump at frame 30, and go on with another velocity."""
    frames = np.arange(60) - 30.0
    x = np.where(frames < 0, frames, turn * frames + jump) / FPS
    return np.repeat(x[:, None, None], 14, axis=1) * np.ones(3)


@pytest.mark.parametrize(("jump", "turn"), [(6, 1), (0, -1), (6, -1), (-4, 0)])
def test_jumps_and_turns_are_spread(jump: float, turn: float) -> None:
    rough = two_lines(jump, turn)
    smooth = smooth_joins(rough, FPS, [30])
    before, after = (join_acceleration(j, FPS, [30])[0] for j in (rough, smooth))
    assert after < 0.6 * before
    assert smooth[:15] == pytest.approx(rough[:15])
    assert smooth[45:] == pytest.approx(rough[45:])


def test_a_motion_without_a_jump_stays() -> None:
    even = two_lines(0, 1)
    assert smooth_joins(even, FPS, [30]) == pytest.approx(even)


@pytest.mark.parametrize("frames", [[], [0], [59], [200], [-5]])
def test_joins_outside_change_nothing(frames: list[int]) -> None:
    rough = two_lines(5, 1)
    assert np.array_equal(smooth_joins(rough, FPS, frames), rough)
