"""The clips of a batch: list those of a folder or a bucket, and get one onto the disk."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from d2m.core.errors import JobError, SettingsError, VideoError
from d2m.core.file_names import plain_name
from d2m.jobs.batch.file_systems import file_system, is_remote, is_web_address, local_path
from d2m.media.accepted_formats import VIDEO_ENDINGS

_WAIT_S = 30.0
"""Longest silence of a web server (s); chosen by hand."""
_PIECE_BYTES = 1 << 20
"""Size of the pieces in which a clip is downloaded (bytes); chosen by hand."""


def list_clips(source: str) -> list[str]:
    """List the video files of a folder, a glob or a bucket, in the order of their names.

    Parameters
    ----------
    source
        Folder, pattern such as ``clips/**/*.mp4``, or the same as the URL of a bucket. Of a
        folder, the video files directly in it are listed; of a pattern, all files.
        Hidden files are left out.

    Returns
    -------
    list of str
        Absolute paths, or URLs. A file itself gives a list of one.

    Raises
    ------
    SettingsError
        If there is no such folder, or no clip in it.
    """
    found = _remote_clips(source) if is_remote(source) else _local_clips(source)
    if not found:
        raise SettingsError(
            f"There is no clip in {source}: name a folder with video files in it, or a pattern "
            "in quotation marks, such as 'clips/**/*.mp4'."
        )
    return sorted(found)


def fetch_clip(source: str, folder: Path, max_bytes: int) -> Path:
    """Return the file of a clip on the disk; download it if it is elsewhere.

    Parameters
    ----------
    source
        Path, URL of a bucket, or address on a web server.
    folder
        An existing folder for a download.
    max_bytes
        Largest download, such as `d2m.media.clip_limits.ClipLimits.max_bytes` (bytes).

    Returns
    -------
    pathlib.Path
        The path that was given, or the download, which keeps its name as far as it is safe.

    Raises
    ------
    VideoError
        If there is no such file, or it is too large.
    JobError
        If it can't be downloaded now.
    """
    if not is_remote(source):
        path = local_path(source)
        if not path.is_file():
            raise VideoError(f"There is no file {source}: check its path.")
        return path
    name = PurePosixPath(unquote(urlsplit(source).path))
    suffix = plain_name(name.suffix, "")
    target = folder / (plain_name(name.stem, "clip") + (f".{suffix}" if suffix else ""))
    try:
        with _opened(source) as stream, target.open("wb") as file:
            _copy(stream, file, max_bytes)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


@contextlib.contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    """Open a remote file, and turn errors into sentences."""
    try:
        if is_web_address(source):
            with urllib.request.urlopen(source, timeout=_WAIT_S) as stream:
                yield stream
        else:
            system, path = file_system(source)
            with system.open(path, "rb") as stream:
                yield stream
    except (SettingsError, VideoError, JobError):
        raise
    except Exception as error:  # each driver has its own exceptions
        code = error.code if isinstance(error, urllib.error.HTTPError) else 0
        if isinstance(error, FileNotFoundError) or code in (404, 410):
            raise VideoError(f"There is no file {source}: check its address.") from error
        raise JobError(
            f"{source} can't be downloaded ({_reason(error)}): check its address and your "
            "rights to read it, and try again."
        ) from error


def _reason(error: Exception) -> str:
    """Return what went wrong, as one short line."""
    words = str(error).strip() or type(error).__name__
    return words.splitlines()[0][:200]


def _copy(stream: IO[bytes], file: IO[bytes], max_bytes: int) -> None:
    """Copy a stream to a file.

    Raises
    ------
    VideoError
        If it is longer than allowed.
    """
    left = max_bytes
    while piece := stream.read(_PIECE_BYTES):
        left -= len(piece)
        if left < 0:
            raise VideoError(
                f"The clip is larger than {max_bytes / 1e6:.0f} MB: use a shorter or smaller one."
            )
        file.write(piece)


def _local_clips(source: str) -> list[str]:
    path = local_path(source)
    if path.is_dir():
        return [
            str(one.absolute()) for one in path.iterdir() if _is_clip(one.name) and one.is_file()
        ]
    if path.is_file():
        return [str(path.absolute())]
    found = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    return [str(one.absolute()) for one in found if not _is_hidden(one.name) and one.is_file()]


def _remote_clips(source: str) -> list[str]:
    if is_web_address(source):
        return [source]
    system, path = file_system(source)
    system.invalidate_cache()
    try:
        if _is_pattern(path):
            listed: list[dict[str, Any]] = [*system.glob(path, detail=True).values()]
            listed = [one for one in listed if not _is_hidden(one["name"])]
        elif system.isfile(path):
            return [source]
        else:
            listed = [one for one in system.ls(path, detail=True) if _is_clip(one["name"])]
    except FileNotFoundError:
        return []
    return [system.unstrip_protocol(one["name"]) for one in listed if one["type"] == "file"]


def _is_clip(name: str) -> bool:
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    return ending in VIDEO_ENDINGS and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith(".")


def _is_pattern(path: str) -> bool:
    return any(sign in path for sign in "*?[")
