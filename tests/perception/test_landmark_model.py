"""The landmark network without the part that draws a mask."""

from __future__ import annotations

from pathlib import Path

import mediapipe
import numpy as np
import pytest

from d2m.perception import region_tracker
from d2m.perception.landmark_model import landmark_model, without_mask
from d2m.perception.person_detector import PersonDetector
from d2m.perception.pose import FloatArray
from d2m.perception.region_tracker import RegionTracker
from tests.perception.drawn_figure import draw_person, room

MODELS = Path(mediapipe.__file__).parent / "modules"


def poses(n_frames: int = 4) -> FloatArray:
    """Return the poses (F, 33, 7) of a drawn person who moves an arm."""
    detector, tracker = PersonDetector(), RegionTracker()
    found = []
    for frame in range(n_frames):
        picture = room(360, 640)
        draw_person(picture, 320, arm=0.9 + 0.2 * frame, size=0.9)
        pose = tracker.read(picture, detector.detect(picture)[0].region)
        assert pose is not None
        found.append(pose.values)
    detector.close()
    tracker.close()
    return np.stack(found)


def test_the_landmarks_stay_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    without = poses()
    whole = (MODELS / "pose_landmark" / "pose_landmark_full.tflite").read_bytes()
    monkeypatch.setattr(region_tracker, "landmark_model", lambda: whole)
    np.testing.assert_array_equal(without, poses())


def test_a_model_without_a_mask_stays_as_it_is() -> None:
    detector = (MODELS / "pose_detection" / "pose_detection.tflite").read_bytes()
    assert without_mask(detector) == detector
    assert without_mask(landmark_model()) == landmark_model()
