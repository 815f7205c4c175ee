"""Measure the inverse kinematics: motion capture to rotations and back to positions.

    PYTHONPATH=. python tools/kinematics.py path/to/cmu_dance_60fps.npz

The file holds takes of the CMU Graphics Lab Motion Capture Database (http://mocap.cs.cmu.edu)
as `d2m.training.data.dances.mocap` describes them. Each take's bones have constant lengths.
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

LIMBS_OF_CMU = {
    "hip": "Thigh",
    "knee": "Shin",
    "ankle": "Foot",
    "foot": "Foot_end",
    "shoulder": "Shldr",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hand": "Mid1",
}
PELVIS_HEIGHT = 0.66
"""SMPL's pelvis above the middle of its hips, in distances between the hips."""
CHEST_SHARE = 0.18
"""Where on CMU's way from chest to neck SMPL's spine3 is, by its height under the shoulders."""


def smpl_from_cmu(positions: FloatArray, names: list[str]) -> FloatArray:
    """Place SMPL's joints in a CMU body.

    Limbs, neck and head are CMU's own. SMPL's pelvis lies above the hips, its third spine
    joint above CMU's chest and its collars half way from CMU's to the shoulders; these are
    fixed to the bones they lie on (the collars nearly).

    Parameters
    ----------
    positions : (F, J, 3)
        cm, y up.
    names
        The J joints' names.

    Returns
    -------
    (F, 24, 3)
        cm, y up.
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
        for part, joint in LIMBS_OF_CMU.items():
            smpl[f"{side}_{part}"] = cmu[side[0] + joint]
        smpl[f"{side}_collar"] = (cmu[f"{side[0]}Collar"] + cmu[f"{side[0]}Shldr"]) / 2
    return np.stack([smpl[name] for name in JOINTS], axis=1)


def rebuilt_errors(joints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how far joints (F, 24, 3) are from where their rotations put them, (F, 24) twice.

    First with the body's own offsets, then with the rest pose's directions for all bones.
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
    """Print the errors of rebuilt joints, over all frames of all takes, as a Markdown table."""
    with np.load(path, allow_pickle=False) as data:
        names = [str(name) for name in data["joint_names"]]
        takes = [data[key] for key in data.files if key not in ("joint_names", "parents")]
    errors = [
        rebuilt_errors(smpl_from_cmu(take[CMU_LEAD_IN:].astype(float), names)) for take in takes
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
