"""Measure what the ways to track a pose cost, and how near they are to the truth.

    PYTHONPATH=. python -m tools.analysis_figures --count 20 --keep FOLDER

Dances with known joints and beats are drawn into clips and tracked in each way. Errors are in
torso lengths; ``±`` is the standard error of the mean over the dances. With ``--clips``, clips of
people are tracked, too, and compared with MediaPipe's own tracking of every frame.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import typer
from tqdm import tqdm

from d2m.media.clip import normalise, read_frames
from d2m.perception.clip_reading import POSE_FPS
from d2m.perception.mediapipe_graph import Image, silence_stderr
from d2m.perception.pose import FloatArray, PoseTrack, track_of_samples
from d2m.perception.skeleton import coco17_from_mediapipe
from d2m.perception.solo_tracker import SoloTracker
from tools.analysis_figures.drawn_clips import drawn_clips
from tools.analysis_figures.measure import figures, joint_errors
from tools.score_figures.dances import CLIP_NAMES

Way = Callable[[Sequence[Image]], PoseTrack]
Rows = dict[str, list[dict[str, float]]]
PORTRAIT_HEIGHT, LANDSCAPE_HEIGHT = 1280, 720
"""Heights of drawn clips (px)."""


def main(
    count: Annotated[int, typer.Option(help="Number of drawn dances.")] = 20,
    duration_s: Annotated[float, typer.Option(help="Length of each (s).")] = 10.0,
    keep: Annotated[Optional[Path], typer.Option(help="Folder for drawn clips.")] = None,  # noqa: UP045
    clips: Annotated[Optional[Path], typer.Option(help="Folder of clips of people.")] = None,  # noqa: UP045
) -> None:
    """Print the tables as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        rows: Rows = {}
        for clip in tqdm(drawn_clips(keep or Path(folder), count, duration_s), total=count):
            images = [image for _, image in read_frames(clip.path, fps=POSE_FPS)]
            upright = images[0].shape[0] > images[0].shape[1]
            truth = clip.joints / (PORTRAIT_HEIGHT if upright else LANDSCAPE_HEIGHT)
            for name, way in WAYS.items():
                points, cpu_s = _tracked(way, images)
                row = figures(points, POSE_FPS, truth, clip.beats_s, clip.tempo_bpm)
                rows.setdefault(name, []).append({"CPU s": cpu_s, **row})
        _print(rows)
        if clips is not None:
            typer.echo("")
            _print(_agreement(clips, Path(folder)))


def _agreement(clips: Path, folder: Path) -> Rows:
    """Compare the ways on clips without a known truth with the first one."""
    rows: Rows = {}
    for path in tqdm(sorted(path for name in CLIP_NAMES for path in clips.glob(name))):
        normalise(path, folder / "clip.mp4", longest_side=640)
        images = [image for _, image in read_frames(folder / "clip.mp4", fps=POSE_FPS)]
        first: FloatArray | None = None
        for name, way in WAYS.items():
            points, cpu_s = _tracked(way, images)
            first = points if first is None else first
            middle, most = joint_errors(points, first)
            row = {"CPU s": cpu_s, "distance": middle, "distance, 95th percentile": most}
            rows.setdefault(name, []).append(row)
    return rows


def _tracked(way: Way, images: Sequence[Image]) -> tuple[FloatArray, float]:
    """Return the joints (F, 17, 2), and the processor time (s) that they took."""
    start = time.process_time()
    track = way(images)
    return coco17_from_mediapipe(track.landmarks)[..., :2], time.process_time() - start


def _mediapipe(images: Sequence[Image]) -> PoseTrack:
    """Track every frame as MediaPipe's own solution does, smoothed."""
    from mediapipe.python.solutions.pose import Pose

    with silence_stderr(), Pose(model_complexity=1) as network:
        poses = [_pose(network.process(image), image) for image in images]
    return track_of_samples(range(len(poses)), poses, len(poses), POSE_FPS)


def _pose(result: Any, image: Image) -> FloatArray | None:
    if result.pose_landmarks is None:
        return None
    aspect = image.shape[1] / image.shape[0]
    pairs = zip(result.pose_landmarks.landmark, result.pose_world_landmarks.landmark, strict=True)
    return np.array(
        [(p.x * aspect, p.y, p.z, w.x, w.y, w.z, p.visibility) for p, w in pairs], dtype=float
    )


def _at(read_hz: float) -> Way:
    def track(images: Sequence[Image]) -> PoseTrack:
        with SoloTracker(POSE_FPS, read_hz=read_hz) as tracker:
            for image in images:
                tracker.add(image)
            return tracker.result()

    return track


WAYS: dict[str, Way] = {
    "MediaPipe's own, every frame, smoothed": _mediapipe,
    **{f"{hz} Hz, no mask, not smoothed": _at(hz) for hz in (30, 15, 12, 10)},
}
"""The ways to track a pose, by their titles; the first is what the others are compared with."""


def _print(rows: Rows) -> None:
    titles = list(next(iter(rows.values()))[0])
    typer.echo(f"| pose (n = {len(next(iter(rows.values())))}) | {' | '.join(titles)} |")
    typer.echo(f"|---|{'---|' * len(titles)}")
    for name, some in rows.items():
        table = np.array([[row[title] for title in titles] for row in some])
        errors = table.std(axis=0, ddof=1) / np.sqrt(len(table)) if len(table) > 1 else table[0] * 0
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(table.mean(axis=0), errors, strict=True)]
        typer.echo(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
