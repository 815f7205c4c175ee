"""Folders and buckets: which file system a path or a URL belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from d2m.core.errors import SettingsError

_FILE_SCHEME = "file://"
_WEB_SCHEMES = ("http://", "https://")


def is_remote(place: str) -> bool:
    """Return whether a place is a URL of another machine, not a path on this one."""
    return "://" in place and not place.startswith(_FILE_SCHEME)


def is_web_address(place: str) -> bool:
    """Return whether a place is a file on a web server."""
    return place.lower().startswith(_WEB_SCHEMES)


def local_path(place: str) -> Path:
    """Return the path of a place on this machine, from a path or a ``file://`` URL."""
    return Path(place.removeprefix(_FILE_SCHEME)).expanduser()


def file_system(url: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL, and the path in it.

    Keys and addresses are taken from where the driver looks for them, such as
    ``AWS_ACCESS_KEY_ID`` and ``FSSPEC_S3_ENDPOINT_URL``.

    Raises
    ------
    SettingsError
        If the driver is not installed, or there is none.
    """
    from fsspec.core import url_to_fs
    from fsspec.registry import known_implementations

    protocol = url.split("://")[0].lower()
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        known = known_implementations.get(protocol, {"class": protocol})
        package = known["class"].split(".")[0]
        raise SettingsError(
            f"Addresses that begin with {protocol}:// need the Python package {package}: "
            f"pip install {package}."
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"Addresses that begin with {protocol}:// are unknown: use a folder, s3://, gs:// "
            "or another one that fsspec supports."
        ) from error
    return system, str(path)
