"""The rows of a batch as a Parquet file, for tools that read tables."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from d2m.jobs.batch.shard import ROWS_NAME
from d2m.jobs.batch.storage import open_storage

TABLE_NAME = "results.parquet"
"""The file with all rows, beside ``results.jsonl``."""
_AT_ONCE = 10_000
"""Rows that are written at a time; chosen by hand."""


def write_parquet(target: str) -> None:
    """Write the rows in ``results.jsonl`` to ``results.parquet``, if they are all there.

    The columns are those of `d2m.jobs.batch.clip_row.ClipRow`; ``settings`` is JSON.

    Parameters
    ----------
    target
        Folder or URL with the results.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    storage = open_storage(target)
    text = storage.read_text(ROWS_NAME)
    if text is None:
        return
    schema = pyarrow.schema(
        {
            "id": pyarrow.string(),
            "source": pyarrow.string(),
            "status": pyarrow.string(),
            "message": pyarrow.string(),
            "files": pyarrow.list_(pyarrow.string()),
            "seconds": pyarrow.float64(),
            "levels": pyarrow.string(),
            "settings": pyarrow.string(),
        }
    )
    with tempfile.TemporaryDirectory(prefix="d2m-table-") as folder:
        path = Path(folder) / TABLE_NAME
        with ParquetWriter(path, schema) as writer:
            for rows in _pieces(text):
                writer.write_table(pyarrow.Table.from_pylist(rows, schema))
        storage.write_file(TABLE_NAME, path)


def _pieces(text: str) -> Iterator[list[dict[str, Any]]]:
    """Yield rows, some thousands at a time."""
    lines = text.removesuffix("\n").split("\n")  # texts hold other line breaks
    for start in range(0, len(lines), _AT_ONCE):
        rows = [json.loads(line) for line in lines[start : start + _AT_ONCE]]
        yield [{**row, "settings": json.dumps(row["settings"])} for row in rows]
