"""Get published weights from where their authors put them, and install them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from d2m.checkpoints.catalog import WEIGHT_FILES, Source, WeightFile
from d2m.checkpoints.download import download
from d2m.checkpoints.importing import identify_file, install_file
from d2m.checkpoints.installed import (
    PUBLISHED_FOLDER,
    InstalledFile,
    installed_path,
    missing_keys_of_set,
    read_index,
    write_index,
)
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import WEIGHT_SETS, file_keys
from d2m.checkpoints.safe_load import file_sha256, git_blob_id
from d2m.checkpoints.transfer_spec import RetryPolicy, TransferSpec
from d2m.core.errors import CheckpointError
from d2m.core.progress import Progress, silent
from d2m.core.settings import COMPACT

_DOWNLOADS = "downloads"


def fetch(
    name: str,
    *,
    folder: Path = CHECKPOINTS,
    accept_new: bool = False,
    progress: Progress = silent,
    sources: Mapping[str, Source] | None = None,
    retry_policy: RetryPolicy | None = None,
) -> list[InstalledFile]:
    """Download and install a set of weights with all that it needs, or a single file.

    What is installed stays. Files of the set that no one publishes are left out, see
    `d2m.checkpoints.missing_line`.

    Parameters
    ----------
    name
        A key of `d2m.checkpoints.registry.WEIGHT_SETS` or ``WEIGHT_FILES``.
    folder
        Checkpoints folder.
    accept_new
        Install a file although it is not the one that was accepted first.
    progress
        Told how far each download is.
    sources
        Other places to get files from, by key.
    retry_policy
        How long downloads are tried.

    Returns
    -------
    list of InstalledFile
        What is new.

    Raises
    ------
    SettingsError
        If the name is unknown.
    CheckpointError
        If a file can't be had, or is not what was expected.
    """
    if name == COMPACT:
        return []  # comes with the project
    places = {key: file.source for key, file in WEIGHT_FILES.items() if file.source}
    places.update(sources or {})
    keys = missing_keys_of_set(name, folder) if name in WEIGHT_SETS else file_keys(name)
    lost = [key for key in keys if not installed_path(key, folder).is_file()]
    wanted = [key for key in lost if key in places]
    if lost and not wanted:
        files = " ".join(WEIGHT_FILES[key].filename for key in lost)
        raise CheckpointError(
            f"No public file is known of {' and '.join(lost)}: if you have the authors', run "
            f"`python -m d2m weights import {files}`."
        )
    return [
        _fetch_one(
            WEIGHT_FILES[key],
            places[key],
            folder,
            accept_new,
            progress,
            retry_policy or RetryPolicy(),
        )
        for key in wanted
    ]


def _fetch_one(
    file: WeightFile,
    source: Source,
    folder: Path,
    accept_new: bool,
    progress: Progress,
    retry_policy: RetryPolicy,
) -> InstalledFile:
    def told(there: int, total: int) -> None:
        progress(f"getting {file.key}", min(there / total, 1.0) if total else 0.0)

    downloads = folder / PUBLISHED_FOLDER / _DOWNLOADS / file.key  # some files have the same name
    job = TransferSpec(
        key=file.key,
        source=source,
        name=file.filename,
        folder=downloads,
        max_bytes=file.max_bytes,
        retry_policy=retry_policy,
        told=told,
    )
    raw = None
    try:
        raw = download(job)
        # Messages name the file, so it gets the name that the authors gave it.
        raw = raw.replace(downloads / file.filename)
        if not accept_new:
            _check_identity(raw, file, folder)
        found = identify_file(raw)
        if found.network != file.network:
            raise CheckpointError(
                f"What was downloaded as {file.key} is another network ({found.network}): it was "
                "not kept."
            )
        installed = install_file(raw, file.key, folder)
        if accept_new:
            index = read_index(folder)
            index["first_accepted"][file.key] = file_sha256(raw)
            write_index(index, folder)
        return installed
    finally:
        if raw is not None:
            raw.unlink(missing_ok=True)
        for place in (downloads, *list(downloads.parents)[:2]):
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


def _check_identity(raw: Path, file: WeightFile, folder: Path) -> None:
    if file.blob_id:
        if git_blob_id(raw) != file.blob_id:
            raise CheckpointError(
                f"{file.filename} is not the file that its authors published (its git blob id "
                "differs), so it was not installed: try again, or add --accept-new if you trust "
                "it."
            )
        return
    first = read_index(folder)["first_accepted"].get(file.key)
    if first is not None and file_sha256(raw) != first:
        raise CheckpointError(
            f"{file.filename} has changed since it was first installed as {file.key} (its "
            "SHA-256 differs), so it was not installed: add --accept-new if you trust it."
        )
