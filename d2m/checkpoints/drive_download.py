"""Download from Google Drive through gdown, which knows its pages and resumes."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints.transfer_spec import TransferSpec
from d2m.core.errors import CheckpointError

_HOST = "Google Drive"


def download_from_drive(job: TransferSpec, target: Path) -> None:
    """Download a file from Google Drive.

    Parameters
    ----------
    job
        What, and how.
    target
        Where the whole file goes. gdown keeps a part of it under a name of its own beside
        it, and goes on from there.

    Raises
    ------
    CheckpointError
        If Drive can't be reached, or shows a page in place of the file.
    """
    import requests
    from gdown.exceptions import DownloadError, FileURLRetrievalError

    before = _there(target)
    try:
        _get(job, target)
    except (FileURLRetrievalError, requests.HTTPError) as error:
        _drop_parts(target)
        raise CheckpointError(
            f"Google Drive doesn't give {job.name} to everybody at the moment (quota, or not "
            f"shared any more): try again tomorrow, or {job.manual_import_hint}."
        ) from error
    except DownloadError as error:
        away = isinstance(error.__cause__, requests.RequestException)
        if before and not away and _there(target) <= before:  # the part is what is wrong
            _drop_parts(target)
            return download_from_drive(job, target)
        raise CheckpointError(_broken(job, target)) from error
    except requests.RequestException as error:
        raise CheckpointError(_broken(job, target)) from error
    except (KeyError, AssertionError, ValueError) as error:
        # gdown takes headers and pages for granted that only Drive itself sends.
        _drop_parts(target)
        raise CheckpointError(
            f"Google Drive answered for {job.name} in a way that is not understood: {job.manual_import_hint}."
        ) from error
    except (CheckpointError, OSError):
        _drop_parts(target)
        raise
    return None


def _get(job: TransferSpec, target: Path) -> None:
    import gdown

    def told(there: int, total: int | None) -> None:
        job.check_size(max(there, total or 0), _HOST)
        job.told(there, total or 0)

    gdown.download(
        url=job.source.url,
        output=str(target),
        quiet=True,
        resume=True,
        use_cookies=False,
        timeout=job.retry_policy.timeout_s,
        retries=job.retry_policy.attempts - 1,
        progress=told,
    )


def _broken(job: TransferSpec, target: Path) -> str:
    if _there(target):
        return job.interrupted_message(_HOST)
    _drop_parts(target)
    return job.unreachable_message(_HOST)


def _parts(target: Path) -> list[Path]:
    return list(target.parent.glob(f"{target.name}*.part"))


def _there(target: Path) -> int:
    return sum(part.stat().st_size for part in _parts(target))


def _drop_parts(target: Path) -> None:
    for part in _parts(target):
        part.unlink(missing_ok=True)
