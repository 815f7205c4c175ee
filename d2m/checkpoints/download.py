"""What is downloaded, for how long it is tried, and what a person is told when it fails."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints.transfer_spec import TransferSpec
from d2m.core.errors import CheckpointError


def download(job: TransferSpec) -> Path:
    """Download a file.

    Parameters
    ----------
    job
        What, and how.

    Returns
    -------
    pathlib.Path
        The whole file, in ``job.folder``.

    Raises
    ------
    CheckpointError
        If the server can't be reached, has no such file, or sends something else, or the
        file can't be written. A part stays in the folder only if the server can go on
        from it.
    """
    target = job.folder / f"{job.key}.download"
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if job.source.drive_id is not None:
            from d2m.checkpoints.drive_download import download_from_drive

            download_from_drive(job, target)
        else:
            import pooch

            from d2m.checkpoints.http_download import ResumingDownloader

            pooch.get_logger().setLevel("WARNING")  # it would tell of its own steps
            pooch.retrieve(
                job.source.url, None, target.name, job.folder, downloader=ResumingDownloader(job)
            )
    except OSError as error:
        raise CheckpointError(
            f"{job.name} can't be written to the folder checkpoints/published: check its "
            "permissions and the free space."
        ) from error
    return target
