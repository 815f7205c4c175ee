"""Poses in JSON: arrays of joints, and OpenPose's files, one for each frame or all in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.media.clip_limits import display_name
from d2m.perception.skeleton import BODY25
from d2m.training.data.pose_files.layouts import motion_from_array
from d2m.training.data.pose_files.recorded_motion import MAX_RECORDED_FRAMES, RecordedMotion

FloatArray = NDArray[np.float64]

MAX_JSON_BYTES = 500_000_000
"""Largest JSON file (bytes). Chosen by hand: an hour of BODY_25 at 30 Hz has 100 MB."""
ARRAY_KEYS = ("joints", "keypoints", "landmarks", "poses", "frames")
"""Names under which a JSON object or ``.npz`` file may hold its frames, the first one found
counts."""
_OPENPOSE = "pose_keypoints_2d"


def read_json_poses(path: Path, fps: float | None, default_fps: float) -> RecordedMotion:
    """Read a JSON file of poses.

    Accepted are a list of frames, each a list of joints, and an object that holds such a list
    as ``keypoints`` (or another of `ARRAY_KEYS`), and ``fps``, ``width`` and ``height`` if
    known. A frame may also be an object of OpenPose with ``people``.

    Parameters
    ----------
    path
        The file.
    fps
        Frame rate (Hz) that a person gave; overrides that of the file.
    default_fps
        Frame rate (Hz) if there is none.

    Raises
    ------
    DataError
        If the file is not of that form.
    """
    name, stored = display_name(path), _load(path)
    stated: Any = None
    size = None
    if isinstance(stored, dict) and "people" not in stored:
        stated = stored.get("fps")
        size = _picture_size(stored)
        key = next((key for key in ARRAY_KEYS if key in stored), None)
        if key is None:
            raise DataError(f"{name} holds no keypoints: expected a list of frames or OpenPose.")
        stored = stored[key]
    frames = [stored] if isinstance(stored, dict) else stored
    if not isinstance(frames, list) or not frames:
        raise DataError(f"{name} holds no frames: expected a list of frames of joints.")
    if isinstance(frames[0], dict):
        frames = _frames_of_objects(name, frames)
    rate = fps or (stated if isinstance(stated, int | float) else None) or default_fps
    return motion_from_array(name, frames, float(rate), size=size)


def read_openpose_folder(folder: Path, fps: float) -> RecordedMotion:
    """Read a folder of OpenPose's JSON files, one for each frame, in the order of their names.

    In each frame, the person is followed who is nearest to the one of the frame before.

    Parameters
    ----------
    folder
        Folder of the files.
    fps
        Frame rate (Hz), which OpenPose does not store.

    Raises
    ------
    DataError
        If a file is not of OpenPose, or there are too many.
    """
    files = sorted(folder.glob("*.json"))
    if len(files) > MAX_RECORDED_FRAMES:
        raise DataError(f"{display_name(folder)} holds more than {MAX_RECORDED_FRAMES:,} files.")
    frames = [_load(file) for file in files]
    name = display_name(folder)
    return motion_from_array(name, _frames_of_people(name, frames), fps)


def is_openpose_folder(path: Path) -> bool:
    """Return whether a path is a folder whose first JSON file is one frame of OpenPose."""
    first = min(path.glob("*.json"), default=None) if path.is_dir() else None
    if first is None:
        return False
    stored = _load(first)
    return isinstance(stored, dict) and "people" in stored


def _load(path: Path) -> Any:
    name = display_name(path)
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise DataError(
                f"{name} has more than {MAX_JSON_BYTES / 1e6:.0f} MB: split it into dances."
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{name} can't be read: expected a JSON file of poses.") from error


def _picture_size(stored: dict[str, Any]) -> tuple[float, float] | None:
    sides = stored.get("width"), stored.get("height")
    if all(isinstance(side, int | float) and side > 0 for side in sides):
        return float(sides[0]), float(sides[1])  # type: ignore[arg-type]
    return None


def _frames_of_objects(name: str, frames: list[Any]) -> Any:
    """Return the joints of frames that are objects."""
    if isinstance(frames[0], dict) and "people" in frames[0]:
        return _frames_of_people(name, frames)
    key = next((key for key in ARRAY_KEYS if key in frames[0]), None)
    if key is None or not all(isinstance(frame, dict) and key in frame for frame in frames):
        raise DataError(f"{name} holds frames without keypoints: expected joints or people.")
    return [frame[key] for frame in frames]


def _frames_of_people(name: str, frames: list[Any]) -> FloatArray:
    """Return the joints (F, 25, 3) of one person in OpenPose's frames; NaN where nobody is."""
    joints = np.full((len(frames), len(BODY25), 3), np.nan)
    before: FloatArray | None = None
    for index, frame in enumerate(frames):
        people = _people(name, frame)
        if not people:
            continue
        joints[index] = before = _same_person(people, before)
    joints[..., 2] = np.nan_to_num(joints[..., 2])
    return joints


def _people(name: str, frame: Any) -> list[FloatArray]:
    """Return the joints (25, 3) of all people in a frame of OpenPose."""
    expected = f"expected people with {_OPENPOSE} of {len(BODY25)} joints (BODY_25)"
    try:
        people = [np.asarray(one[_OPENPOSE], dtype=float) for one in frame["people"]]
        return [one.reshape(len(BODY25), 3) for one in people]
    except (TypeError, KeyError, ValueError, OverflowError):
        raise DataError(f"{name} holds a frame that is not of OpenPose: {expected}.") from None


def _same_person(people: list[FloatArray], before: FloatArray | None) -> FloatArray:
    """Return the person who is nearest to the one of the frame before, or the clearest one."""
    if before is None:
        return max(people, key=lambda one: float(one[:, 2].sum()))
    return min(people, key=lambda one: _distance(one, before))


def _distance(one: FloatArray, other: FloatArray) -> float:
    """Return the median distance (px) of the joints that both people have."""
    both = (one[:, 2] > 0) & (other[:, 2] > 0)
    if not both.any():
        return np.inf
    return float(np.median(np.linalg.norm(one[both, :2] - other[both, :2], axis=-1)))
