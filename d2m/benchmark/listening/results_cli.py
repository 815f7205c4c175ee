"""The commands ``python -m d2m listen results`` and ``python -m d2m listen export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.core.errors import SettingsError
from d2m.core.output_folder import usable_output

WEBMUSHRA = "webmushra"
"""Name of the one format that studies are exported to."""

BuiltStudy = Annotated[
    Path, typer.Argument(help="Folder of the study, made by `listen make`.", show_default=False)
]


def listen_results_command(
    study: BuiltStudy,
    out: Annotated[
        Optional[Path],  # noqa: UP045 because typer reads it at run time, on Python 3.10 too
        typer.Option(help="Folder for the results.", show_default="results in the study's folder"),
    ] = None,
) -> None:
    """Measure the answers: scores, strengths and agreement, with 95 % intervals.

    Writes results.md, results.html, results.json, results.png and answers.csv. The study may be
    served meanwhile.
    """
    from d2m.benchmark.listening.save_results import save_results

    folder = study / "results" if out is None else out
    typer.echo(save_results(study, usable_output(folder)))
    typer.echo(folder / "results.html", err=True)


def listen_export_command(
    study: BuiltStudy,
    out: Annotated[Path, typer.Option(help="Folder for the export.", show_default=False)],
    to: Annotated[str, typer.Option(help="Format: webmushra.")] = WEBMUSHRA,
) -> None:
    """Export the blocks with sound alone for webMUSHRA: its configuration and WAV files."""
    if to != WEBMUSHRA:
        raise SettingsError(f"Unknown format {to!r}: studies can be exported to {WEBMUSHRA}.")
    from d2m.benchmark.listening.webmushra import export_webmushra
    from d2m.core.console import ConsoleProgress

    for line in export_webmushra(study, usable_output(out), progress=ConsoleProgress().report):
        typer.echo(line)
