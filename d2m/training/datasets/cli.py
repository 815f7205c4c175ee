"""The commands ``python -m d2m data``: data sets for `train d2mgan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.output_folder import usable_output
from d2m.training.datasets.own_cli import own_data_command

if TYPE_CHECKING:
    from d2m.training.datasets.recordings import DataCopy

CopyFolder = Annotated[
    Path,
    typer.Option(
        "--root", help="Folder with your copy; folders inside are searched.", show_default=False
    ),
]
PreparedFolder = Annotated[Path, typer.Option("--out", help="Folder for the prepared data.")]
SegmentSeconds = Annotated[
    int, typer.Option("--seconds", help="Length of a segment (s).", min=2, max=4)
]
CheckOnly = Annotated[bool, typer.Option("--check", help="Say what is missing, write nothing.")]
Checkpoints = Annotated[
    Path, typer.Option("--weights", help="Folder with the I3D weights.", show_default=False)
]

data = typer.Typer(no_args_is_help=True, help="Prepare data sets for `train d2mgan`.")
data.command("own")(own_data_command)


@data.command("aist")
def aist_command(
    root: CopyFolder,
    out: PreparedFolder = Path("dataset"),
    seconds: SegmentSeconds = 2,
    check: CheckOnly = False,
    weights: Checkpoints = CHECKPOINTS,
) -> None:
    """Prepare your copy of AIST++: motions, music, videos and splits (see docs/datasets.md).

    Nothing is downloaded. If it was interrupted, run the same command again to continue.
    """
    from d2m.training.datasets.copy_index import index_copy
    from d2m.training.datasets.recordings import find_aist

    usable_output(out)
    _prepare(find_aist(index_copy(root)), "aist", out, seconds, weights, check=check)


@data.command("tiktok")
def tiktok_command(
    root: CopyFolder,
    out: PreparedFolder = Path("dataset"),
    seconds: SegmentSeconds = 2,
    check: CheckOnly = False,
    weights: Checkpoints = CHECKPOINTS,
) -> None:
    """Prepare the TikTok dance-music videos by D2M-GAN's published lists (see docs/datasets.md).

    Nothing is downloaded. If it was interrupted, run the same command again to continue.
    """
    from d2m.training.datasets.copy_index import index_copy
    from d2m.training.datasets.recordings import find_tiktok

    usable_output(out)
    copy = find_tiktok(index_copy(root), whole=seconds != 2)
    _prepare(copy, "tiktok", out, seconds, weights, check=check)


def _prepare(
    copy: DataCopy, dataset: str, out: Path, seconds: int, weights: Path, *, check: bool
) -> None:
    """Say what is missing, prepare the rest, and say what came of it."""
    from d2m.training.datasets.prepare_data import VISUAL_NEEDED, prepare_data

    splits = [one.split for one in copy.recordings]
    typer.echo(f"{splits.count('train')} dances to train on, {splits.count('test')} to test on.")
    typer.echo("Missing:" if copy.missing else "Nothing is missing.")
    for missing in copy.missing:
        typer.echo(missing.as_text())
    if check:
        return
    prepared = prepare_data(copy, dataset, out, seconds=seconds, checkpoints=weights)
    for name, reason in prepared.failed.items():
        typer.echo(f"d2m: {name}: {reason}", err=True)
    counts = " and ".join(f"{n} segments to {split}" for split, n in prepared.segments.items())
    typer.echo(f"{counts.replace('to test', 'to test on').replace('to train', 'to train on')}.")
    if prepared.has_visual:
        length = "" if seconds == 2 else f" --seconds {seconds}"
        typer.echo(
            f"Train with: python -m d2m train d2mgan --data {prepared.folder} --dataset {dataset}"
            f"{length}"
        )
    else:
        typer.echo(VISUAL_NEEDED)
    if prepared.failed:
        raise typer.Exit(1)
