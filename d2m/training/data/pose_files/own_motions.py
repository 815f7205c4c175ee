"""A person's own recorded dances, as dances in space with beats."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.progress import Progress, silent
from d2m.media.clip_limits import display_name
from d2m.perception.rhythm import estimate_rhythm
from d2m.perception.skeleton import ANKLES, HIPS, KNEES, SHOULDERS
from d2m.perception.stage import face_camera, stand_on_stage
from d2m.training.data.dances import AnnotatedDance
from d2m.training.data.lifting import lift_to_3d
from d2m.training.data.pose_files.json_poses import is_openpose_folder
from d2m.training.data.pose_files.read_poses import POSE_ENDINGS, read_poses
from d2m.training.data.pose_files.recorded_motion import RecordedMotion

FloatArray = NDArray[np.float64]


def load_own_motions(
    paths: Iterable[Path], *, fps: float | None = None, progress: Progress = silent
) -> list[AnnotatedDance]:
    """Read recorded dances for training.

    2-D joints are lifted to 3-D (`lift_to_3d`). 3-D joints may be in any axes: the body tells
    which way is up and which hand is the left one. Beats are estimated from the movement.

    Parameters
    ----------
    paths
        Pose files, as of `read_poses`, and folders of them.
    fps
        Frame rate (Hz) of files that state none.
    progress
        Called with the name of each file and the share of the files that is done.

    Returns
    -------
    list
        The dances in the order of the files: 3-D joints on the stage, facing the camera on
        average, at the frame rates of the files.

    Raises
    ------
    DataError
        If a file can't be read, or there is none.
    """
    files = [file for path in paths for file in _pose_files(path)]
    dances = []
    for number, file in enumerate(files):
        progress(f"Reading {display_name(file)}", number / len(files))
        for motion in read_poses(file, fps=fps):
            joints = motion_in_space(motion)
            rhythm = estimate_rhythm(joints, motion.fps)
            dances.append(
                AnnotatedDance(
                    name=motion.name,
                    source="own",
                    keypoints=joints,
                    fps=motion.fps,
                    beats_s=rhythm.beats_s,
                    downbeats_s=rhythm.downbeats_s,
                )
            )
    return dances


def motion_in_space(motion: RecordedMotion) -> FloatArray:
    """Return the joints (F, 17, 3) of a recorded dance on the stage."""
    if not motion.is_3d:
        return stand_on_stage(face_camera(lift_to_3d(motion.joints, motion.fps)))
    return stand_on_stage(face_camera(_in_stage_axes(motion.joints)))


def _pose_files(path: Path) -> list[Path]:
    """Return the pose files of a folder, or the path itself."""
    if not path.is_dir() or is_openpose_folder(path):
        return [path]
    inside = sorted(path.iterdir())
    files = [
        one
        for one in inside
        if (one.is_file() and one.suffix.lower() in POSE_ENDINGS) or is_openpose_folder(one)
    ]
    if not files:
        raise DataError(
            f"The folder {display_name(path)} holds no pose files: expected names that end in "
            f"{', '.join(POSE_ENDINGS)}, or folders of OpenPose."
        )
    return files


def _in_stage_axes(joints: FloatArray) -> FloatArray:
    """Return joints in the stage's axes, from any axes.

    Down is the axis along which the ankles are furthest from the shoulders, on average. Axes
    that show a mirror image are told by knees and head, which are in front of the body.
    """
    drop = (joints[:, list(ANKLES)].mean(1) - joints[:, list(SHOULDERS)].mean(1)).mean(0)
    vertical = int(np.abs(drop).argmax())
    others = [axis for axis in range(3) if axis != vertical]
    down = joints[..., vertical] * np.sign(drop[vertical])
    turned = np.stack([joints[..., others[0]], down, joints[..., others[1]]], axis=-1)
    across = (turned[:, [SHOULDERS[0], HIPS[0]]] - turned[:, [SHOULDERS[1], HIPS[1]]]).mean(1)
    # On the stage, z is x turned by a quarter, and the front of the body is the left so turned.
    front = np.stack([-across[:, 2], across[:, 0]], axis=-1)
    knees = turned[:, list(KNEES)].mean(1)
    legs = (turned[:, list(HIPS)].mean(1) + turned[:, list(ANKLES)].mean(1)) / 2
    nose = turned[:, 0] - turned[:, list(SHOULDERS)].mean(1)
    ahead = (front * ((knees - legs) + nose)[:, [0, 2]]).sum(-1)
    return np.asarray(turned if np.median(ahead) >= 0 else turned * [-1.0, 1.0, 1.0])
