"""The example clips that the page offers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ExampleClip:
    """A clip that the page offers; ``credit`` names the source of its movement."""

    path: Path
    title: str
    credit: str


def load_examples(folder: Path) -> list[ExampleClip]:
    """Load the example clips that a folder lists in its ``examples.json``."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    clips = [
        ExampleClip(path=folder / entry["file"], title=entry["title"], credit=entry["credit"])
        for entry in json.loads(listing.read_text(encoding="utf-8"))
    ]
    return [clip for clip in clips if clip.path.is_file()]
