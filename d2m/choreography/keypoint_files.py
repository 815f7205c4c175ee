"""Files with the joints of dancers: NumPy, and JSON as OpenPose writes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.version import __version__
from d2m.media.atomic_write import atomic_write
from d2m.perception.skeleton import BODY25, COCO17, HIPS, SHOULDERS

FloatArray = NDArray[np.float64]

_UNKNOWN = frozenset(
    (*("left_eye", "right_eye", "left_ear", "right_ear", "left_big_toe", "left_small_toe"),
     *("left_heel", "right_big_toe", "right_small_toe", "right_heel"))
)  # fmt: skip
"""Joints of BODY_25 that the dances do not have: they get confidence 0, as OpenPose does."""
_PLACES = 2
"""Decimals of a position (px)."""


def write_keypoints(path: Path, keypoints: FloatArray, joints: FloatArray, fps: float) -> None:
    """Write the joints of one dancer as NumPy's ``.npz``.

    Parameters
    ----------
    path
        The file.
    keypoints : (F, 17, 2)
        COCO-17 joints in the picture (px), written as ``keypoints``.
    joints : (F, 17, 3)
        The same in space, as in `d2m.core.dancer_motion.Motion`, written as ``joints``.
    fps
        Frame rate (Hz), written as ``fps``.
    """
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary,
            keypoints=keypoints.astype(np.float32),
            joints=joints.astype(np.float32),
            fps=np.float64(fps),
            names=np.array(COCO17),
        )


def write_openpose(
    path: Path, dancers: Sequence[FloatArray], fps: float, size: tuple[int, int]
) -> None:
    """Write the joints of all dancers as one JSON of OpenPose frames (BODY_25).

    Parameters
    ----------
    path
        The file. Its ``frames`` are what OpenPose writes into a file each: ``people`` with
        ``pose_keypoints_2d``, which holds x and y (px) and the confidence of 25 joints.
    dancers : each (F, 17, 2)
        COCO-17 joints in the picture (px).
    fps
        Frame rate (Hz).
    size
        Width and height of the picture (px).
    """
    bodies = np.stack([body25_from_coco17(dancer) for dancer in dancers], axis=1)
    flat = bodies.reshape(*bodies.shape[:2], -1).round(_PLACES).tolist()
    frames = [
        {"version": 1.3, "people": [_person(values, n) for n, values in enumerate(people)]}
        for people in flat
    ]
    facts = {
        "format": "OpenPose BODY_25",
        "generator": f"d2m {__version__}",
        "fps": fps,
        "width": size[0],
        "height": size[1],
        "frames": frames,
    }
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(facts, file, separators=(",", ":"))


def body25_from_coco17(joints: FloatArray) -> FloatArray:
    """Return BODY_25 joints ``(F, 25, 3)``, x, y and confidence, of COCO-17 joints ``(F, 17, 2)``.

    The neck and the middle of the hips are between those of both sides, as in OpenPose. Joints
    that the dances do not have are 0 with confidence 0.
    """
    body = np.zeros((len(joints), len(BODY25), 3))
    for index, name in enumerate(BODY25):
        if name in _UNKNOWN:
            continue
        pair = {"neck": SHOULDERS, "mid_hip": HIPS}.get(name)
        place = joints[:, pair].mean(axis=1) if pair else joints[:, COCO17.index(name)]
        body[:, index, :2], body[:, index, 2] = place, 1.0
    return body


def _person(values: list[float], number: int) -> dict[str, Any]:
    return {"person_id": [number], "pose_keypoints_2d": values}
