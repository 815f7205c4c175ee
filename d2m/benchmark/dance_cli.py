"""The commands ``python -m d2m evaluate dance`` and those of the preference test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.output_folder import usable_output

MaybePath = Optional[Path]  # noqa: UP045 (typer evaluates it at run time, on Python 3.10 too)
VideoFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)]


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


def preference_page_command(
    first: VideoFolder,
    second: VideoFolder,
    out: Annotated[Path, typer.Option(help="Folder for the page.")] = Path("preference"),
    seed: Annotated[int, typer.Option(help="Seed of the sides of the videos.", min=0)] = 0,
) -> None:
    """Make a page that asks which of two videos is more realistic and fits its music better.

    The folders hold videos of the same names, MP4 or WebM, by two methods.
    """
    from d2m.benchmark.preference_page import write_preference_page

    typer.echo(write_preference_page(first, second, usable_output(out), seed=seed))


def preferences_command(
    answers: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, show_default=False)],
    key: Annotated[
        Path, typer.Option(help="key.json of the page.", exists=True, dir_okay=False)
    ] = Path("preference/key.json"),
) -> None:
    """Count the answers of a preference page: share preferred, with 95 % intervals."""
    from d2m.benchmark.preference_answers import count_preferences

    for line in count_preferences(answers, key):
        typer.echo(line.as_text())
