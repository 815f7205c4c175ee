"""The command line: generate music, read a clip's rhythm, install weights, train."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.benchmark.cli import evaluate
from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.cli import weights as weights_commands
from d2m.checkpoints.registry import FAMILIES
from d2m.core.errors import D2MError
from d2m.core.levels import levels_named
from d2m.core.settings import COMPACT, Settings, taps_in
from d2m.core.styles import AUTO, STYLES
from d2m.training.cli import train

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybeFloat = Optional[float]  # noqa: UP045
MaybeText = Optional[str]  # noqa: UP045
MaybeInt = Optional[int]  # noqa: UP045
MaybeFlag = Optional[bool]  # noqa: UP045
MaybePath = Optional[Path]  # noqa: UP045

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
LevelName = Annotated[
    MaybeText, typer.Option(help="high (hop 128, fast), low (hop 32, finer) or both [high].")
]
StyleName = Annotated[
    MaybeText, typer.Option(help=f"{AUTO} (the dance chooses), {', '.join(STYLES)} [{AUTO}].")
]
Seed = Annotated[MaybeInt, typer.Option(help="Another seed, another piece [0].", min=0)]
Variations = Annotated[
    int, typer.Option(help="So many pieces, with seeds from the seed on.", min=1, max=24)
]
Start = Annotated[MaybeFloat, typer.Option(help="Where the part to use begins (s).", min=0)]
Length = Annotated[MaybeFloat, typer.Option(help="How long it is (s) [up to the end].", min=0)]
Tempo = Annotated[
    MaybeFloat, typer.Option(help="Tempo (BPM) to take instead of the dancer's.", min=30, max=300)
]
Shift = Annotated[
    MaybeFloat, typer.Option(help="Move the beats later, or earlier if negative (ms) [0].")
]
Taps = Annotated[
    MaybeText, typer.Option(help="Times (s) of beats as tapped, such as '0.52 1.03 1.55 2.06'.")
]
Response = Annotated[
    MaybeFloat,
    typer.Option(help="How strongly the movement steers the music, 0 to 2 [1].", min=0, max=2),
]
Original = Annotated[
    MaybeFloat, typer.Option(help="How loud the clip's own sound stays, 0 to 1 [0].", min=0, max=1)
]
Denoise = Annotated[MaybeFlag, typer.Option(help="Take hiss out [denoise].")]
Loudness = Annotated[MaybeFlag, typer.Option(help="Bring to -14 LUFS [loudness].")]
Overlay = Annotated[
    MaybeFlag, typer.Option(help="Also a video with the beats under it [no-overlay].")
]
WeightsName = Annotated[
    MaybeText,
    typer.Option(
        help=f"{', '.join(FAMILIES)} [{COMPACT}]; `weights list` says which are installed."
    ),
]
Like = Annotated[
    MaybePath, typer.Option(help="A report.json whose settings to take; options here win.")
]
Checkpoints = Annotated[Path, typer.Option(help="Folder of the weights.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder for the results.")]


@app.command()
def generate(
    clip: Clip,
    level: LevelName = None,
    style: StyleName = None,
    seed: Seed = None,
    variations: Variations = 1,
    start: Start = None,
    length: Length = None,
    tempo: Tempo = None,
    beat_shift: Shift = None,
    taps: Taps = None,
    response: Response = None,
    original: Original = None,
    denoise: Denoise = None,
    loudness: Loudness = None,
    overlay: Overlay = None,
    weights: WeightsName = None,
    like: Like = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    out: Out = Path("out"),
) -> None:
    """Make music for a clip: NAME.STYLE.SEED.LEVEL.mp4, .wav and .png, a report, a ZIP."""
    given: dict[str, Any] = {
        "style": style,
        "seed": seed,
        "start_s": start,
        "length_s": length,
        "tempo_bpm": tempo,
        "beat_shift_ms": beat_shift,
        "taps_s": None if taps is None else taps_in(taps),
        "response": response,
        "original": original,
        "denoise": denoise,
        "loudness": loudness,
        "overlay": overlay,
        "weights": weights,
    }
    settings, levels = _like(like)
    settings = replace(settings, **{n: v for n, v in given.items() if v is not None})
    _generate(clip, level or levels, settings, variations, checkpoints, out)


def _like(path: Path | None) -> tuple[Settings, str]:
    if path is None:
        return Settings(), "high"
    from d2m.rendering.report import read_settings

    return read_settings(path)


def _generate(
    clip: Path, level: str, settings: Settings, variations: int, checkpoints: Path, out: Path
) -> None:
    """Make each variation, and say what was made."""
    from d2m.generation.generate import Soundtrack, check_weights
    from d2m.perception.dance import Dance
    from d2m.pipeline import DanceToMusic

    levels = levels_named(level)
    check_weights(settings.weights, levels, checkpoints)  # before a minute goes into the clip
    maker, bpm = DanceToMusic(checkpoints=checkpoints), 0.0
    for number in range(variations):
        chosen = replace(settings, seed=settings.seed + number)
        for made in maker.produce(clip, levels, chosen, out=out, progress=StderrProgress()):
            if isinstance(made, Dance):
                bpm = made.rhythm.tempo_bpm
                for warning in made.warnings if not number else ():
                    typer.echo(warning, err=True)
            elif isinstance(made, Soundtrack):
                typer.echo(
                    f"{made.paths['mp4']}  {made.style.label}, {bpm:.0f} BPM, "
                    f"beat F-measure {made.scores['beat_f_measure']:.2f}"
                )
            else:
                typer.echo(made.archive)


@app.command()
def rhythm(clip: Clip, start: Start = None, length: Length = None, tempo: Tempo = None) -> None:
    """Print a clip's tempo and beats as JSON."""
    import json

    from d2m.pipeline import DanceToMusic
    from d2m.rendering.report import report

    settings = Settings(start_s=start or 0.0, length_s=length, tempo_bpm=tempo)
    dance = DanceToMusic().perceive(clip, settings, progress=StderrProgress())
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
