"""The commands under ``python -m d2m weights``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import InstalledFile, missing_keys_of_set
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import WEIGHT_SETS
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import level_named
from d2m.core.settings import COMPACT

weights = typer.Typer(help="List, get, install and check weights.", no_args_is_help=True)

MaybeText = Optional[str]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
Folder = Annotated[Path, typer.Option(help="Checkpoints folder.", show_default=False)]


@weights.command("list")
def list_weights(folder: Folder = CHECKPOINTS) -> None:
    """Show all weights: whether they are installed, their licence, and what they need."""
    for name, known in WEIGHT_SETS.items():
        lost = missing_keys_of_set(name, folder)
        typer.echo(f"{name:12} {'missing' if lost else 'installed':10} {known.title}")
        typer.echo(f"{'':12} licence: {known.licence}")
        choices = [" or ".join(keys) for keys in ((key,) for key in known.files)]
        choices += [" or ".join(keys) for keys in known.needs]
        if choices:
            typer.echo(f"{'':12} needs: {', '.join(choices)}")
        if lost:
            typer.echo(f"{'':12} missing: {', '.join(lost)}")
            private = [
                WEIGHT_FILES[key].filename
                for key in lost
                if key in WEIGHT_FILES and not WEIGHT_FILES[key].source
            ]
            if private:
                typer.echo(f"{'':12} no public file is known of: {', '.join(private)}")


@weights.command("fetch")
def fetch_weights(
    name: Annotated[
        str, typer.Argument(help="A set or a file, as `list` shows them.", show_default=False)
    ],
    accept_new: Annotated[
        bool, typer.Option("--accept-new", help="Install a file that is not the known one.")
    ] = False,
    folder: Folder = CHECKPOINTS,
) -> None:
    """Download weights with all that they need, and install them."""
    from d2m.checkpoints.fetch import fetch

    new = fetch(name, folder=folder, accept_new=accept_new, progress=_Lines())
    _tell(new)
    lost = missing_keys_of_set(name, folder) if name in WEIGHT_SETS else ()
    if name == COMPACT and lost:
        raise CheckpointError(
            "The bundled weights are incomplete: get the project's folder checkpoints/compact "
            "again."
        )
    if lost:
        raise CheckpointError(
            f"{name} still lacks {' and '.join(lost)}, of which no public file is known: if you "
            f"have the authors', run `python -m d2m weights import "
            f"{' '.join(WEIGHT_FILES[key].filename for key in lost)}`."
        )
    if not new:
        typer.echo(f"{name} is installed already.")


@weights.command("import")
def import_weights(
    files: Annotated[
        list[Path], typer.Argument(help="Files as their authors publish them.", show_default=False)
    ],
    level: Annotated[
        MaybeText, typer.Option(help="high or low, where the file leaves it open.")
    ] = None,
    dataset: Annotated[MaybeText, typer.Option(help="aist or tiktok, to make sure.")] = None,
    folder: Folder = CHECKPOINTS,
) -> None:
    """Install weights from files, whatever they are called."""
    from d2m.checkpoints.importing import import_files

    if dataset not in (None, "aist", "tiktok"):
        raise SettingsError(f"Unknown data set {dataset!r}: choose aist or tiktok.")
    chosen = None if level is None else level_named(level)
    _tell(import_files(files, level=chosen, dataset=dataset, folder=folder))


@weights.command("verify")
def verify_weights(folder: Folder = CHECKPOINTS) -> None:
    """Read all installed weights again and check them."""
    from d2m.checkpoints.installed import installed_keys, verify_installed

    bad = []
    keys = installed_keys(folder)
    if not keys:
        typer.echo("No published weights are installed; `weights list` shows which there are.")
    for key in keys:
        try:
            verify_installed(key, folder)
            typer.echo(f"{key}: in order")
        except CheckpointError as error:  # noqa: PERF203 (the others are checked all the same)
            typer.echo(f"{key}: {error}")
            bad.append(key)
    if bad:
        raise CheckpointError(
            f"{len(bad)} of the installed files can't be used ({', '.join(bad)}): delete them "
            "from checkpoints/published and get them again."
        )


def _tell(new: list[InstalledFile]) -> None:
    for installed in new:
        note = f" ({installed.note})" if installed.note else ""
        typer.echo(f"Installed {installed.key} from {installed.source}{note}.")
        typer.echo(f"  licence: {WEIGHT_FILES[installed.key].licence}")


class _Lines:
    """Progress as a line that is overwritten on a terminal, a line in ten seconds elsewhere."""

    def __init__(self) -> None:
        self._last = 0.0
        self._stage = ""

    def __call__(self, stage: str, share: float) -> None:
        """Tell how far a download is."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        fresh, self._stage = stage != self._stage, stage
        if not fresh and share < 1.0 and now - self._last < (0.2 if terminal else 10.0):
            return
        self._last = now
        end = "" if terminal and share < 1.0 else "\n"
        sys.stderr.write(f"{chr(13) if terminal else ''}{stage}: {share:4.0%}{end}")
        sys.stderr.flush()
