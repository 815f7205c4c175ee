"""Finding cuts, and not taking flashes or movement for cuts."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.perception.pose import TimedFrame
from d2m.perception.scene_cuts import mark_cuts
from tests.perception.drawn_figure import draw_person, room

FPS = 10.0


def stage(index: int, colour: int = 0) -> np.ndarray:
    """Draw a dancer who moves, in a room or on a dark stage."""
    canvas = room()
    if colour:
        canvas[:] = np.linspace(20, 90, canvas.shape[1], dtype=np.uint8)[None, :, None]
        canvas[200:, :, 2] = colour
    draw_person(canvas, 200 + 12 * index, arm=0.9 + 0.7 * np.sin(index))
    return canvas


def cuts_of(pictures: list[np.ndarray]) -> list[int]:
    frames: list[TimedFrame] = [(n / FPS, picture) for n, picture in enumerate(pictures)]
    marked = list(mark_cuts(iter(frames)))
    assert [time for time, _, _ in marked] == [time for time, _ in frames]
    assert all(one is two for (_, one, _), two in zip(marked, pictures, strict=True))
    return [index for index, (_, _, is_cut) in enumerate(marked) if is_cut]


def test_a_cut_is_found_at_its_frame() -> None:
    pictures = [stage(n) for n in range(10)] + [stage(n, 120) for n in range(10)]
    assert cuts_of(pictures) == [10]


def test_a_quick_sequence_of_cuts_is_found() -> None:
    pictures = [stage(n, 120 * (n // 6 % 2)) for n in range(24)]
    assert cuts_of(pictures) == [6, 12, 18]


@pytest.mark.parametrize("level", [0, 255])
def test_a_flash_is_no_cut(level: int) -> None:
    pictures = [stage(n) for n in range(20)]
    pictures[8] = np.full_like(pictures[8], level)
    pictures[12] = np.clip(pictures[12].astype(int) + 140, 0, 255).astype(np.uint8)
    assert cuts_of(pictures) == []


def test_a_panning_camera_is_no_cut() -> None:
    wide = np.concatenate([stage(5), stage(9, 120)], axis=1)
    assert cuts_of([wide[:, 16 * n : 16 * n + 640] for n in range(40)]) == []


def test_short_clips_have_no_cut() -> None:
    assert cuts_of([stage(0)]) == []
    assert cuts_of([]) == []
