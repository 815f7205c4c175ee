"""The command line, ``python -m d2m``: generate music, find a rhythm, weights, train, evaluate."""

from __future__ import annotations

import sys
from dataclasses import replace
from inspect import Parameter, Signature, signature
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Optional, get_type_hints

import typer

from d2m.benchmark.cli import evaluate
from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.cli import weights as weights_commands
from d2m.core.beat_tempo import tempo_text
from d2m.core.errors import D2MError
from d2m.core.events import DanceSummary, Observer, ResultFiles, SoundtrackSummary
from d2m.core.levels import DEFAULT_LEVELS, levels_named
from d2m.core.setting_fields import Kind, SettingField, setting_fields
from d2m.core.settings import Settings
from d2m.training.cli import train

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybeText = Optional[str]  # noqa: UP045
MaybePath = Optional[Path]  # noqa: UP045
EXIT_STATUSES = (
    "Exit status: 0 if all went well; 1 if a clip, a setting, a folder or weights can't be used, "
    "with one sentence that says why; 2 if the command or an option is wrong; 130 if stopped with "
    "Ctrl+C."
)
"""What the exit statuses mean, for ``--help``."""
OPTION_TYPES: dict[Kind, Any] = {
    Kind.SWITCH: Optional[bool],  # noqa: UP045
    Kind.CHOICE: MaybeText,
    Kind.INTEGER: Optional[int],  # noqa: UP045
    Kind.NUMBER: Optional[float],  # noqa: UP045
    Kind.OPTIONAL_NUMBER: Optional[float],  # noqa: UP045
    Kind.TIMES: MaybeText,
}
"""Types of the options on the command line, by the kind of the setting."""
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
Variations = Annotated[
    int, typer.Option(help="Number of pieces, with consecutive seeds.", min=1, max=24)
]
Like = Annotated[
    MaybePath,
    typer.Option(help="A report.json whose settings to use; other options override them."),
]
Checkpoints = Annotated[Path, typer.Option(help="Folder of the weights.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder for the results.")]


def generate(
    clip: Clip,
    level: LevelName = None,
    variations: Variations = 1,
    like: Like = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    out: Out = Path("out"),
    *,
    given: dict[str, Any],
) -> None:
    """Make music for a clip: NAME.STYLE.SEED.LEVEL.mp4, .wav, .mid and more, a report, a ZIP."""
    from d2m.pipeline import DanceToMusic

    settings, saved_levels = _saved_settings(like)
    settings = replace(settings, **given)
    levels = levels_named(level or saved_levels)
    pipeline, observer = DanceToMusic(checkpoints=checkpoints), ConsoleObserver()
    for number in range(variations):
        chosen = replace(settings, seed=settings.seed + number)
        pipeline.produce(clip, levels, chosen, out=out, observer=observer)


def rhythm(clip: Clip, *, given: dict[str, Any]) -> None:
    """Print a clip's tempo and beats as JSON."""
    import json

    from d2m.pipeline import DanceToMusic
    from d2m.rendering.report import report

    progress = ConsoleObserver().on_progress
    dance = DanceToMusic().perceive(clip, Settings(**given), progress=progress)
    typer.echo(json.dumps(report(dance, [])["rhythm"], indent=2))


class ConsoleObserver(Observer[None]):
    """Prints the events of a job: results to standard output, everything else to standard error.

    On a terminal, progress is a line that is overwritten; elsewhere it is a line for each stage.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._warned: tuple[str, ...] | None = None

    def on_progress(self, stage: str, share: float) -> None:
        """Print a stage and the share of it that is done."""
        if sys.stderr.isatty():
            end = "\n" if share >= 1.0 else ""
            sys.stderr.write(f"\r{stage}: {share:4.0%}{end}")
        elif stage != self._stage:
            sys.stderr.write(f"{stage} ...\n")
        sys.stderr.flush()
        self._stage = stage

    def on_dance(self, dance: DanceSummary) -> None:
        """Print where the beats come from and the warnings, once for all variations."""
        if dance.warnings != self._warned:
            self._warned = dance.warnings
            typer.echo(dance.beat_sentence, err=True)
            for warning in dance.warnings:
                typer.echo(warning, err=True)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Print where one level's video is, its style, tempo and score."""
        typer.echo(
            f"{soundtrack.paths['mp4']}  {soundtrack.style}, {tempo_text(soundtrack.tempo_bpm)}, "
            f"{soundtrack.beat_match}"
        )

    def on_files(self, files: ResultFiles) -> None:
        """Print where the ZIP is."""
        typer.echo(files.archive)


def with_settings(command: Any, settings: type[Settings], names: tuple[str, ...] = ()) -> Any:
    """Give a command one option for each setting.

    Parameters
    ----------
    command
        A function whose parameter ``given`` takes the settings that a person gave, by name.
    settings
        The dataclass whose fields become options.
    names
        Only these fields; all by default.

    Returns
    -------
    function
        The command for typer.
    """
    fields = [one for one in setting_fields(settings) if not names or one.name in names]
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature(command).parameters.items()
        if name != "given"
    ]

    def run(**arguments: Any) -> None:
        values = {one: arguments.pop(one.name) for one in fields}
        given = {
            one.name: one.parse(value) if one.kind is Kind.TIMES else value
            for one, value in values.items()
            if value is not None
        }
        command(given=given, **arguments)

    parameters = [*own[:2], *map(_option, fields), *own[2:]]  # after the clip and the level
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _option(field: SettingField) -> Parameter:
    """Return the option of a setting, as a parameter for typer."""
    names = f"--{field.flag}"
    if field.kind is Kind.SWITCH:
        names += f"/--no-{field.flag}"
    choices = ", ".join(value for _, value in field.choices)
    has_range = field.kind in (Kind.INTEGER, Kind.NUMBER, Kind.OPTIONAL_NUMBER)
    option = typer.Option(
        names,
        help=field.help.rstrip(".") + (f" ({field.unit})." if field.unit else f". {choices}"),
        min=field.minimum if has_range else None,
        max=field.maximum if has_range else None,
        show_default=_default_text(field),
    )
    return Parameter(
        field.name,
        Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[OPTION_TYPES[field.kind], option],
    )


def _default_text(field: SettingField) -> Any:
    if field.kind is Kind.SWITCH:
        return field.flag if field.default else f"no-{field.flag}"
    empty = field.default is None or field.default == ()
    return False if empty else f"{field.default}"


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
        help="Music for dance videos.",
        epilog=EXIT_STATUSES,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    commands.command()(with_settings(generate, settings))
    commands.command()(with_settings(rhythm, settings, RHYTHM_SETTINGS))
    commands.add_typer(weights_commands, name="weights")
    commands.add_typer(train, name="train")
    commands.add_typer(evaluate, name="evaluate")
    return commands


app = build_app()


def main() -> None:
    """Run the command line; an expected error is one sentence and exit status 1."""
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
