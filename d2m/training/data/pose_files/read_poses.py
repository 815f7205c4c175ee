"""Read recorded dances from a file or folder of any format that is known."""

from __future__ import annotations

from pathlib import Path

from d2m.core.errors import DataError
from d2m.media.clip_limits import display_name
from d2m.training.data.dances.mocap import MOCAP_FPS
from d2m.training.data.pose_files.aist_pickles import read_aist_pickle
from d2m.training.data.pose_files.json_poses import (
    is_openpose_folder,
    read_json_poses,
    read_openpose_folder,
)
from d2m.training.data.pose_files.numpy_poses import read_numpy_poses
from d2m.training.data.pose_files.recorded_motion import RECORDED_FPS, RecordedMotion

POSE_ENDINGS = (".npz", ".npy", ".json", ".pkl", ".pickle")
"""Endings of the names of pose files."""


def read_poses(path: Path, *, fps: float | None = None) -> list[RecordedMotion]:
    """Read the dances of a pose file, or of a folder of OpenPose's files.

    Parameters
    ----------
    path
        ``.npz``, ``.npy``, ``.json`` or ``.pkl`` file, or such a folder.
    fps
        Frame rate (Hz); by default that of the file, or 60 for AIST++, else 30.

    Raises
    ------
    DataError
        With one sentence that says what was expected, if the file can't be read.
    """
    if path.is_dir():
        if is_openpose_folder(path):
            return [read_openpose_folder(path, fps or RECORDED_FPS)]
        raise DataError(
            f"The folder {display_name(path)} holds no JSON files of OpenPose: "
            "name the pose files, or a folder with one JSON file for each frame."
        )
    if not path.is_file():
        raise DataError(f"There is no file or folder {display_name(path)}: check the name.")
    ending = path.suffix.lower()
    if ending in (".npz", ".npy"):
        return read_numpy_poses(path, fps, RECORDED_FPS)
    if ending == ".json":
        return [read_json_poses(path, fps, RECORDED_FPS)]
    if ending in (".pkl", ".pickle"):
        return read_aist_pickle(path, fps or MOCAP_FPS)
    raise DataError(
        f"{display_name(path)} is no pose file: expected a name that ends in "
        f"{', '.join(POSE_ENDINGS[:-1])}."
    )
