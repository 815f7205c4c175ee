"""The example clips and songs that the page offers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "examples"
EXAMPLES = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "examples"
"""The bundled examples: in an installed package, or beside the package in a repository."""
CLIP_LIST, SONG_LIST = "examples.json", "songs.json"
"""Files that list the example clips and songs of a folder."""


@dataclass(frozen=True, kw_only=True)
class ExampleFile:
    """A clip or a song that the page offers; ``credit`` names the source of it."""

    path: Path
    title: str
    credit: str

    @property
    def poster(self) -> Path:
        """A small picture of it (JPEG) beside it, which songs do not have."""
        return self.path.with_suffix(".jpg")


def load_examples(folder: Path, listing: str = CLIP_LIST) -> list[ExampleFile]:
    """Load the examples that a folder lists in a file."""
    if not (folder / listing).is_file():
        return []
    found = [
        ExampleFile(path=folder / entry["file"], title=entry["title"], credit=entry["credit"])
        for entry in json.loads((folder / listing).read_text(encoding="utf-8"))
    ]
    return [example for example in found if example.path.is_file()]
