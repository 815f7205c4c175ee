"""Dances in space from several views: cameras that nobody states, bad views, hidden joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.perception.skeleton import HIPS
from d2m.perception.stage import face_camera, stand_on_stage
from d2m.training.data.dances import procedural_dance
from d2m.training.data.multi_view import load_aist_3d
from d2m.training.data.view_joints import STIFF_LIMBS
from tests.training.filmed_dance import film

NAME = "gBR_sBM_cAll_d04_mBR0_ch01"
WRONG_VIEW = 4


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    dance = procedural_dance(11, tempo_bpm=80.0, duration_s=5.0, first_beat_s=0.0)
    return stand_on_stage(face_camera(dance.keypoints))


@pytest.fixture(scope="module")
def pack(truth, tmp_path_factory) -> Path:
    """Write a pack of nine views, one of which shows another moment."""
    rng = np.random.default_rng(5)
    views = np.stack([film(truth, np.radians(45 * view), view) for view in range(8)] + [
        film(truth, 0.02, 9, height=-2.5)])  # fmt: skip
    views[..., :2] += rng.normal(scale=2.0, size=views[..., :2].shape)
    views[WRONG_VIEW] = views[WRONG_VIEW, ::-1]
    views[:, 50:80, 9, 2] = 0.1  # a wrist that hardly any view shows
    views[:2, 50:80, 9, 2] = 0.9
    path = tmp_path_factory.mktemp("aist") / "pack.npz"
    np.savez(path, **{NAME: views.astype(np.float16)})
    return path


@pytest.fixture(scope="module")
def dance(pack):
    (found,) = load_aist_3d(pack)
    return found


def test_joints_are_found_in_space_and_not_mirrored(dance, truth):
    assert dance.keypoints.shape == truth.shape
    error = np.linalg.norm(dance.keypoints - truth, axis=-1)
    assert error.mean() < 0.05
    assert np.quantile(error, 0.99) < 0.2


def test_limbs_keep_their_lengths(dance):
    for near, far in STIFF_LIMBS:
        length = np.linalg.norm(dance.keypoints[:, far] - dance.keypoints[:, near], axis=-1)
        assert length.std() / length.mean() < 0.04


def test_the_dancer_stands_in_the_middle_and_beats_are_those_of_the_song(dance):
    hips = dance.keypoints[:, HIPS].mean(axis=1)
    np.testing.assert_allclose(np.median(hips, axis=0)[[0, 2]], 0.0, atol=1e-6)
    assert dance.fps == 60.0
    np.testing.assert_allclose(np.diff(dance.beats_s), 0.75)


def test_two_views_are_refused(pack, tmp_path):
    with np.load(pack) as stored:
        np.savez(tmp_path / "two.npz", **{NAME: stored[NAME][:2]})
    with pytest.raises(DataError, match="2 views, but depth needs at least 3"):
        load_aist_3d(tmp_path / "two.npz")
