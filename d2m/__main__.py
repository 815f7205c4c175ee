"""The command line, ``d2m``: music for clips, dances for songs, weights, training."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from d2m.benchmark.cli import evaluate
from d2m.benchmark.listening.cli import listen
from d2m.checkpoints.cli import weights as weights_commands
from d2m.choreography.cli import dance
from d2m.core.allocator import limit_arenas
from d2m.core.command_options import with_settings
from d2m.core.console import error_sentence
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import D2MError
from d2m.core.openmp import let_threads_sleep
from d2m.core.settings import Settings
from d2m.core.version import __version__
from d2m.jobs.batch.cli import batch
from d2m.jobs.doctor_cli import doctor
from d2m.jobs.generate_cli import RHYTHM_SETTINGS, generate, rhythm
from d2m.jobs.remix_cli import REMIX_SETTINGS, remix
from d2m.training.cli import train
from d2m.training.cli_poses import poses
from d2m.training.datasets.cli import data
from d2m.web.cli import serve_here

EXIT_STATUSES = (
    "Exit status: 0 if all went well; 1 if a clip, a song, a setting, a folder or weights can't be "
    "used, with one sentence that says why; 2 if the command or an option is wrong; 130 if stopped "
    "with Ctrl+C."
)
"""What the exit statuses mean, for ``--help``."""


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"d2m {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
    ),
]


def start(version: Version = False) -> None:
    """Music for dance videos, and dances for music."""


def build_app(settings: type[Settings] = Settings) -> typer.Typer:
    """Build the command line.

    Parameters
    ----------
    settings
        The dataclass whose fields become options of ``generate``.
    """
    commands = typer.Typer(
        callback=start,
        epilog=EXIT_STATUSES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # Rich would take words in brackets for its own markup, and leave them out.
        rich_markup_mode=None,
    )
    commands.command()(with_settings(generate, settings, after=3))
    commands.command()(with_settings(batch, settings, after=12))
    commands.command()(with_settings(rhythm, settings, RHYTHM_SETTINGS))
    commands.command()(with_settings(remix, settings, REMIX_SETTINGS, after=3))
    commands.command()(with_settings(dance, DanceSettings, after=1))
    commands.command()(poses)
    commands.command("serve")(serve_here)
    commands.command()(doctor)
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
        typer.echo(f"d2m: {error_sentence(error)}", err=True)
        sys.exit(1)
    except ImportError as error:
        if "shared object" not in str(error):
            raise
        typer.echo(
            f"d2m: A system library is missing ({str(error).partition(':')[0]}): run `d2m doctor`, "
            "which says what to do.",
            err=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("d2m: stopped.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
