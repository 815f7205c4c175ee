"""The files of results, where visitors can download them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradio import processing_utils

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
