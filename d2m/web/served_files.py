"""The files of results, where visitors can download them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from gradio import processing_utils

from d2m.core.errors import SettingsError

SERVED_UNDER = "/gradio_api/file="
"""Address of served files, from the root of the page on; their path follows."""


class ServedFiles:
    """Copies the files of one job, each once, to where they are served for an hour.

    Parameters
    ----------
    folder
        Folder of what is served: Gradio's cache, where uploads are, too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._served: dict[Path, dict[str, Any]] = {}

    def serve(self, path: Path) -> dict[str, Any]:
        """Return the description of a file that Gradio's clients download.

        Its ``url`` is relative to the page; Gradio makes it whole.
        """
        if path not in self._served:
            copy = processing_utils.save_file_to_cache(path, str(self._folder))
            self._served[path] = {
                "path": copy,
                "url": f"{SERVED_UNDER}{quote(copy)}",
                "orig_name": path.name,
                "size": path.stat().st_size,
                "meta": {"_type": "gradio.FileData"},
            }
        return self._served[path]


def served_file(text: Any, uploads: Path) -> str | None:
    """Return the file on this server that an argument names; None if it names none.

    Parameters
    ----------
    text
        Its path as the upload answered it, or its address.
    uploads
        Folder of uploads and results; other files can't be named.

    Raises
    ------
    SettingsError
        If there is no such file.
    """
    if text is None or text == "":
        return None
    try:
        path = Path(unquote(str(text).rpartition(SERVED_UNDER)[2])).resolve()
        if path.is_relative_to(uploads.resolve()) and path.is_file():
            return str(path)
    except (OSError, ValueError):
        pass
    raise SettingsError(
        "There is no such file on this server: upload it to /gradio_api/upload, and give the path "
        "that it answers. Files are kept for an hour."
    )
