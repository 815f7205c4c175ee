"""The command ``python -m d2m data own``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2m.core.output_folder import usable_output


def own_data_command(
    root: Annotated[Path, typer.Option(help="Folder for the data.")] = Path("runs/own_data"),
    number: Annotated[int, typer.Option(help="Pieces to train on.", min=1)] = 60,
    held_out: Annotated[int, typer.Option(help="Pieces to test on.", min=1)] = 20,
    seconds: Annotated[float, typer.Option(help="Longest piece (s).", min=4)] = 8.0,
) -> None:
    """Write this project's own dances and their music in the layout of the published data.

    Train on them with: train d2mgan --dataset tiktok --data ROOT. Pieces that are there already
    are kept.
    """
    from d2m.training.datasets.own_data import write_own_data

    count = write_own_data(usable_output(root), number=number, held_out=held_out, seconds=seconds)
    typer.echo(f"{count} segments of 2 s in {root}; its README says what they are.")
