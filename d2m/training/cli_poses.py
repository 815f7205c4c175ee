"""The command that extracts the movement of dancers from clips, for training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from d2m.core.console import ConsoleProgress
from d2m.core.errors import D2MError
from d2m.core.output_folder import usable_output
from d2m.core.styles import AUTO
from d2m.media.clip_limits import display_name

if TYPE_CHECKING:
    from d2m.core.progress import Progress
    from d2m.core.settings import Settings
    from d2m.perception.clip_analysis import ClipAnalysis

Clips = Annotated[list[Path], typer.Argument(help="Videos of dancers.", show_default=False)]
PosesFolder = Annotated[Path, typer.Option("--out", help="Folder for the files of poses.")]
DancerOption = Annotated[
    str, typer.Option(help="auto (the most prominent person), all, or the number of a person.")
]


def poses(clips: Clips, out: PosesFolder = Path("poses"), dancer: DancerOption = AUTO) -> None:
    """Extract the movement of dancers from clips: NAME.npz, which training reads.

    Each file holds keypoints (frames, 17, 3: x and y in px, score), joints (frames, 17, 3) in
    space, in torso lengths, and fps. A clip that can't be used is named, and the others go on;
    the exit status is then 1.
    """
    from d2m.core.settings import Settings

    usable_output(out)
    settings, failed = Settings(dancer=dancer), 0
    for number, clip in enumerate(clips, start=1):
        label = f"{display_name(clip)} ({number} of {len(clips)})"
        try:
            for path in extract_poses(clip, out, settings, _labelled(label)):
                typer.echo(path)
        except D2MError as error:
            failed += 1
            typer.echo(f"d2m: {display_name(clip)}: {error}", err=True)
    if failed:
        raise typer.Exit(1)


def _labelled(label: str) -> Progress:
    """Return progress on the command line, whose stages begin with a label."""
    console = ConsoleProgress()
    return lambda stage, share: console.report(f"{label}: {stage}", share)


def extract_poses(clip: Path, out: Path, settings: Settings, progress: Progress) -> list[Path]:
    """Track the dancers of a clip and write a file for each.

    Parameters
    ----------
    clip
        Video file.
    out
        Folder for ``NAME.npz``, and ``NAME.2.npz`` and so on for further dancers. A name that is
        taken gets a number as well.
    settings
        Their part of the clip and their choice of the dancer are used.
    progress
        Called with the name of each stage and the share done.

    Raises
    ------
    VideoError
        If the file is not a video, or outside the limits.
    PoseError
        If no person is visible in it.
    SettingsError
        If there is nobody with the chosen number.
    """
    from d2m.media.clip import ClipLimits
    from d2m.perception.clip_analysis import analyse_clip

    with TemporaryDirectory() as folder:
        analysis = analyse_clip(
            clip, Path(folder), limits=ClipLimits(), settings=settings, progress=progress
        )
        return list(_write_tracks(analysis, clip.stem, out))


def _write_tracks(analysis: ClipAnalysis, name: str, out: Path) -> Iterator[Path]:
    import numpy as np

    from d2m.media.atomic_write import atomic_write
    from d2m.perception.skeleton import coco17_from_mediapipe
    from d2m.perception.stage import dancer_on_stage

    width, height = analysis.clip.width, analysis.clip.height
    for track in (analysis.pose, *analysis.companions):
        points = coco17_from_mediapipe(track.landmarks)[..., :2] * height
        scores = coco17_from_mediapipe(track.visibility[..., None])
        target = _free_name(out, name)
        with atomic_write(target) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                keypoints=np.concatenate([points, scores], axis=-1).astype(np.float32),
                joints=dancer_on_stage(track).astype(np.float32),
                fps=track.fps,
                width=width,
                height=height,
            )
        yield target


def _free_name(out: Path, name: str) -> Path:
    """Return ``NAME.npz`` in a folder, or with the first number from 2 on that is free."""
    path, number = out / f"{name}.npz", 2
    while path.exists():
        path, number = out / f"{name}.{number}.npz", number + 1
    return path
