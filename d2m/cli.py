"""The command line: generate music, read a clip's rhythm, install weights, train."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.benchmark.cli import evaluate
from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.cli import weights as weights_commands
from d2m.checkpoints.registry import COMPACT, FAMILIES
from d2m.errors import D2MError
from d2m.levels import levels_named
from d2m.styles import AUTO, STYLES, style_named
from d2m.training.cli import train

app = typer.Typer(
    help="Music for dance videos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(weights_commands, name="weights")
app.add_typer(train, name="train")
app.command()(evaluate)

Clip = Annotated[Path, typer.Argument(help="A video of somebody who dances.", show_default=False)]
Tempo = Annotated[
    Optional[float],  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
    typer.Option(help="Tempo (BPM) to take instead of the dancer's.", min=50, max=200),
]


@app.command()
def generate(
    clip: Clip,
    level: Annotated[
        str, typer.Option(help="high (hop 128, fast), low (hop 32, finer) or both.")
    ] = "high",
    style: Annotated[
        str, typer.Option(help=f"{AUTO} (the dance chooses), {', '.join(STYLES)}.")
    ] = AUTO,
    seed: Annotated[int, typer.Option(help="Another seed, another piece.", min=0)] = 0,
    tempo: Tempo = None,
    weights: Annotated[
        str, typer.Option(help=f"{', '.join(FAMILIES)}; `weights list` says which are installed.")
    ] = COMPACT,
    checkpoints: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out"),
) -> None:
    """Make music for a clip: NAME.LEVEL.mp4, .wav and .png, and NAME.report.json."""
    from d2m.compose import check_weights
    from d2m.outputs import report, write_report
    from d2m.pipeline import DanceToMusic

    levels = levels_named(level)
    if style != AUTO:
        style_named(style)  # a wrong name should cost no minute of looking at the clip
    check_weights(weights, levels, checkpoints)
    maker = DanceToMusic(checkpoints=checkpoints)
    progress = StderrProgress()
    dance = maker.perceive(clip, tempo_bpm=tempo, progress=progress)
    for warning in dance.warnings:
        typer.echo(warning, err=True)
    tracks = []
    for chosen in levels:
        track = maker.generate(
            clip,
            chosen,
            style=style,
            seed=seed,
            weights=weights,
            tempo_bpm=tempo,
            out=out,
            progress=progress,
        )
        tracks.append(track)
        typer.echo(
            f"{track.paths['mp4']}  {track.style.label}, {dance.rhythm.tempo_bpm:.0f} BPM, "
            f"beat F-measure {track.scores['beat_f_measure']:.2f}"
        )
    write_report(out / f"{clip.stem}.report.json", report(dance, tracks))


@app.command()
def rhythm(clip: Clip, tempo: Tempo = None) -> None:
    """Print a clip's tempo and beats as JSON."""
    import json

    from d2m.outputs import report
    from d2m.pipeline import DanceToMusic

    dance = DanceToMusic().perceive(clip, tempo_bpm=tempo, progress=StderrProgress())
    typer.echo(json.dumps(report(dance, [])["rhythm"], indent=2))


class StderrProgress:
    """Progress as lines that overwrite each other on a terminal, one a stage elsewhere."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, stage: str, share: float) -> None:
        """Tell of a stage."""
        if sys.stderr.isatty():
            end = "\n" if share >= 1.0 else ""
            sys.stderr.write(f"\r{stage}: {share:4.0%}{end}")
        elif stage != self._stage:
            sys.stderr.write(f"{stage} ...\n")
        sys.stderr.flush()
        self._stage = stage


def main() -> None:
    """Run the command line; an error for people is one sentence and exit status 1."""
    try:
        app()
    except D2MError as error:
        typer.echo(f"d2m: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("d2m: stopped.", err=True)
        sys.exit(130)
