"""The directogram of moving patterns."""

import numpy as np
import pytest

from d2m.perception.optical_flow import DirectogramMeter

FPS = 30.0
HEIGHT, WIDTH = 240, 320


def measure_directogram(frames, fps, **options):
    """Measure the directogram of a whole clip."""
    meter = DirectogramMeter(fps, **options)
    for _ in meter.pass_through(frames):
        pass
    return meter.result()


def textured(height: int, width: int) -> np.ndarray:
    """Draw a smooth random pattern, on which optical flow is well defined."""
    import cv2

    noise = np.random.default_rng(7).normal(size=(height, width, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), 5)
    return np.clip(128 + 100 * soft / soft.std() / 2, 0, 255).astype(np.uint8)


def patch_clip(dx: int, dy: int, n_frames: int = 8, pan: int = 0):
    """Yield frames of a patch that moves by (dx, dy) px per frame; the camera pans by ``pan``."""
    wall = textured(HEIGHT, WIDTH * 2)
    patch = 255 - textured(100, 100)
    for frame in range(n_frames):
        canvas = wall[:, 100 + pan * frame : 100 + pan * frame + WIDTH].copy()
        top, left = 70 + dy * frame, 110 + (dx - pan) * frame
        canvas[top : top + 100, left : left + 100] = patch
        yield frame / FPS, canvas


@pytest.mark.parametrize(
    ("dx", "dy", "direction"), [(4, 0, 0), (4, 4, 1), (0, 4, 2), (-4, 0, 4), (0, -4, 6)]
)
def test_movement_lands_in_the_bin_of_its_direction(dx, dy, direction):
    measured = measure_directogram(patch_clip(dx, dy), FPS)
    assert measured.shape == (8, 8)
    assert (measured[0] == 0).all()
    assert (measured[1:].argmax(axis=1) == direction).all()


def test_the_unit_is_longest_sides_per_second():
    measured = measure_directogram(patch_clip(4, 0), FPS)[2:].sum(axis=1).mean()
    share = 100 * 100 / (HEIGHT * WIDTH)
    assert measured == pytest.approx(4 / WIDTH * FPS * share, rel=0.25)


def test_faster_movement_measures_more():
    slow, fast = (measure_directogram(patch_clip(d, 0), FPS).sum() for d in (1, 4))
    assert fast > 3 * slow


def test_a_panning_camera_is_not_movement():
    moving = measure_directogram(patch_clip(4, 0), FPS)[1:].sum()
    wall = textured(HEIGHT, WIDTH * 2)
    panning = ((i / FPS, wall[:, 3 * i : 3 * i + WIDTH]) for i in range(8))
    assert measure_directogram(panning, FPS)[1:].sum() < 0.15 * moving
    assert measure_directogram(patch_clip(4, 0, pan=3), FPS)[1:].mean(axis=0).argmax() == 0


def test_a_still_clip_measures_almost_nothing():
    still = [(i / FPS, textured(HEIGHT, WIDTH)) for i in range(8)]
    assert (
        measure_directogram(still, FPS).sum()
        < 0.01 * measure_directogram(patch_clip(4, 0), FPS).sum()
    )


def test_single_frames_give_the_same_as_a_whole_clip():
    meter = DirectogramMeter(FPS, bins=4, longest_side=96)
    for _, frame in patch_clip(2, 3):
        meter.update(frame)
    whole = measure_directogram(patch_clip(2, 3), FPS, bins=4, longest_side=96)
    np.testing.assert_array_equal(meter.result(), whole)


def test_frames_pass_through_unchanged():
    frames = list(patch_clip(1, 1))
    meter = DirectogramMeter(FPS)
    for (time_s, frame), (passed_s, passed) in zip(frames, meter.pass_through(frames), strict=True):
        assert passed_s == time_s
        assert passed is frame


def test_no_frames_and_very_narrow_frames():
    assert measure_directogram([], FPS).shape == (0, 8)
    narrow = [(i / FPS, np.full((2, 500, 3), i, dtype=np.uint8)) for i in range(3)]
    assert np.isfinite(measure_directogram(narrow, FPS)).all()
