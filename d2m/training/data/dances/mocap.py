"""Recorded dances: AIST++ 2-D keypoints and CMU motion capture.

Both are read from ``.npz`` files, packed from the published data:

- AIST++ (https://google.github.io/aistplusplus_dataset, CC BY 4.0): for each choreography,
  an array of 2-D keypoints under its published name, (views, F, 17, 3) with x, y (px) and
  score at 60 frames per second. It is the ``keypoints2d`` array of the published pickle file.
- CMU Graphics Lab Motion Capture Database (http://mocap.cs.cmu.edu): ``joint_names``, and for
  each take an array of joint positions, (F, J, 3) in cm with y up, at 60 frames per second,
  with the joints of the "daz-friendly" BVH conversion.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.perception import skeleton
from d2m.perception.rhythm import estimate_rhythm
from d2m.training.data.dances.annotated_dance import AnnotatedDance

FloatArray = NDArray[np.float64]

MOCAP_FPS = 60.0
"""Frame rate (Hz) of AIST++, and of the CMU takes in the expected file."""
MIN_AIST_SCORE = 0.3
"""Confidence score (0 to 1) under which an AIST++ joint counts as missing. Chosen by hand."""
CMU_LEAD_IN = 5
"""Frames to skip at the start of a CMU take, where the motion jumps from the T-pose of the
BVH conversion. Chosen by hand."""

# Tempi (BPM) of AIST's songs 0 to 5 of house, and of every other genre (Tsuchida et al. 2019).
_HOUSE_BPM = (110, 115, 120, 125, 130, 135)
_OTHER_BPM = (80, 90, 100, 110, 120, 130)

# CMU joints in the order of the COCO-17 joints 5 to 16: shoulders to ankles, left before right.
_CMU_BODY = (
    *("lShldr", "rShldr", "lForeArm", "rForeArm", "lHand", "rHand"),
    *("lThigh", "rThigh", "lShin", "rShin", "lFoot", "rFoot"),
)


def load_aist(path: str | Path) -> list[AnnotatedDance]:
    """Load each camera view of each AIST++ choreography as a 2-D dance.

    The choreographies start on a beat, and their names contain the song, whose tempo is known.
    Missing joints are interpolated in time. Lengths are divided by the median torso length of
    the view.

    Parameters
    ----------
    path
        ``.npz`` file in the form that the module docstring describes.

    Raises
    ------
    DataError
        If the file is not of that form.
    """
    dances = []
    for name, views in aist_views(path).items():
        for index, scored in enumerate(views, start=1):
            points = _interpolate_missing(scored)
            beats = np.arange(0, len(points) / MOCAP_FPS, 60 / aist_tempo(name))
            dances.append(
                AnnotatedDance(
                    name=f"{name} c{index:02d}",
                    source="aist",
                    keypoints=_in_torso_lengths(points),
                    fps=MOCAP_FPS,
                    beats_s=beats,
                    downbeats_s=beats[::BEATS_PER_BAR],
                )
            )
    return dances


def aist_views(path: str | Path) -> dict[str, FloatArray]:
    """Read the keypoints of AIST++ choreographies as published.

    Returns
    -------
    dict
        For each choreography, under its name, (views, F, 17, 3): x and y (px), and score.

    Raises
    ------
    DataError
        If the file is not of the form that the module docstring describes.
    """
    choreographies = {}
    for name, views in _arrays(path).items():
        if views.ndim != 4 or views.shape[2:] != (17, 3):
            raise DataError(
                f"{Path(path).name} should hold AIST++ keypoints of shape (views, frames, 17, 3), "
                f"but {name!r} is {views.shape}: pack the published keypoints2d arrays."
            )
        choreographies[name] = views.astype(float)
    return choreographies


def load_cmu(path: str | Path) -> list[AnnotatedDance]:
    """Load CMU takes as 3-D dances.

    The takes have no music, so their beats are estimated from the movement. Nose and ears are
    not captured; their positions are estimated from those of the eyes and the head.

    Parameters
    ----------
    path
        ``.npz`` file in the form that the module docstring describes.

    Raises
    ------
    DataError
        If the file is not of that form.
    """
    arrays = _arrays(path)
    names = [str(name) for name in arrays.pop("joint_names", np.array([]))]
    arrays.pop("parents", None)
    missing = {*_CMU_BODY, "head", "leftEye", "rightEye"} - set(names)
    if missing:
        raise DataError(
            f"{Path(path).name} should hold CMU joint positions with their joint_names, but "
            f"{sorted(missing)[0]!r} is not among them: use the daz-friendly BVH joints."
        )
    dances = []
    for name, positions in arrays.items():
        points = _coco_from_cmu(positions[CMU_LEAD_IN:].astype(float), names)
        keypoints = _in_torso_lengths(points * [1, -1, 1])
        rhythm = estimate_rhythm(keypoints, MOCAP_FPS)
        dances.append(
            AnnotatedDance(
                name=name,
                source="cmu",
                keypoints=keypoints,
                fps=MOCAP_FPS,
                beats_s=rhythm.beats_s,
                downbeats_s=rhythm.downbeats_s,
            )
        )
    return dances


def aist_tempo(sequence: str) -> float:
    """Return the tempo (BPM) of the music of an AIST sequence from the sequence's name.

    The six songs of a genre are numbered by tempo: 80 to 130 BPM, in house 110 to 135 BPM
    (Tsuchida et al., "AIST Dance Video Database", ISMIR 2019).

    Raises
    ------
    DataError
        If the name contains no AIST song such as ``mBR0``.
    """
    song = re.search(r"_m([A-Z]{2})([0-5])(?:_|$)", sequence)
    if song is None:
        raise DataError(
            f"{sequence!r} is not an AIST++ sequence: expected a name such as "
            "gBR_sBM_cAll_d04_mBR0_ch01."
        )
    return float((_HOUSE_BPM if song[1] == "HO" else _OTHER_BPM)[int(song[2])])


def _arrays(path: str | Path) -> dict[str, NDArray[np.generic]]:
    """Read a ``.npz`` file without unpickling objects."""
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(
            f"{Path(path).name} can't be read as motion: give a .npz file of joint positions."
        ) from error


def _interpolate_missing(scored: FloatArray) -> FloatArray:
    """Interpolate joints with low scores in time, from (F, 17, 3) to (F, 17, 2)."""
    frames = np.arange(len(scored))
    points = scored[..., :2].copy()
    for joint in range(points.shape[1]):
        valid = (scored[:, joint, 2] >= MIN_AIST_SCORE) & np.isfinite(scored[:, joint]).all(axis=-1)
        if not valid.any():
            points[:, joint] = 0.0
            continue
        for axis in (0, 1):
            points[:, joint, axis] = np.interp(frames, frames[valid], scored[valid, joint, axis])
    return points


def _coco_from_cmu(positions: FloatArray, names: list[str]) -> FloatArray:
    """Map CMU joints (F, J, 3) to COCO-17 joints (F, 17, 3); y stays up."""
    joint = {name: positions[:, index] for index, name in enumerate(names)}
    left, right = joint["leftEye"], joint["rightEye"]
    eyes = (left + right) / 2
    aside = (left - right) / 2
    # The ears are placed further out than the eyes and behind them, the nose in front of the
    # eyes and below them. The factors were chosen by hand.
    back = joint["head"] - eyes
    up = (joint["head"] - joint["neck"]) if "neck" in joint else np.array([0.0, 1.0, 0.0])
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    back = back - (back * up).sum(axis=-1, keepdims=True) * up
    ears = eyes + back - 1.5 * up
    nose = eyes - 0.3 * back - 4.0 * up
    body = [joint[name] for name in _CMU_BODY]
    return np.stack([nose, left, right, ears + 2.3 * aside, ears - 2.3 * aside, *body], axis=1)


def _in_torso_lengths(points: FloatArray) -> FloatArray:
    """Divide by the median torso length and move the median position of the hips to the origin."""
    hips = points[:, skeleton.HIPS].mean(axis=1)
    torso = np.linalg.norm(points[:, skeleton.SHOULDERS].mean(axis=1) - hips, axis=-1)
    length = float(np.median(torso)) or 1.0
    return np.asarray((points - np.median(hips, axis=0)) / length)
