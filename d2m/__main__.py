"""The command line, ``python -m d2m``: music for clips, dances for songs, weights, training."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from d2m.benchmark.cli import evaluate
from d2m.benchmark.listening.cli import listen
from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.cli import weights as weights_commands
from d2m.choreography.cli import dance
from d2m.core.allocator import limit_arenas
from d2m.core.beat_tempo import tempo_text
from d2m.core.command_options import (
    LikeReport,
    MaybeText,
    MaybeTexts,
    ResultFolder,
    WeightsFolder,
    with_settings,
)
from d2m.core.console import ConsoleProgress
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import D2MError
from d2m.core.events import DanceSummary, Observer, ResultFiles, SoundtrackSummary
from d2m.core.levels import BASELINES, DEFAULT_LEVELS, Level, levels_named
from d2m.core.openmp import let_threads_sleep
from d2m.core.settings import Settings
from d2m.jobs.batch.cli import batch
from d2m.jobs.remix_cli import REMIX_SETTINGS, remix
from d2m.training.cli import train
from d2m.training.cli_poses import poses
from d2m.training.datasets.cli import data

EXIT_STATUSES = (
    "Exit status: 0 if all went well; 1 if a clip, a song, a setting, a folder or weights can't be "
    "used, with one sentence that says why; 2 if the command or an option is wrong; 130 if stopped "
    "with Ctrl+C."
)
"""What the exit statuses mean, for ``--help``."""
RHYTHM_SETTINGS = (
    *("start_s", "length_s", "dancer", "beats", "tempo_bpm", "tempo_scale", "shift_beats"),
)
"""The settings that `rhythm` has options for."""

Clip = Annotated[Path, typer.Argument(help="A video of a dancer.", show_default=False)]
LevelName = Annotated[
    MaybeText,
    typer.Option(
        help="studio (composed, sampled instruments), high (hop 128, fast), low (hop 32, finer), "
        "both (high and low), all, or a list such as studio,high.",
        show_default=DEFAULT_LEVELS,
    ),
]
SystemNames = Annotated[
    MaybeTexts,
    typer.Option(
        help="Baselines for comparison: dance2music, foley-music, cmt, random. Several may be "
        "given. Without --level, only these are made.",
        show_default=False,
    ),
]


def generate(
    clip: Clip,
    level: LevelName = None,
    system: SystemNames = None,
    like: LikeReport = None,
    checkpoints: WeightsFolder = CHECKPOINTS,
    out: ResultFolder = Path("out"),
    *,
    given: dict[str, Any],
) -> None:
    """Make music for a clip: NAME.STYLE.SEED.LEVEL.mp4, .wav, .mid and more, a report, a ZIP."""
    from d2m.pipeline import DanceToMusic

    settings, saved_levels = _saved_settings(like)
    settings = replace(settings, **given)
    levels = _chosen_levels(level, system or [], saved_levels)
    pipeline, observer = DanceToMusic(checkpoints=checkpoints), ConsoleObserver()
    pipeline.produce(clip, levels, settings, out=out, observer=observer)


def _chosen_levels(level: str | None, systems: list[str], saved: str) -> tuple[Level, ...]:
    """Return the levels and systems that a person names, or else the saved ones, each once."""
    if level is None and not systems:
        return levels_named(saved)
    chosen = levels_named(level) if level is not None else ()
    if systems:
        chosen += levels_named(",".join(systems), noun="system")
    return tuple(dict.fromkeys(chosen))


def rhythm(clip: Clip, *, given: dict[str, Any]) -> None:
    """Print a clip's tempo and beats as JSON."""
    import json

    from d2m.pipeline import DanceToMusic
    from d2m.rendering.report import report

    progress = ConsoleProgress().report
    dance = DanceToMusic().perceive(clip, Settings(**given), progress=progress)
    typer.echo(json.dumps(report(dance, [])["rhythm"], indent=2))


class ConsoleObserver(Observer[None]):
    """Prints the events of a job: results to standard output, everything else to standard error."""

    def __init__(self) -> None:
        self._progress = ConsoleProgress()
        self._warned: tuple[str, ...] | None = None

    def on_progress(self, stage: str, share: float) -> None:
        """Print a stage and the share of it that is done."""
        self._progress.report(stage, share)

    def on_dance(self, dance: DanceSummary) -> None:
        """Print where the beats come from and the warnings, once for all variations."""
        if dance.warnings != self._warned:
            self._warned = dance.warnings
            typer.echo(dance.beat_sentence, err=True)
            for warning in dance.warnings:
                typer.echo(warning, err=True)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Print where one level's video is, its style (baselines have none), tempo and score."""
        style = "" if soundtrack.level in BASELINES else f"{soundtrack.style}, "
        typer.echo(
            f"{soundtrack.paths['mp4']}  {style}{tempo_text(soundtrack.tempo_bpm)}, "
            f"{soundtrack.beat_match}"
        )

    def on_files(self, files: ResultFiles) -> None:
        """Print where the ZIP is."""
        typer.echo(files.archive)


def _saved_settings(path: Path | None) -> tuple[Settings, str]:
    if path is None:
        return Settings(), DEFAULT_LEVELS
    from d2m.rendering.report import read_settings

    return read_settings(path)


def build_app(settings: type[Settings] = Settings) -> typer.Typer:
    """Build the command line.

    Parameters
    ----------
    settings
        The dataclass whose fields become options of ``generate``.
    """
    commands = typer.Typer(
        help="Music for dance videos, and dances for music.",
        epilog=EXIT_STATUSES,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    commands.command()(with_settings(generate, settings, after=3))
    commands.command()(with_settings(batch, settings, after=12))
    commands.command()(with_settings(rhythm, settings, RHYTHM_SETTINGS))
    commands.command()(with_settings(remix, settings, REMIX_SETTINGS, after=3))
    commands.command()(with_settings(dance, DanceSettings, after=1))
    commands.command()(poses)
    commands.add_typer(weights_commands, name="weights")
    commands.add_typer(train, name="train")
    commands.add_typer(data, name="data")
    commands.add_typer(evaluate, name="evaluate")
    commands.add_typer(listen, name="listen")
    return commands


app = build_app()


def main() -> None:
    """Run the command line; an expected error is one sentence and exit status 1."""
    let_threads_sleep()
    limit_arenas()
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no text, and a terminal may know few characters.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (D2MError, OSError) as error:
        typer.echo(f"d2m: {_sentence(error)}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("d2m: stopped.", err=True)
        sys.exit(130)


def _sentence(error: D2MError | OSError) -> str:
    """Return an error as a sentence; one of the system can come up while files are written."""
    if isinstance(error, D2MError):
        return str(error)
    name = f" {Path(str(error.filename)).name}" if error.filename else ""
    reason = (error.strerror or "unknown error").lower()
    return f"The file{name} can't be read or written ({reason}): check the disk and the folders."


if __name__ == "__main__":
    main()
