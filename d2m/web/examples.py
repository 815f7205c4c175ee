"""The example clips that the page offers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class ExampleClip:
    """A clip that the page offers; ``credit`` says whose movement it shows."""

    path: Path
    title: str
    credit: str


def examples(folder: Path) -> list[ExampleClip]:
    """Return the example clips of a folder, as its ``examples.json`` lists them."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    clips = [
        ExampleClip(path=folder / entry["file"], title=entry["title"], credit=entry["credit"])
        for entry in json.loads(listing.read_text(encoding="utf-8"))
    ]
    return [clip for clip in clips if clip.path.is_file()]
