"""The command `poses`: files for training, and bad clips that do not stop the others."""

from __future__ import annotations

import numpy as np
from typer.testing import CliRunner

from d2m.__main__ import app
from d2m.training.data.pose_files import load_own_motions, read_poses


def test_a_bad_clip_is_named_and_the_others_are_extracted(short_clip, text_clip, tmp_path):
    out = tmp_path / "poses"
    out.mkdir()
    taken = out / f"{short_clip.stem}.npz"
    taken.write_text("an older file")
    done = CliRunner().invoke(app, ["poses", str(text_clip), str(short_clip), "--out", str(out)])
    assert done.exit_code == 1
    written = out / f"{short_clip.stem}.2.npz"
    assert done.stdout.splitlines() == [str(written)]
    refused = [line for line in done.stderr.splitlines() if line.startswith("d2m: ")]
    assert len(refused) == 1
    assert refused[0].startswith(f"d2m: {text_clip.name}: ")
    assert refused[0].endswith(".")
    assert "(2 of 2): Tracking the dancer" in done.stderr
    assert taken.read_text() == "an older file"

    with np.load(written) as stored:
        keypoints, joints = stored["keypoints"], stored["joints"]
        assert keypoints.shape == joints.shape == (len(keypoints), 17, 3)
        assert 0 <= keypoints[..., 2].min() <= keypoints[..., 2].max() <= 1
        inside = (keypoints[..., :2] >= 0) & (
            keypoints[..., :2] <= [stored["width"], stored["height"]]
        )
        assert inside.mean() > 0.98
    (motion,) = read_poses(written)
    assert motion.is_3d
    np.testing.assert_allclose(motion.joints, joints, atol=1e-6)
    (dance,) = load_own_motions([written])
    assert dance.fps == motion.fps
    assert len(dance.keypoints) == len(keypoints)


def test_a_dancer_who_can_not_be_is_refused_before_a_clip_is_read(text_clip, tmp_path):
    done = CliRunner().invoke(
        app, ["poses", str(text_clip), "--out", str(tmp_path), "--dancer", "x"]
    )
    assert done.exit_code == 1
    assert "dancer" in str(done.exception)
