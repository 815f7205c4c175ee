"""Drawn dances: videos of the right form, with every dancer inside, where the joints say."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.core.dance_settings import MAX_DANCERS
from d2m.core.dancer_motion import Motion
from d2m.core.errors import VideoError
from d2m.rendering.dancer_backdrop import Backdrop
from d2m.rendering.dancer_camera import shoot_dance
from d2m.rendering.dancer_looks import LOOKS
from d2m.rendering.draw_dance import DANCE_SIZES, DRAWN_FPS, draw_dance
from d2m.training.data.dances import procedural_dance

FloatArray = NDArray[np.float64]
FRAMES = 8
LIMBS = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14)


def dancer(seed: int, frames: int = FRAMES, turn: float = 0.0) -> Motion:
    """Return a procedural dancer, turned by an angle (rad) from the first to the last frame."""
    dance = procedural_dance(seed, tempo_bpm=110.0, duration_s=1.0 + frames / DRAWN_FPS)
    x, y, z = np.moveaxis(dance.keypoints[60::2][:frames], -1, 0)
    angle = np.linspace(0, turn, frames)[:, None]
    turned = [x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle)]
    return Motion(joints=np.stack(turned, axis=-1), fps=DRAWN_FPS)


def draw(folder: Path, motions: list[Motion], **chosen: str) -> tuple[Path, list[FloatArray]]:
    target = folder / f"{len(list(folder.iterdir()))}.mp4"
    options = {"drawing": "figure", "look": "red", "scene": "studio", "shape": "landscape"}
    return target, [*draw_dance(motions, target, seed=0, **(options | chosen))]


def pictures(video: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("shape", DANCE_SIZES)
def test_the_video_has_the_form_that_was_asked_for(tmp_path: Path, shape: str) -> None:
    shares: list[float] = []
    motions = [dancer(1), dancer(2, FRAMES + 5)]
    target = tmp_path / "dance.mp4"
    keypoints = draw_dance(
        motions, target, drawing="figure", look="auto", scene="loft", shape=shape, seed=3,
        progress=shares.append,
    )  # fmt: skip
    with av.open(str(target)) as container:
        (stream,) = container.streams
        assert (stream.width, stream.height) == DANCE_SIZES[shape]
        assert (stream.codec.name, stream.average_rate) == ("h264", Fraction(DRAWN_FPS))
        frames = [*container.decode(video=0)]
    assert [round(frame.time * DRAWN_FPS) for frame in frames] == [*range(FRAMES)]
    assert [k.shape for k in keypoints] == [(FRAMES, 17, 2)] * 2
    assert shares
    assert all(0 <= share < 1 for share in shares)


@pytest.mark.parametrize("drawing", ["figure", "skeleton"])
def test_the_joints_lie_on_the_dancers(tmp_path: Path, drawing: str) -> None:
    """In a picture that differs from the empty one nowhere but on dancers and shadows."""
    video, keypoints = draw(
        tmp_path, [dancer(4, turn=np.pi), dancer(6, turn=2.0)], drawing=drawing, look="black"
    )
    seen = np.array(pictures(video), dtype=float)
    empty = np.median(seen[..., :20, :], axis=2, keepdims=True)
    differs = np.abs(seen - empty).max(axis=-1) > 30
    for joints in keypoints:
        x, y = np.round(np.moveaxis(joints[:, LIMBS], -1, 0)).astype(int)
        frame = np.arange(FRAMES)[:, None]
        on_dancer = np.mean([differs[frame, y + d, x + e] for d in (-2, 2) for e in (-2, 2)])
        assert on_dancer > 0.97
        away = differs[frame, y, (x + 500) % seen.shape[2]].mean()
        assert away < 0.5


@pytest.mark.parametrize("shape", DANCE_SIZES)
@pytest.mark.parametrize("count", [1, 3, MAX_DANCERS])
def test_all_dancers_are_inside_and_apart(shape: str, count: int) -> None:
    """Those who travel, turn and jump as well."""
    motions = [dancer(seed, 150, turn=3.0) for seed in range(count)]
    far = motions[0].joints + np.linspace(0, 3, 150)[:, None, None] * [1, 0, -0.5]
    motions[0] = Motion(joints=far, fps=DRAWN_FPS)
    width, height = DANCE_SIZES[shape]
    shots, floor_y = shoot_dance(motions, (width, height))
    for shot in shots:
        room = 0.25 * shot.units[:, None]
        x, y = shot.joints[..., 0], shot.joints[..., 1]
        assert (np.minimum(x, width - x) > room).all()
        assert (np.minimum(y, height - y) > room).all()
    assert height / 2 < floor_y < height
    middles = [float(np.median(shot.joints[:, 11:13, 0])) for shot in shots]
    assert (np.diff(middles) > 0.8 * max(shot.units.max() for shot in shots)).all()


def test_feet_that_stand_still_stay_where_they_are_in_the_picture() -> None:
    """The camera does not move, whatever the rest of the body does."""
    joints = dancer(5, 60).joints.copy()
    joints[:, 13:17] = joints[0, 13:17]
    (shot,), _ = shoot_dance([Motion(joints=joints, fps=DRAWN_FPS)], (1280, 720))
    assert np.ptp(shot.joints[:, 15:17, :2], axis=0).max() < 1e-6
    assert np.ptp(shot.joints[:, 9:11, :2], axis=0).max() > 10


def test_each_look_and_scene_is_another_picture(tmp_path: Path) -> None:
    motion = dancer(2, 1)
    looks = [pictures(draw(tmp_path, [motion], look=look)[0])[0] for look in LOOKS]
    scenes = [pictures(draw(tmp_path, [motion], scene=s)[0])[0] for s in ("street", "loft")]
    shown = np.array([*looks, *scenes], dtype=float)
    for one in range(len(shown)):
        for other in range(one):
            assert (np.abs(shown[one] - shown[other]).max(axis=-1) > 40).mean() > 0.01


def test_dancers_side_by_side_wear_different_things(tmp_path: Path) -> None:
    video, keypoints = draw(tmp_path, [dancer(2, 1)] * MAX_DANCERS, look="yellow")
    picture = pictures(video)[0].astype(float)
    shirts = []
    for joints in keypoints:
        x, y = joints[0, [5, 6, 11, 12]].mean(axis=0).astype(int)
        shirts.append(picture[y - 6 : y + 7, x - 6 : x + 7].mean(axis=(0, 1)))
    for one in range(MAX_DANCERS):
        for other in range(one):
            assert np.abs(shirts[one] - shirts[other]).max() > 25
    assert shirts[0][0] > 200 > 150 > shirts[0][2]  # the first one wears the look asked for


def test_the_same_dance_is_the_same_file(tmp_path: Path) -> None:
    one, other = (draw(tmp_path, [dancer(3)], look="auto")[0] for _ in range(2))
    assert one.read_bytes() == other.read_bytes()


def test_a_video_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VideoError, match="free disk space"):
        draw_dance(
            [dancer(1, 1)], tmp_path / "file" / "dance.mp4", drawing="skeleton", look="red",
            scene="loft", shape="portrait", seed=0,
        )  # fmt: skip


def test_colours_are_those_of_bt709() -> None:
    """As FFmpeg converts them, away from edges of colours, which it smooths."""
    picture = np.random.default_rng(0).integers(0, 256, (10, 15, 3), np.uint8)
    picture = picture.repeat(16, axis=0).repeat(16, axis=1)
    rgb = av.VideoFrame.from_ndarray(picture, format="rgb24")
    expected = rgb.reformat(format="yuv420p", dst_colorspace="ITU709").to_ndarray()

    def draw_part(part: NDArray[np.uint8], corner: tuple[int, int]) -> None:
        x, y = corner
        part[:] = picture[y : y + part.shape[0], x : x + part.shape[1]]

    whole = Backdrop(picture).frame((5, 5, 5, 5), draw_part)
    drawn = Backdrop(np.zeros_like(picture)).frame((-10, -10, 500, 500), draw_part)
    assert (whole.to_ndarray() == drawn.to_ndarray()).all()
    difference = np.abs(drawn.to_ndarray().astype(int) - expected)
    assert difference[:160].max() <= 2
    colour = difference[160:].reshape(2, 80, 120)
    assert colour[:, 4::8, 4::8].max() <= 2
