"""The command ``python -m d2m evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import levels_named

MaybePath = Optional[Path]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)


def evaluate(
    report: Annotated[
        bool, typer.Option(help="Write the report, not only the goals' table to the terminal.")
    ] = True,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("docs/evaluation"),
    level: Annotated[str, typer.Option(help="high, low or both.")] = "both",
    pieces: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="So many held-out takes only, for a quick look.", min=2),
    ] = None,
    corpus: Annotated[
        MaybePath,
        typer.Option(help="Corpus folder [runs/corpus, or takes rendered into runs/held_out]."),
    ] = None,
    aist: Annotated[
        MaybePath, typer.Option(help="AIST++ 2-D keypoints packed as .npz (see the docs).")
    ] = None,
    cmu: Annotated[
        MaybePath, typer.Option(help="CMU motion-capture dances packed as .npz (see the docs).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of random and shuffled music.", min=0)] = 0,
    weights: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
) -> None:
    """Measure the bundled weights on held-out music and dances, and write a report."""
    levels = levels_named(level)
    from d2m.benchmark.goals import goals
    from d2m.benchmark.report import write_report
    from d2m.benchmark.run import BenchmarkConfig, run

    results = run(
        BenchmarkConfig(
            levels=levels,
            weights=weights,
            corpus=corpus,
            aist=aist,
            cmu=cmu,
            pieces=pieces,
            seed=seed,
        )
    )
    for goal in goals(results):
        verdict = "reached" if goal.reached else "missed"
        typer.echo(f"{verdict:8} {goal.shown():>9}  {goal.title} {goal.level}".rstrip())
    if report:
        markdown, html = write_report(results, out)
        typer.echo(f"{markdown}\n{html}")
