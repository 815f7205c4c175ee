"""The commands ``python -m d2m listen``: make, serve and evaluate listening studies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.benchmark.listening.results_cli import (
    listen_export_command,
    listen_results_command,
)
from d2m.core.errors import SettingsError

TEMPLATES = ("paper", "dances")
"""Names of the studies that `make --template` prints."""
StudyFolder = Annotated[
    Path, typer.Argument(help="Folder of the study.", exists=True, file_okay=False)
]

listen = typer.Typer(no_args_is_help=True, help="Ask people: listening studies on a web page.")
listen.command("results")(listen_results_command)
listen.command("export")(listen_export_command)


@listen.command("make")
def make_command(
    study: Annotated[Path, typer.Option(help="Settings of the study (TOML).")] = Path("study.toml"),
    out: Annotated[Path, typer.Option(help="Folder for the study; empty or new.")] = Path("study"),
    template: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Print settings to start from, paper or dances, and make nothing."),
    ] = None,
) -> None:
    """Make the stimuli of a study: equal length and loudness, names that tell nothing.

    If it was interrupted, run the same command again to continue.
    """
    if template is not None:
        if template not in TEMPLATES:
            raise SettingsError(
                f"There is no template {template!r}: take {' or '.join(TEMPLATES)}."
            )
        text = files("d2m.benchmark.listening") / "templates" / f"{template}.toml"
        typer.echo(text.read_text(encoding="utf-8"), nl=False)
        return
    from d2m.benchmark.listening.make_study import make_study
    from d2m.benchmark.listening.study_settings import read_study_settings
    from d2m.benchmark.listening.trial_order import session_trials

    made = make_study(read_study_settings(study), out)
    trials = session_trials(made, 0)
    typer.echo(
        f"{out}: {len(made.stimuli)} files; a rater has {len(trials)} trials, in which"
        f" {sum(one.duration_s for trial in trials for one in trial.stimuli) / 60:.0f} min are"
        " played."
    )


@listen.command("serve")
def serve_command(
    folder: StudyFolder,
    port: Annotated[int, typer.Option(help="Port.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
) -> None:
    """Serve the page of a study, and store the answers in its folder."""
    from d2m.benchmark.listening.serve_study import serve_study

    serve_study(folder, host=host, port=port)
