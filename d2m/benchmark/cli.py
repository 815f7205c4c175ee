"""The commands ``python -m d2m evaluate`` and ``python -m d2m evaluate rhythm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import hop_levels_named, levels_named

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybePath = Optional[Path]  # noqa: UP045
MaybeInt = Optional[int]  # noqa: UP045
MaybeText = Optional[str]  # noqa: UP045

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
    aist: Aist = None,
    clips: Annotated[MaybePath, typer.Option(help="Folder of dance clips.")] = None,
    beats: Annotated[
        MaybeText,
        typer.Option(
            help="Their annotated beats: a JSON file, a folder of text files, or own-sound for "
            "those of the clips' own sound (see the docs)."
        ),
    ] = None,
    clock: Annotated[str, typer.Option(help="auto, sound, dance or all.")] = "all",
    music: Annotated[
        str,
        typer.Option(help="Levels at which music is made and scored too, such as studio,high."),
    ] = "",
    cache: Annotated[
        MaybePath,
        typer.Option(help="Folder for the analyses of clips.", show_default="a temporary one"),
    ] = None,
    out: Annotated[
        MaybePath, typer.Option(help="Folder for rhythm.md, rhythm.json and rhythm.png.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Measure the beats of real dances: of AIST++ keypoints, or of clips with annotated beats."""
    if aist is None and clips is None:
        raise typer.BadParameter("Give --aist, or --clips with --beats.")
    if (clips is None) != (beats is None):
        raise typer.BadParameter("--clips and --beats belong together: give both.")
    if aist is not None:
        from d2m.benchmark.aist_rhythm import evaluate_aist

        typer.echo(evaluate_aist(aist).as_text())
    if clips is not None and beats is not None:
        from d2m.benchmark.document import as_markdown
        from d2m.benchmark.real_rhythm import OWN_SOUND, RealRhythmConfig, evaluate_real_rhythm
        from d2m.benchmark.real_rhythm_report import real_rhythm_blocks, write_real_rhythm

        config = RealRhythmConfig(
            clips=clips,
            beats=None if beats == OWN_SOUND else Path(beats),
            clock=clock,
            levels=levels_named(music) if music else (),
            cache=cache,
            seed=seed,
        )
        results = evaluate_real_rhythm(config)
        typer.echo(as_markdown(real_rhythm_blocks(results)))
        if out is not None:
            typer.echo(write_real_rhythm(results, out))
