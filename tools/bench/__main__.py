"""Measure this version of the project, or compare it with another one.

make bench
make bench-compare REF=main~5
PYTHONPATH=. python -m tools.bench measure --clips full-hd --rounds 3 --out figures.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from tools.bench.clips import CLIPS, FULL_HD, PHONE, ROOT, BenchClip
from tools.bench.figures import commit_of, write_figures
from tools.bench.first_job import measure_first_job
from tools.bench.rounds import checked_out, measure_clips, measure_versions
from tools.bench.tables import clip_lines, comparison_lines, summary_lines

cli = typer.Typer(add_completion=False)
CLIPS_HELP = "Names of clips, with commas: " + ", ".join(clip.name for clip in CLIPS)
QUICK = ",".join(clip.name for clip in (FULL_HD, PHONE))
Rounds = Annotated[int, typer.Option(min=1, help="Jobs for each clip; the least figures count.")]


def clips_named(names: str) -> list[BenchClip]:
    """Return the clips with some names, which commas separate.

    Raises
    ------
    typer.BadParameter
        If there is no clip of a name.
    """
    known = {clip.name: clip for clip in CLIPS}
    chosen = [name.strip() for name in names.split(",")]
    if wrong := [name for name in chosen if name not in known]:
        raise typer.BadParameter(f"no clip is called {wrong[0]!r}; there are {', '.join(known)}")
    return [known[name] for name in chosen]


@cli.command()
def measure(
    clips: Annotated[str, typer.Option(help=CLIPS_HELP)] = ",".join(one.name for one in CLIPS),
    rounds: Rounds = 1,
    out: Annotated[Optional[Path], typer.Option(help="JSON file to write.")] = None,  # noqa: UP045
) -> None:
    """Time jobs with both levels on some clips, against MediaPipe Pose alone."""
    figures = {}
    for clip in clips_named(clips):
        figures |= measure_clips([clip], rounds)
        typer.echo("\n".join(clip_lines(clip.name, figures[clip.name])))
    typer.echo("\n".join(summary_lines(figures)))
    if out is not None:
        write_figures(out, figures)


@cli.command()
def compare(
    ref: Annotated[str, typer.Argument(help="Commit, branch or tag to compare with.")],
    clips: Annotated[str, typer.Option(help=CLIPS_HELP)] = QUICK,
    rounds: Rounds = 3,
) -> None:
    """Time an older version and this one alternately, with the same interpreter."""
    chosen = clips_named(clips)
    try:
        with checked_out(ref) as tree:
            typer.echo(f"old: {commit_of(tree)}, new: {commit_of(ROOT)}, {rounds} rounds")
            old, new = measure_versions((tree, ROOT), chosen, rounds)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo("\n".join(comparison_lines(old, new)))


@cli.command()
def first_job(
    rounds: Rounds = 1,
) -> None:
    """Time the first job of a worker process against its third, after a wait and at once."""
    for waits in (True, False) * rounds:
        one = measure_first_job(waits=waits)
        when = f"after {one.ready_s:.1f} s, when ready" if waits else "at once"
        typer.echo(
            f"first job sent {when}: first video after {one.first_s:.1f} s, "
            f"{one.ratio:.2f} x that of the third job ({one.third_s:.1f} s); CPU time "
            f"{one.first_cpu_s:.1f} s against {one.third_cpu_s:.1f} s"
        )


if __name__ == "__main__":
    cli()
