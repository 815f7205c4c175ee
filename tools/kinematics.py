"""Measure the error of the inverse kinematics: from joint positions to rotations and back.

    PYTHONPATH=. python tools/kinematics.py path/to/cmu_dance_60fps.npz

The file contains takes of the CMU Graphics Lab Motion Capture Database
(http://mocap.cs.cmu.edu) in the form that `d2m.training.data.dances.mocap` describes. The bone
lengths of a take are constant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from d2m.perception.smpl import (
    JOINTS,
    REST_OFFSETS,
    bone_offsets,
    forward_kinematics,
    joint_rotations,
)
from d2m.training.data.dances.mocap import CMU_LEAD_IN

FloatArray = NDArray[np.float64]

CMU_LIMBS = {
    "hip": "Thigh",
    "knee": "Shin",
    "ankle": "Foot",
    "foot": "Foot_end",
    "shoulder": "Shldr",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hand": "Mid1",
}
"""CMU joint of each SMPL limb joint; both names continue after the side."""
PELVIS_HEIGHT = 0.66
"""Height of SMPL's pelvis joint above the middle of its hip joints, in hip widths."""
CHEST_SHARE = 0.18
"""Position of SMPL's spine3 joint between CMU's chest (0) and neck (1)."""


def smpl_from_cmu(positions: FloatArray, names: list[str]) -> FloatArray:
    """Estimate SMPL's joint positions from those of CMU.

    Limbs, neck and head are the same joints in both. SMPL's pelvis lies above the middle of
    the hips, its third spine joint above CMU's chest, and its collars half-way between CMU's
    collars and shoulders.

    Parameters
    ----------
    positions : (F, J, 3)
        CMU joint positions (cm), y up.
    names
        Names of the J joints.

    Returns
    -------
    (F, 24, 3)
        SMPL joint positions (cm), y up.
    """
    cmu = {name: positions[:, index] for index, name in enumerate(names)}
    middle = (cmu["lThigh"] + cmu["rThigh"]) / 2
    width = np.linalg.norm(cmu["lThigh"] - cmu["rThigh"], axis=-1, keepdims=True)
    up = cmu["abdomen"] - middle
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    smpl = {
        "pelvis": middle + PELVIS_HEIGHT * width * up,
        "spine1": cmu["abdomen"],
        "spine2": cmu["chest"],
        "spine3": cmu["chest"] + CHEST_SHARE * (cmu["neck"] - cmu["chest"]),
        "neck": cmu["neck"],
        "head": cmu["head"],
    }
    for side in ("left", "right"):
        for part, joint in CMU_LIMBS.items():
            smpl[f"{side}_{part}"] = cmu[side[0] + joint]
        smpl[f"{side}_collar"] = (cmu[f"{side[0]}Collar"] + cmu[f"{side[0]}Shldr"]) / 2
    return np.stack([smpl[name] for name in JOINTS], axis=1)


def reconstruction_errors(joints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distances between joints and their reconstruction from rotations.

    Parameters
    ----------
    joints : (F, 24, 3)
        SMPL joint positions (cm).

    Returns
    -------
    measured : (F, 24)
        Errors (cm) with the bone offsets of this body.
    rest : (F, 24)
        Errors (cm) with the bone lengths of this body and the directions of SMPL's rest pose.
    """
    rotations, measured = joint_rotations(joints), bone_offsets(joints)
    lengths = np.linalg.norm(measured, axis=-1)
    rest_lengths = np.linalg.norm(REST_OFFSETS, axis=-1)
    plain = REST_OFFSETS * (lengths / np.maximum(rest_lengths, 1e-9))[:, None]
    own, rest = (
        np.linalg.norm(forward_kinematics(rotations, joints[:, 0], offsets) - joints, axis=-1)
        for offsets in (measured, plain)
    )
    return own, rest


def main(path: Annotated[Path, typer.Argument(help="CMU takes, a .npz file.")]) -> None:
    """Print the reconstruction errors over all frames of all takes as a Markdown table."""
    with np.load(path, allow_pickle=False) as data:
        names = [str(name) for name in data["joint_names"]]
        takes = [data[key] for key in data.files if key not in ("joint_names", "parents")]
    errors = [
        reconstruction_errors(smpl_from_cmu(take[CMU_LEAD_IN:].astype(float), names))
        for take in takes
    ]
    own, rest = (np.concatenate(part) for part in zip(*errors, strict=True))
    typer.echo(f"{len(takes)} takes, {len(own)} frames; errors in cm\n")
    typer.echo("| joint | mean | 95th percentile | rest directions: mean | 95th percentile |")
    typer.echo("|---|---|---|---|---|")
    for index, name in enumerate([*JOINTS, "all joints"]):
        columns = [part[:, index] if index < len(JOINTS) else part for part in (own, rest)]
        cells = [f"{c.mean():.2f} | {np.quantile(c, 0.95):.2f}" for c in columns]
        typer.echo(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
