import numpy as np
import pytest

from d2m.perception.optical_flow import DirectogramMeter, measure_directogram

FPS = 30.0
HEIGHT, WIDTH = 240, 320


def textured(height: int, width: int) -> np.ndarray:
    """A soft random pattern, so that flow has something to hold on to."""
    import cv2

    noise = np.random.default_rng(7).normal(size=(height, width, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), 5)
    return np.clip(128 + 100 * soft / soft.std() / 2, 0, 255).astype(np.uint8)


def patch_clip(dx: int, dy: int, n_frames: int = 8, pan: int = 0):
    """A patch that moves by (dx, dy) px a frame over a wall that moves by ``pan``."""
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


def test_the_unit_is_longest_sides_a_second():
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


def test_stillness_is_next_to_nothing():
    still = [(i / FPS, textured(HEIGHT, WIDTH)) for i in range(8)]
    assert (
        measure_directogram(still, FPS).sum()
        < 0.01 * measure_directogram(patch_clip(4, 0), FPS).sum()
    )


def test_frame_by_frame_is_the_same_as_at_once():
    meter = DirectogramMeter(FPS, bins=4, longest_side=96)
    for _, frame in patch_clip(2, 3):
        meter.update(frame)
    at_once = measure_directogram(patch_clip(2, 3), FPS, bins=4, longest_side=96)
    np.testing.assert_array_equal(meter.result(), at_once)


def test_watching_passes_the_frames_through():
    frames = list(patch_clip(1, 1))
    meter = DirectogramMeter(FPS)
    for (time_s, frame), (seen_s, seen) in zip(frames, meter.pass_through(frames), strict=True):
        assert seen_s == time_s
        assert seen is frame


def test_no_frames_and_slivers():
    assert measure_directogram([], FPS).shape == (0, 8)
    sliver = [(i / FPS, np.full((2, 500, 3), i, dtype=np.uint8)) for i in range(3)]
    assert np.isfinite(measure_directogram(sliver, FPS)).all()
