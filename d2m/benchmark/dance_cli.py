"""The command ``python -m d2m evaluate dance``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.output_folder import usable_output

MaybePath = Optional[Path]  # noqa: UP045 (typer evaluates it at run time, on Python 3.10 too)


def evaluate_dance_command(
    songs: Annotated[int, typer.Option(help="Number of songs.", min=2)] = 20,
    dances: Annotated[int, typer.Option(help="Dances of each method to a song.", min=1)] = 5,
    out: Annotated[
        MaybePath, typer.Option(help="Markdown file of the report; its JSON goes beside it.")
    ] = None,
    round_trip: Annotated[
        int,
        typer.Option(help="Songs whose dances are drawn and given new music (slow).", min=0),
    ] = 0,
    weights: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
) -> None:
    """Measure dances for songs that no training heard: the table of "Dancing to Music"."""
    if out is not None:
        usable_output(out.parent)
    from d2m.benchmark.dance_document import dance_blocks
    from d2m.benchmark.dance_evaluation import DanceEvaluationConfig, evaluate_dances
    from d2m.benchmark.document import as_markdown

    config = DanceEvaluationConfig(
        songs=songs, dances=dances, out=out, round_trips=round_trip, weights=weights
    )
    typer.echo(as_markdown(dance_blocks(evaluate_dances(config))))
