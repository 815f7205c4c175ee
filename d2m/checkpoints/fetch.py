"""Download published weights from their authors' sources and install them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from d2m.checkpoints.availability import missing_keys_of_set
from d2m.checkpoints.catalog import WEIGHT_FILES, Source, WeightFile
from d2m.checkpoints.download import download
from d2m.checkpoints.importing import identify_file, install_file
from d2m.checkpoints.installed import (
    InstalledFile,
    installed_path,
    published_folder,
    read_index,
    write_index,
)
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import WEIGHT_SETS, file_keys
from d2m.checkpoints.safe_load import file_sha256, git_blob_id
from d2m.checkpoints.transfer_spec import RetryPolicy, TransferSpec
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.progress import Progress, silent

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
    """Download and install a single file, or a set of weights with the files it needs.

    Installed files are not downloaded again. Files of the set without a public download are
    skipped; `d2m.checkpoints.missing_line` names them.

    Parameters
    ----------
    name
        A key of `d2m.checkpoints.registry.WEIGHT_SETS` or
        `d2m.checkpoints.catalog.WEIGHT_FILES`.
    folder
        Checkpoints folder.
    accept_new
        Also install a file whose hash differs from the published one or from the one that
        was installed first.
    progress
        Called with the name of each download and the share of it that is done, 0 to 1.
    sources
        Other sources, by file key.
    retry_policy
        Timeout and attempts of each download; `RetryPolicy` by default.

    Returns
    -------
    list of InstalledFile
        The files that were installed by this call.

    Raises
    ------
    SettingsError
        If the name is unknown.
    CheckpointError
        If a file can't be downloaded, is not the expected one, or none of the missing files
        has a public download.
    """
    if name == COMPACT:
        return []  # bundled with the project
    known_sources = {key: file.source for key, file in WEIGHT_FILES.items() if file.source}
    known_sources.update(sources or {})
    keys = missing_keys_of_set(name, folder) if name in WEIGHT_SETS else file_keys(name)
    missing = [key for key in keys if not installed_path(key, folder).is_file()]
    downloadable = [key for key in missing if key in known_sources]
    if missing and not downloadable:
        files = " ".join(WEIGHT_FILES[key].filename for key in missing)
        raise CheckpointError(
            f"No public download is known for {' and '.join(missing)}: if you have the authors' "
            f"files, run `python -m d2m weights import {files}`."
        )
    policy = retry_policy or RetryPolicy()
    return [
        _fetch_file(WEIGHT_FILES[key], known_sources[key], folder, accept_new, progress, policy)
        for key in downloadable
    ]


def _fetch_file(
    file: WeightFile,
    source: Source,
    folder: Path,
    accept_new: bool,
    progress: Progress,
    retry_policy: RetryPolicy,
) -> InstalledFile:
    def on_progress(received: int, total: int) -> None:
        progress(f"Downloading {file.key}", min(received / total, 1.0) if total else 0.0)

    # One folder for each key, because some published files share a name.
    downloads = published_folder(folder) / _DOWNLOADS / file.key
    spec = TransferSpec(
        key=file.key,
        source=source,
        name=file.filename,
        folder=downloads,
        max_bytes=file.max_bytes,
        retry_policy=retry_policy,
        on_progress=on_progress,
    )
    path = None
    try:
        path = download(spec)
        # Error messages name the file, so it gets the authors' file name.
        path = path.replace(downloads / file.filename)
        if not accept_new:
            _check_hash(path, file, folder)
        found = identify_file(path)
        if found.network != file.network:
            raise CheckpointError(
                f"The file downloaded as {file.key} holds another network ({found.network}), so "
                "it was discarded: try again later, or run `python -m d2m weights import` on the "
                "original file."
            )
        installed = install_file(path, file.key, folder)
        if accept_new:
            index = read_index(folder)
            index["first_accepted"][file.key] = file_sha256(path)
            write_index(index, folder)
        return installed
    finally:
        if path is not None:
            path.unlink(missing_ok=True)
        for parent in (downloads, *list(downloads.parents)[:2]):
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _check_hash(path: Path, file: WeightFile, folder: Path) -> None:
    if file.blob_id:
        if git_blob_id(path) != file.blob_id:
            raise CheckpointError(
                f"{file.filename} is not the file that its authors published (its git blob id "
                "differs), so it was not installed: try again, or add --accept-new if you trust "
                "it."
            )
        return
    first = read_index(folder)["first_accepted"].get(file.key)
    if first is not None and file_sha256(path) != first:
        raise CheckpointError(
            f"{file.filename} has changed since it was first installed as {file.key} (its "
            "SHA-256 differs), so it was not installed: add --accept-new if you trust it."
        )
