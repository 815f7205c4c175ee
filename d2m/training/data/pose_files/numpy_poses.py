"""Poses in files of numpy: arrays of joints, and the project's packs of AIST++ and CMU."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.media.clip_limits import display_name
from d2m.training.data.dances import load_cmu
from d2m.training.data.multi_view import load_aist_3d
from d2m.training.data.pose_files.json_poses import ARRAY_KEYS
from d2m.training.data.pose_files.layouts import motion_from_array
from d2m.training.data.pose_files.recorded_motion import RecordedMotion

MAX_ARRAY_BYTES = 2_000_000_000
"""Largest size of a file's arrays in memory (bytes). Chosen by hand."""


def read_numpy_poses(path: Path, fps: float | None, default_fps: float) -> list[RecordedMotion]:
    """Read a ``.npy`` or ``.npz`` file.

    A ``.npz`` file may hold one dance as ``joints`` or ``keypoints`` (or another of
    `ARRAY_KEYS`) with ``fps``, as the command ``poses`` writes it; several dances under their
    names; or a pack of `d2m.training.data.dances.mocap`.

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
        If the file is not of that form, or too large.
    """
    name, arrays = display_name(path), _arrays(path)
    if "joint_names" in arrays:
        return [RecordedMotion(name=one.name, joints=one.keypoints, fps=fps or one.fps)
                for one in load_cmu(path)]  # fmt: skip
    poses = {key: one for key, one in arrays.items() if one.ndim >= 2}
    if poses and all(one.ndim == 4 and len(one) > 1 for one in poses.values()):
        return [RecordedMotion(name=one.name, joints=one.keypoints, fps=fps or one.fps)
                for one in load_aist_3d(path)]  # fmt: skip
    rate = fps or _number(arrays.get("fps")) or default_fps
    width, height = _number(arrays.get("width")), _number(arrays.get("height"))
    size = (width, height) if width and height else None
    chosen = next((key for key in ARRAY_KEYS if key in poses), None)
    if chosen is not None:
        return [motion_from_array(name, poses[chosen], rate, size=size)]
    if not poses:
        raise DataError(f"{name} holds no joints: expected an array named keypoints or joints.")
    return [
        motion_from_array(f"{name} {key}" if len(poses) > 1 else name, one, rate, size=size)
        for key, one in poses.items()
    ]


def _number(array: NDArray[Any] | None) -> float | None:
    """Return the value of an array that holds one number."""
    if array is None or array.size != 1 or array.dtype.kind not in "iuf":
        return None
    return float(array.reshape(-1)[0])


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read all arrays without unpickling objects, after a look at how large they are."""
    name = display_name(path)
    try:
        if path.suffix.lower() == ".npy":
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            _check_bytes(name, mapped.nbytes)
            return {"": np.array(mapped)}
        with zipfile.ZipFile(path) as packed:
            _check_bytes(name, sum(entry.file_size for entry in packed.infolist()))
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise DataError(
            f"{name} can't be read: expected a .npy or .npz file of numbers, without objects."
        ) from error


def _check_bytes(name: str, size: int) -> None:
    if size > MAX_ARRAY_BYTES:
        raise DataError(
            f"{name} unpacks to {size / 1e9:.1f} GB, more than {MAX_ARRAY_BYTES / 1e9:.0f} GB: "
            "split it into dances."
        )
