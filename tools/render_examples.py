"""Render the example clips: drawn figures that move like AIST++, CMU and procedural dances.

    PYTHONPATH=. python tools/render_examples.py --aist gBR.npz --cmu cmu_dance.npz --out examples

The motion itself is not part of the project. AIST++ keypoints are published at
https://google.github.io/aistplusplus_dataset (CC BY 4.0), CMU motion capture at
http://mocap.cs.cmu.edu. `d2m.training.data.dances.mocap` describes the form of the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import av
import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m.perception.skeleton import ANKLES, HIPS, SHOULDERS
from d2m.rendering.dancer_camera import ANKLE_HEIGHT, Shot, shot_3d
from d2m.rendering.dancer_figure import draw_figure
from d2m.rendering.dancer_looks import LOOKS, Outfit
from d2m.rendering.dancer_scenes import loft, street, studio
from d2m.rendering.dancer_shadow import shadow
from d2m.training.data.dances import AnnotatedDance, load_aist, load_cmu, procedural_dance

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]

FPS = 30
"""Frame rate of the clips (Hz)."""
SUPERSAMPLING = 2
"""Factor of the size at which figures are drawn, to smooth their edges."""
AIST_CREDIT = (
    "Motion: AIST++ 2-D keypoints, gBR_sBM_cAll_d04_mBR0_ch03 (Li et al., ICCV 2021), "
    "from the AIST Dance Video Database (Tsuchida et al., ISMIR 2019)."
)
CMU_CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. The database was "
    "created with funding from NSF EIA-0196217."
)


def shot_aist(path: Path, *, unit: float, foot: tuple[float, float]) -> tuple[Shot, AnnotatedDance]:
    """Return the front view of an AIST++ choreography, with depth estimated from the side views."""
    name = "gBR_sBM_cAll_d04_mBR0_ch03"
    views = {dance.name[-3:]: dance for dance in load_aist(path) if dance.name.startswith(name)}
    front = views["c01"]
    flat = [gaussian_filter1d(views[c].keypoints, 2.0, axis=0) for c in ("c01", "c03", "c07")]
    aside = [view[..., 0] - view[:, HIPS, 0].mean(axis=1, keepdims=True) for view in flat[1:]]
    depth = gaussian_filter1d(np.clip((aside[1] - aside[0]) / 2, -1.5, 1.5), 3.0, axis=0)
    if (depth[:, 0] - depth[:, SHOULDERS].mean(axis=1)).mean() < 0:
        depth = -depth
    # The side views hardly show the face, so the head is assumed to face the front camera.
    depth[:, 3:5] = depth[:, SHOULDERS].mean(axis=1, keepdims=True)
    depth[:, :3] = depth[:, 3:4] + 0.2
    points = np.concatenate([flat[0], depth[..., None]], axis=-1)[::2]
    floor = np.quantile(points[:, ANKLES, 1], 0.98) + ANKLE_HEIGHT
    middle = np.median(points[:, HIPS, 0])
    joints = points * unit
    joints[..., 0] += foot[0] - middle * unit
    joints[..., 1] += foot[1] - floor * unit
    above = floor - points[..., 1]
    drop = np.stack([joints[..., 0] + 0.25 * above * unit,
                     foot[1] + (0.16 * depth[::2] - 0.05 * above) * unit], axis=-1)  # fmt: skip
    return Shot(joints=joints, ground=drop, units=np.full(len(joints), unit)), front


def draw_frames(shot: Shot, background: Image, outfit: Outfit) -> list[Image]:
    """Draw every frame of a shot, (H, W, 3) each."""
    size = background.shape[1] * SUPERSAMPLING, background.shape[0] * SUPERSAMPLING
    frames = []
    for joints, ground, unit in zip(shot.joints, shot.ground, shot.units, strict=True):
        floor = background.copy()
        shadow(floor, ground, unit)
        large = cv2.resize(floor, size, interpolation=cv2.INTER_LINEAR)
        draw_figure(large, joints * SUPERSAMPLING, unit * SUPERSAMPLING, outfit)
        frames.append(cv2.resize(large, background.shape[1::-1], interpolation=cv2.INTER_AREA))
    return frames


def write_clip(path: Path, frames: list[Image], crf: int = 23) -> None:
    """Write a silent H.264 clip that all browsers play."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "slow", "tune": "animation"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def break_clip(path: Path) -> tuple[list[Image], dict[str, object]]:
    """Render a break dance from AIST++ in a plain studio, and describe it."""
    shot, dance = shot_aist(path, unit=158.0, foot=(640.0, 655.0))
    frames = draw_frames(shot, studio(1280, 720, 640), LOOKS["red"])
    return frames, {
        "file": "break_aist_landscape.mp4",
        "title": "Break, plain studio",
        "credit": AIST_CREDIT,
        "licence": "CC BY 4.0",
        "tempo_bpm": 80.0,
        "beats_s": _rounded_beats(dance.beats_s, len(frames)),
        "orientation": "landscape",
    }


def salsa_clip(
    path: Path, take: str, start_s: float, yaw: float
) -> tuple[list[Image], dict[str, object]]:
    """Render a salsa from CMU motion capture in a street, in portrait format, and describe it."""
    dance = next(dance for dance in load_cmu(path) if dance.name == take)
    first = int(start_s * dance.fps)
    points = gaussian_filter1d(dance.keypoints, 1.5, axis=0)[
        first : first + int(10 * dance.fps) : 2
    ]
    x, y, z = np.moveaxis(points, -1, 0)
    turned = np.stack(
        [x * np.cos(yaw) + z * np.sin(yaw), y, z * np.cos(yaw) - x * np.sin(yaw)], axis=-1
    )
    # The camera follows the dancer slowly, to keep them in the portrait frame.
    follow = gaussian_filter1d(turned[:, HIPS].mean(axis=1), 25, axis=0, mode="nearest")
    turned = turned - 0.85 * follow[:, None] * [1, 0, 1]
    shot = shot_3d(turned, unit=188.0, foot=(360.0, 1105.0))
    return draw_frames(shot, street(720, 1280, 1050), LOOKS["yellow"]), {
        "file": "salsa_cmu_portrait.mp4",
        "title": "Salsa, busy street",
        "credit": CMU_CREDIT,
        "licence": "Free for research and commercial projects (CMU Graphics Lab)",
        "tempo_bpm": None,
        "beats_s": None,
        "orientation": "portrait",
    }


def groove_clip(seed: int, tempo_bpm: float = 112.0) -> tuple[list[Image], dict[str, object]]:
    """Render a procedural dance in a loft, and describe it."""
    dance = procedural_dance(seed, tempo_bpm=tempo_bpm, duration_s=11.0, first_beat_s=0.25)
    shot = shot_3d(dance.keypoints[::2], unit=150.0, foot=(600.0, 672.0))
    frames = draw_frames(shot, loft(1280, 720, 650), LOOKS["blue"])
    return frames, {
        "file": "groove_procedural_landscape.mp4",
        "title": "Groove, loft",
        "credit": "Motion: the project's procedural dancer.",
        "licence": "Apache-2.0",
        "tempo_bpm": tempo_bpm,
        "beats_s": _rounded_beats(dance.beats_s, len(frames)),
        "orientation": "landscape",
    }


def _rounded_beats(beats_s: FloatArray, n_frames: int) -> list[float]:
    return [round(float(beat), 4) for beat in beats_s if beat < n_frames / FPS]


def main(
    aist: Annotated[Path, typer.Option(help="AIST++ 2-D keypoints (.npz).")],
    cmu: Annotated[Path, typer.Option(help="CMU joint positions (.npz).")],
    out: Annotated[Path, typer.Option(help="Folder for clips and examples.json.")],
    take: Annotated[str, typer.Option(help="CMU take.")] = "salsa_30",
    start_s: Annotated[float, typer.Option(help="Start within the CMU take (s).")] = 4.5,
    yaw: Annotated[float, typer.Option(help="Rotation of the CMU take (rad).")] = 2.0,
    seed: Annotated[int, typer.Option(help="Seed of the procedural dance.")] = 21,
    only: Annotated[
        str, typer.Option(help="Render only clips whose file name contains this.")
    ] = "",
) -> None:
    """Render the example clips and describe them in examples.json."""
    out.mkdir(parents=True, exist_ok=True)
    clips = {
        "break_aist_landscape": lambda: break_clip(aist),
        "salsa_cmu_portrait": lambda: salsa_clip(cmu, take, start_s, yaw),
        "groove_procedural_landscape": lambda: groove_clip(seed),
    }
    described = []
    for name, render in clips.items():
        if only not in name:
            continue
        frames, about = render()
        write_clip(out / str(about["file"]), frames)
        described.append(about)
        typer.echo(f"{about['file']}: {len(frames) / FPS:.1f} s")
    if not only:
        (out / "examples.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
