"""The command ``doctor``: what is installed, and what is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.command_options import WeightsFolder
from d2m.core.console import print_event
from d2m.jobs.doctor import Finding, examine

FindingsAsJson = Annotated[
    bool, typer.Option("--json", help="Print each finding as a line of JSON.")
]


def doctor(checkpoints: WeightsFolder = CHECKPOINTS, as_json: FindingsAsJson = False) -> None:
    """Check the installation: packages, weights, codecs, GPU, disk space.

    The exit status is 1 if something is wrong.
    """
    wrong = 0
    for finding in examine(checkpoints):
        wrong += bool(finding.advice)
        if as_json:
            print_event("finding", {**asdict(finding), "is_ok": not finding.advice})
        else:
            _print(finding)
    if wrong:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("Everything works.")


def _print(finding: Finding) -> None:
    sign = "WRONG" if finding.advice else "ok"
    typer.echo(f"{sign:5} {finding.part:20} {finding.text}")
    if finding.advice:
        typer.echo(f"{'':26} To do: {finding.advice}")
