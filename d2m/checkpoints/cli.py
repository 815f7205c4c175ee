"""The commands ``python -m d2m weights list | fetch | import | verify``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints.availability import missing_keys_of_set
from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import InstalledFile
from d2m.checkpoints.load_bundled import CHECKPOINTS, user_folder
from d2m.checkpoints.registry import WEIGHT_SETS
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import hop_level_named
from d2m.core.output_folder import usable_output

weights = typer.Typer(help="List, download, import and verify weights.", no_args_is_help=True)

OptionalText = Optional[str]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
CheckpointsFolder = Annotated[Path, typer.Option(help="Checkpoints folder.", show_default=False)]

# Shortest time between two progress lines (s), chosen by hand: often enough to look live on
# a terminal, seldom enough to keep a log file short.
_TERMINAL_INTERVAL_S = 0.2
_LOG_INTERVAL_S = 10.0


@weights.command("list")
def list_weights(folder: CheckpointsFolder = CHECKPOINTS) -> None:
    """Show all sets of weights: installed or missing, licence, and required files."""
    for name, weight_set in WEIGHT_SETS.items():
        missing = missing_keys_of_set(name, folder)
        typer.echo(f"{name:12} {'missing' if missing else 'installed':10} {weight_set.title}")
        typer.echo(f"{'':12} licence: {weight_set.licence}")
        required = [*weight_set.files, *(" or ".join(keys) for keys in weight_set.needs)]
        if required:
            typer.echo(f"{'':12} needs: {', '.join(required)}")
        if missing:
            typer.echo(f"{'':12} missing: {', '.join(missing)}")
            files = [WEIGHT_FILES[key] for key in missing if key in WEIGHT_FILES]
            unpublished = [file.filename for file in files if not file.source]
            if unpublished:
                typer.echo(f"{'':12} no public download known for: {', '.join(unpublished)}")


@weights.command("fetch")
def fetch_weights(
    name: Annotated[
        str, typer.Argument(help="A set or a file, as shown by `list`.", show_default=False)
    ],
    accept_new: Annotated[
        bool,
        typer.Option("--accept-new", help="Install a file even if its hash is not the known one."),
    ] = False,
    folder: CheckpointsFolder = CHECKPOINTS,
) -> None:
    """Download and install a set of weights with all files it needs, or a single file."""
    from d2m.checkpoints.fetch import fetch

    usable_output(user_folder(folder))
    installed = fetch(name, folder=folder, accept_new=accept_new, progress=_ProgressLine())
    _print_installed(installed)
    missing = missing_keys_of_set(name, folder) if name in WEIGHT_SETS else ()
    if name == COMPACT and missing:
        raise CheckpointError("The bundled weights are incomplete: install the project again.")
    if missing:
        raise CheckpointError(
            f"{name} is still incomplete, because no public download is known for "
            f"{' and '.join(missing)}: if you have the authors' files, run "
            f"`python -m d2m weights import "
            f"{' '.join(WEIGHT_FILES[key].filename for key in missing)}`."
        )
    if not installed:
        typer.echo(f"{name} is already installed.")


@weights.command("import")
def import_weights(
    files: Annotated[
        list[Path], typer.Argument(help="Files as published by their authors.", show_default=False)
    ],
    level: Annotated[
        OptionalText, typer.Option(help="high or low, for files that fit both levels.")
    ] = None,
    dataset: Annotated[
        OptionalText, typer.Option(help="aist or tiktok: refuse files of the other data set.")
    ] = None,
    folder: CheckpointsFolder = CHECKPOINTS,
) -> None:
    """Install weights from published files, which are identified by their content."""
    from d2m.checkpoints.importing import import_files

    if dataset not in (None, "aist", "tiktok"):
        raise SettingsError(f"Unknown data set {dataset!r}: choose aist or tiktok.")
    chosen = None if level is None else hop_level_named(level)
    usable_output(user_folder(folder))
    _print_installed(import_files(files, level=chosen, dataset=dataset, folder=folder))


@weights.command("verify")
def verify_weights(folder: CheckpointsFolder = CHECKPOINTS) -> None:
    """Read all installed published weights and check their parameters and hashes."""
    from d2m.checkpoints.installed import installed_keys, verify_installed

    bad = []
    keys = installed_keys(folder)
    if not keys:
        typer.echo("No published weights are installed; `weights list` shows all sets.")
    for key in keys:
        try:
            verify_installed(key, folder)
            typer.echo(f"{key}: OK")
        except CheckpointError as error:  # noqa: PERF203 (the other files are checked as well)
            typer.echo(f"{key}: {error}")
            bad.append(key)
    if bad:
        raise CheckpointError(
            f"{len(bad)} of the installed files can't be used ({', '.join(bad)}): delete them "
            "and install them again."
        )


def _print_installed(installed: list[InstalledFile]) -> None:
    for file in installed:
        note = f" ({file.note})" if file.note else ""
        typer.echo(f"Installed {file.key} from {file.source}{note}.")
        typer.echo(f"  licence: {WEIGHT_FILES[file.key].licence}")


class _ProgressLine:
    """Print progress to standard error: one line that is overwritten on a terminal, else a log."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._stage = ""

    def __call__(self, stage: str, share: float) -> None:
        """Print the share of a stage that is done, unless the last line is too recent."""
        now_s = time.monotonic()
        terminal = sys.stderr.isatty()
        interval_s = _TERMINAL_INTERVAL_S if terminal else _LOG_INTERVAL_S
        new_stage, self._stage = stage != self._stage, stage
        if not new_stage and share < 1.0 and now_s - self._last_s < interval_s:
            return
        self._last_s = now_s
        end = "" if terminal and share < 1.0 else "\n"
        sys.stderr.write(f"{chr(13) if terminal else ''}{stage}: {share:4.0%}{end}")
        sys.stderr.flush()
