"""The finished result that the page shows before the first job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from d2m.web.take import EXAMPLE_KEY, file_data

EXAMPLE_FOLDER = Path(__file__).with_name("finished")
"""Holds the files of the example, and what the page shows of it (``take.json``);
``tools/make_example_take.py`` makes it."""
EXAMPLE_FACTS = "take.json"
"""File with the facts of the example and the names of its files by kind."""


def example_take(folder: Path = EXAMPLE_FOLDER) -> dict[str, Any] | None:
    """Return the example as the player in the browser reads it; None if it is not installed.

    Parameters
    ----------
    folder
        Where it is.
    """
    facts = folder / EXAMPLE_FACTS
    if not facts.is_file():
        return None
    take = json.loads(facts.read_text(encoding="utf-8"))
    names = take.pop("files")
    return {
        **take,
        "key": EXAMPLE_KEY,
        "share": "",
        "isExample": True,
        "until": 0,
        "files": file_data({kind: folder / name for kind, name in names.items()}),
    }
