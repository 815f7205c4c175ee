"""Joint layouts of pose files, and how their numbers are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.perception.skeleton import BODY25, COCO17, N_LANDMARKS, coco17_from_mediapipe
from d2m.training.data.pose_files.recorded_motion import RecordedMotion, recorded_motion

FloatArray = NDArray[np.float64]

_COCO_OF_BODY25 = tuple(BODY25.index(name) for name in COCO17)
LAYOUTS_TEXT = "17 joints (COCO), 25 (BODY_25) or 33 (MediaPipe)"
"""The layouts that are read, for messages."""
SHARE_LIMIT = 2.0
"""Coordinates within this many units of 0 are shares of the picture or metres, not pixels. Chosen
by hand: people may be partly outside the picture."""
WORLD_HIPS = 0.02
"""Largest mean distance of the middle of the hips from the origin (m) in world landmarks of
MediaPipe, which start there. Chosen by hand."""


def motion_from_array(
    name: str, array: Any, fps: float, *, size: tuple[float, float] | None = None
) -> RecordedMotion:
    """Read joints from an array of numbers.

    The layout follows from the number of joints. A third column whose values are all within
    0 and 1 holds scores; another one holds depth. A fourth one holds scores.

    Parameters
    ----------
    name
        Name of the recording, for messages.
    array : (F, J, 2 to 4), or (F, J * 3)
        Joints of one dancer.
    fps
        Frame rate (Hz).
    size
        Width and height of the picture (px), which coordinates in shares of it need.

    Raises
    ------
    DataError
        If the array has another shape, or needs the size of the picture.
    """
    points = _frames_of_joints(name, array)
    count, columns = points.shape[1:]
    scores = points[..., 3] if columns >= 4 else None
    places = points[..., : min(columns, 3)]
    if columns == 3 and _is_score(points[..., 2]):
        scores, places = points[..., 2], points[..., :2]
    if count == N_LANDMARKS:
        places = _from_landmarks(name, places, size)
        joints = coco17_from_mediapipe(places)
        scores = None if scores is None else coco17_from_mediapipe(scores[..., None])[..., 0]
    else:
        order = list(_COCO_OF_BODY25) if count == len(BODY25) else list(range(len(COCO17)))
        joints = places[:, order]
        scores = None if scores is None else scores[:, order]
        if joints.shape[-1] == 2:
            joints = _in_one_unit(name, joints, size)
    return recorded_motion(name, joints, fps, scores)


def _frames_of_joints(name: str, array: Any) -> FloatArray:
    """Return an array of joints as (F, J, 2 to 4)."""
    expected = f"expected frames of {LAYOUTS_TEXT} with x, y and a score or depth"
    try:
        points = np.asarray(array, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{name} holds other things than numbers: {expected}.") from None
    counts = (len(COCO17), len(BODY25), N_LANDMARKS)
    if points.ndim == 2 and points.shape[1] in [3 * count for count in counts]:
        points = points.reshape(len(points), -1, 3)
    if points.ndim == 4 and points.shape[0] == 1:
        points = points[0]
    if points.ndim != 3 or points.shape[1] not in counts or not 2 <= points.shape[2] <= 5:
        raise DataError(f"{name} holds numbers in the shape {points.shape}: {expected}.")
    return points


def _is_score(column: FloatArray) -> bool:
    """Return whether a third column (F, J) holds scores from 0 to 1, not depths."""
    known = column[np.isfinite(column)]
    return bool(known.size and known.min() >= 0 and known.max() <= 1.0001)


def _from_landmarks(name: str, places: FloatArray, size: tuple[float, float] | None) -> FloatArray:
    """Return landmarks in one unit for all axes: as they are in m, or in px of the picture."""
    if places.shape[-1] == 2:
        return _in_one_unit(name, places, size)
    hips = places[:, [23, 24]].mean(axis=1)
    if np.nanmean(np.linalg.norm(hips, axis=-1)) < WORLD_HIPS:
        return places
    if np.nanmax(np.abs(places[..., :2])) > SHARE_LIMIT:
        return places
    # MediaPipe's depth has the unit of x.
    flat = _in_one_unit(name, places[..., :2], size)
    width = size[0] if size else 1.0
    return np.concatenate([flat, places[..., 2:] * width], axis=-1)


def _in_one_unit(name: str, points: FloatArray, size: tuple[float, float] | None) -> FloatArray:
    """Return 2-D points (F, J, 2) in px, also where they are shares of the picture."""
    if np.nanmax(np.abs(points), initial=0.0) > SHARE_LIMIT:
        return points
    if size is None:
        raise DataError(
            f"{name} holds x and y as shares of the picture: add its width and height (px)."
        )
    return np.asarray(points * size)
