"""Cells of tables that were measured before, so that nothing is measured twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from d2m.benchmark.json_values import json_ready
from d2m.benchmark.paper_tables.segment_scores import SegmentSums
from d2m.core.errors import DataError
from d2m.media.atomic_write import atomic_write

HASH_DIGITS = 12
"""Digits of the hashes that tell whether something changed."""


def stored_sums(
    path: Path,
    key: str,
    facts: dict[str, Any],
    measure: Callable[[], dict[str, SegmentSums]],
) -> dict[str, SegmentSums]:
    """Return a cell of a file, measured and written now if it is not there with these facts.

    Parameters
    ----------
    path
        The JSON file; it is created if it does not exist.
    key
        Name of the cell.
    facts
        What it depends on, as JSON values.
    measure
        Measures it: sums of the scores by dance.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    found = read_cells(path).get(key)
    if found is not None and found["facts"] == json_ready(facts):
        return dict(found["sums"])
    sums = measure()
    cells = read_cells(path) | {key: {"facts": facts, "sums": sums}}
    with atomic_write(path) as part:
        part.write_text(json.dumps(json_ready(cells), indent=1) + "\n", encoding="utf-8")
    return sums


def read_cells(path: Path) -> dict[str, Any]:
    """Return the cells of a file by key, each with its ``facts`` and ``sums``.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        cells: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if all({"facts", "sums"} <= set(cell) for cell in cells.values()):
            return cells
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    raise DataError(
        f"{path.name} in {path.parent.name} is damaged: remove it, and its cells are measured "
        "again."
    )


def facts_hash(facts: dict[str, Any]) -> str:
    """Return the first digits of the hash of JSON values."""
    text = json.dumps(json_ready(facts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def files_hash(paths: Iterable[Path]) -> str:
    """Return the first digits of the hash of files with their names; missing ones count too."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes() if path.is_file() else b"missing")
    return digest.hexdigest()[:HASH_DIGITS]
