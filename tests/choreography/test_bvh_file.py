"""The file of motion capture says where every joint is: its skeleton leads there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.choreography.bvh_file import CM_PER_TORSO, write_bvh
from d2m.core.dancer_motion import Motion
from d2m.perception.skeleton import COCO17, HIPS
from d2m.training.data.dances import procedural_dance

ENDS = {
    "LeftForeArm": ("left_shoulder", "left_elbow", "left_wrist"),
    "RightForeArm": ("right_shoulder", "right_elbow", "right_wrist"),
    "LeftLeg": ("left_hip", "left_knee", "left_ankle"),
    "RightLeg": ("right_hip", "right_knee", "right_ankle"),
}
"""The joints of each chain that ends in the file, by its last bone."""


def dancer() -> Motion:
    """Return two seconds of a procedural dancer."""
    dance = procedural_dance(3, tempo_bpm=120.0, duration_s=2.0)
    return Motion(joints=dance.keypoints, fps=dance.fps)


def turn(degrees: np.ndarray, axis: int) -> np.ndarray:
    """Return the rotation matrix about an axis."""
    angle = np.radians(degrees)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[[one, one, two, two], [one, two, one, two]] = (
        *(np.cos(angle), -np.sin(angle)),
        *(np.sin(angle), np.cos(angle)),
    )
    return matrix


def places(path: Path, frame: int) -> dict[str, np.ndarray]:
    """Read a file as a 3-D program does; return where joints and ends of bones are (cm)."""
    words = path.read_text().split()
    values = [float(word) for word in words[words.index("Time:") + 2 :]]
    names = [words[at + 1] for at, word in enumerate(words) if word in ("ROOT", "JOINT")]
    width = 3 + 3 * len(names)
    row = values[frame * width : (frame + 1) * width]
    found: dict[str, np.ndarray] = {}
    stack: list[tuple[np.ndarray, np.ndarray]] = [(np.array(row[:3]), np.eye(3))]
    number, name = 0, ""
    for at, word in enumerate(words[: words.index("MOTION")]):
        if word in ("ROOT", "JOINT", "End"):
            name = words[at + 1] if word != "End" else f"{name}.end"
        elif word == "OFFSET":
            place, rotation = stack[-1]
            place = place + rotation @ np.array([float(one) for one in words[at + 1 : at + 4]])
            if not name.endswith(".end"):
                z, x, y = row[3 + 3 * number : 6 + 3 * number]
                rotation = rotation @ turn(z, 2) @ turn(x, 0) @ turn(y, 1)
                number += 1
            found[name] = place
            stack.append((place, rotation))
        elif word == "}":
            stack.pop()
    return found


@pytest.mark.parametrize("frame", [0, 17, 40])
def test_the_skeleton_leads_to_all_joints(tmp_path: Path, frame: int) -> None:
    motion = dancer()
    write_bvh(tmp_path / "dance.bvh", motion)
    found = places(tmp_path / "dance.bvh", frame)
    joints = motion.joints[frame] * np.array([1, -1, 1]) * CM_PER_TORSO
    np.testing.assert_allclose(found["Hips"], joints[list(HIPS)].mean(axis=0), atol=0.01)
    for last, (first, middle, end) in ENDS.items():
        upper = last.replace("Fore", "").replace("Leg", "UpLeg")
        for name, joint in ((upper, first), (last, middle), (f"{last}.end", end)):
            np.testing.assert_allclose(
                found[name], joints[COCO17.index(joint)], atol=2.0, err_msg=name
            )


def test_the_file_names_its_frames(tmp_path: Path) -> None:
    motion = dancer()
    write_bvh(tmp_path / "dance.bvh", motion)
    text = (tmp_path / "dance.bvh").read_text()
    assert f"Frames: {len(motion.joints)}" in text
    assert f"Frame Time: {1 / motion.fps:.8f}" in text
    last = np.array(text.splitlines()[-1].split(), dtype=float)
    assert len(last) == 36
    assert np.isfinite(last).all()
