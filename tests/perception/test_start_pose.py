"""The start pose from photos and clips, and files that are neither."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from d2m.core.errors import PoseError, VideoError
from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import ANKLES, HIPS, SHOULDERS, WRISTS, torso_length
from d2m.perception.stage import dancer_on_stage
from d2m.perception.start_pose import MAX_PHOTO_PIXELS, pose_in_picture
from tests.perception.drawn_figure import draw_person, room


def photo(path: Path, **options: object) -> Path:
    """Draw a person with raised arms."""
    canvas = room(720, 960)
    draw_person(canvas, 480, arm=1.3)
    Image.fromarray(canvas).save(path, **options)
    return path


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_the_pose_of_the_person_in_a_photo(kind, tmp_path):
    pose = pose_in_picture(photo(tmp_path / f"photo.{kind}"))
    assert pose.shape == (17, 3)
    assert torso_length(pose[None])[0] == pytest.approx(1.0)
    assert pose[list(ANKLES), 1].max() == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(pose[list(HIPS)].mean(axis=0)[[0, 2]], 0.0, atol=1e-6)
    assert pose[SHOULDERS[0], 0] > pose[SHOULDERS[1], 0]  # facing the camera
    assert np.ptp(pose[list(WRISTS), 0]) > 2.0 * np.ptp(pose[list(SHOULDERS), 0])
    assert pose[0, 2] > pose[3, 2]  # the nose is nearer to the camera than an ear


def test_a_photo_that_the_phone_stored_on_its_side_is_turned(tmp_path):
    upright = photo(tmp_path / "a.png")
    exif = Image.Exif()
    exif[0x0112] = 8
    with Image.open(upright) as picture:
        picture.transpose(Image.Transpose.ROTATE_270).save(tmp_path / "a.jpg", exif=exif)
    error = pose_in_picture(tmp_path / "a.jpg") - pose_in_picture(upright)
    assert np.abs(error[5:]).mean() < 0.15


def test_the_first_clear_frame_of_a_clip_counts(short_clip):
    pose = pose_in_picture(short_clip)
    assert torso_length(pose[None])[0] == pytest.approx(1.0)
    assert pose[0, 1] < pose[list(HIPS), 1].mean() < -1.0


def test_nobody_in_the_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "empty.png"), room(360, 640))
    with pytest.raises(PoseError, match="Nobody was found in empty"):
        pose_in_picture(tmp_path / "empty.png")


def test_files_that_are_no_pictures_are_refused_in_one_sentence(tmp_path):
    header = photo(tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(header[:2000])
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    (tmp_path / "text.jpg").write_text("no picture")
    for name, error, sentence in (
        ("cut.png", PoseError, "is damaged: save it again"),
        ("photo.heic", PoseError, "can't be read: save it as JPEG, PNG or WebP"),
        ("text.jpg", VideoError, "The file text"),
        ("lost.jpg", PoseError, "There is no file named lost"),
    ):
        with pytest.raises(error, match=sentence) as caught:
            pose_in_picture(tmp_path / name)
        assert str(caught.value).endswith(".")


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_is_decoded(tmp_path):
    side = int(MAX_PHOTO_PIXELS**0.5) + 100
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 100_000
    with pytest.raises(PoseError, match=r"too large \(6\d megapixels"):
        pose_in_picture(tmp_path / "bomb.png")


def test_a_tracked_dancer_stands_upright_and_moves_as_in_the_picture():
    """A body that MediaPipe leans by 0.3 and that walks a third of the frame's height aside."""
    rng = np.random.default_rng(2)
    world = rng.uniform(-0.2, 0.2, (1, 33, 3)) + np.zeros((40, 1, 1))
    for pair, height in (((11, 12), -0.5), ((23, 24), 0.0), ((25, 26), 0.4), ((27, 28), 0.8)):
        world[:, pair] = [[0.15, height, 0.0], [-0.15, height, 0.0]]
    landmarks = 0.4 * world + [0.6, 0.5, 0.0]
    landmarks[..., 0] += np.linspace(0.0, 1 / 3, 40)[:, None]
    world[..., 2] += 0.3 * world[..., 1]
    found = np.ones(40, dtype=bool)
    joints = dancer_on_stage(PoseTrack(landmarks=landmarks, world=world, found=found, fps=30.0,
                                       visibility=np.ones((40, 33))))  # fmt: skip
    assert np.abs(joints[:, list(ANKLES), 2]).max() < 0.25
    walked = np.ptp(joints[:, list(HIPS), 0].mean(axis=1))
    assert walked == pytest.approx(1 / 3 / 0.4 / 0.5, rel=0.05)
