"""The commands ``python -m d2m evaluate`` and ``python -m d2m evaluate rhythm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import hop_levels_named

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybePath = Optional[Path]  # noqa: UP045
MaybeInt = Optional[int]  # noqa: UP045

Report = Annotated[bool, typer.Option(help="Write the report; without it, only print the goals.")]
ReportFolder = Annotated[Path, typer.Option(help="Folder for the report.")]
LevelChoice = Annotated[str, typer.Option(help="high, low or both.")]
Pieces = Annotated[
    MaybeInt,
    typer.Option(help="Number of held-out pieces, for a quick run.", min=2, show_default="all"),
]
Corpus = Annotated[
    MaybePath,
    typer.Option(
        help="Corpus folder.", show_default="runs/corpus, or one rendered into runs/held_out"
    ),
]
Aist = Annotated[
    MaybePath, typer.Option(help="AIST++ 2-D keypoints packed as .npz (see the docs).")
]
Cmu = Annotated[
    MaybePath, typer.Option(help="CMU motion-capture dances packed as .npz (see the docs).")
]
Seed = Annotated[
    int, typer.Option(help="Seed of random and shuffled music and of the generators.", min=0)
]
Weights = Annotated[Path, typer.Option(help="Folder of the weights.", show_default=False)]

evaluate = typer.Typer(invoke_without_command=True)


@evaluate.callback()
def evaluate_weights(
    context: typer.Context,
    report: Report = True,
    out: ReportFolder = Path("docs/evaluation"),
    level: LevelChoice = "both",
    pieces: Pieces = None,
    corpus: Corpus = None,
    aist: Aist = None,
    cmu: Cmu = None,
    seed: Seed = 0,
    weights: Weights = CHECKPOINTS,
) -> None:
    """Measure the bundled weights on held-out music and dances, and write a report."""
    if context.invoked_subcommand is not None:
        return
    levels = hop_levels_named(level)
    from d2m.benchmark.benchmark_report import write_benchmark_report
    from d2m.benchmark.goals import goals
    from d2m.benchmark.run import BenchmarkConfig, run_benchmark

    results = run_benchmark(
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
        typer.echo(f"{verdict:8} {goal.as_text():>9}  {goal.title} {goal.level}".rstrip())
    if report:
        markdown, html = write_benchmark_report(results, out)
        typer.echo(f"{markdown}\n{html}")


@evaluate.command("rhythm")
def evaluate_rhythm(
    aist: Annotated[
        Path,
        typer.Option(
            help="AIST++ 2-D keypoints packed as .npz (see the docs).", show_default=False
        ),
    ],
) -> None:
    """Measure the rhythm estimator on real dances: tempo and beats against AIST++ music."""
    from d2m.benchmark.aist_rhythm import evaluate_aist

    typer.echo(evaluate_aist(aist).as_text())
