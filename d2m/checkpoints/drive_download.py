"""Download from Google Drive with gdown, which confirms Drive's warning pages and resumes."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints.transfer_spec import TransferSpec
from d2m.core.errors import CheckpointError

_HOST = "Google Drive"


def download_from_drive(spec: TransferSpec, target: Path) -> None:
    """Download a file from Google Drive.

    Parameters
    ----------
    spec
        The file and its source.
    target
        Path of the complete file. gdown keeps a partial file next to it, under its own
        name, and resumes from there.

    Raises
    ------
    CheckpointError
        If Drive can't be reached or sends a web page instead of the file.
    """
    import requests
    from gdown.exceptions import DownloadError, FileURLRetrievalError

    bytes_before = _partial_size(target)
    try:
        _run_gdown(spec, target)
    except (FileURLRetrievalError, requests.HTTPError) as error:
        _remove_partial_files(target)
        raise CheckpointError(
            f"Google Drive refuses to serve {spec.name} (download quota exceeded, or the file is "
            f"no longer shared): try again tomorrow, or {spec.manual_import_hint}."
        ) from error
    except DownloadError as error:
        network_failed = isinstance(error.__cause__, requests.RequestException)
        if bytes_before and not network_failed and _partial_size(target) <= bytes_before:
            # The partial file can't be resumed, so the download starts again without it.
            _remove_partial_files(target)
            return download_from_drive(spec, target)
        raise CheckpointError(_network_message(spec, target)) from error
    except requests.RequestException as error:
        raise CheckpointError(_network_message(spec, target)) from error
    except (KeyError, AssertionError, ValueError) as error:
        # gdown raises these if a response lacks the headers or the page that Drive sends.
        _remove_partial_files(target)
        raise CheckpointError(
            f"Google Drive sent an unexpected response for {spec.name}: {spec.manual_import_hint}."
        ) from error
    except (CheckpointError, OSError):
        _remove_partial_files(target)
        raise
    return None


def _run_gdown(spec: TransferSpec, target: Path) -> None:
    import gdown

    def on_progress(received: int, total: int | None) -> None:
        spec.check_size(max(received, total or 0), _HOST)
        spec.on_progress(received, total or 0)

    gdown.download(
        url=spec.source.url,
        output=str(target),
        quiet=True,
        resume=True,
        use_cookies=False,
        timeout=spec.retry_policy.timeout_s,
        retries=spec.retry_policy.attempts - 1,
        progress=on_progress,
    )


def _network_message(spec: TransferSpec, target: Path) -> str:
    if _partial_size(target):
        return spec.interrupted_message(_HOST)
    _remove_partial_files(target)
    return spec.unreachable_message(_HOST)


def _partial_files(target: Path) -> list[Path]:
    return list(target.parent.glob(f"{target.name}*.part"))


def _partial_size(target: Path) -> int:
    return sum(path.stat().st_size for path in _partial_files(target))


def _remove_partial_files(target: Path) -> None:
    for path in _partial_files(target):
        path.unlink(missing_ok=True)
