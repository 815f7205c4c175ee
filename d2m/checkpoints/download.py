"""Download one file of weights from its published source."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints.transfer_spec import TransferSpec
from d2m.core.errors import CheckpointError


def download(spec: TransferSpec) -> Path:
    """Download a file from Google Drive or from a web server.

    Parameters
    ----------
    spec
        The file, its source and its target folder.

    Returns
    -------
    pathlib.Path
        The complete file, in ``spec.folder``.

    Raises
    ------
    CheckpointError
        If the server can't be reached, does not have the file or sends something else, or
        if the file can't be written. A partial file is kept only if the server can resume
        the transfer.
    """
    target = spec.folder / f"{spec.key}.download"
    try:
        spec.folder.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if spec.source.drive_id is not None:
            from d2m.checkpoints.drive_download import download_from_drive

            download_from_drive(spec, target)
        else:
            import pooch

            from d2m.checkpoints.http_download import ResumingDownloader

            pooch.get_logger().setLevel("WARNING")  # pooch logs each download at level INFO
            pooch.retrieve(
                spec.source.url,
                None,
                target.name,
                spec.folder,
                downloader=ResumingDownloader(spec),
            )
    except OSError as error:
        raise CheckpointError(
            f"{spec.name} can't be written to the folder of weights: check its "
            "permissions and the free disk space."
        ) from error
    return target
