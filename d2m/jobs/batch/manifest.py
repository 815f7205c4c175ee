"""Read a manifest: a table with one clip a line, as CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.core.errors import SettingsError

MANIFEST_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
"""Endings of the names of manifests."""
_SEPARATORS = {".csv": ",;\t", ".tsv": "\t"}


@dataclass(frozen=True, kw_only=True)
class ManifestLine:
    """A line of a manifest.

    Parameters
    ----------
    place
        Where it is, such as ``"line 3"``.
    values
        Its values by the names of the columns, without empty ones.
    """

    place: str
    values: dict[str, Any]


def is_manifest(source: str) -> bool:
    """Return whether a path or a URL is that of a manifest, by its ending."""
    return source.lower().endswith(MANIFEST_ENDINGS)


def read_manifest(path: Path) -> tuple[list[ManifestLine], list[str]]:
    """Read a manifest.

    Parameters
    ----------
    path
        CSV with a header (UTF-8; commas, semicolons or tabs), JSON lines (one object a line), or
        Parquet, by the ending of its name.

    Returns
    -------
    lines : list of ManifestLine
        Its lines; empty ones are left out.
    columns : list of str
        The names of its columns.

    Raises
    ------
    SettingsError
        If it can't be read, or Parquet needs a package that is not installed.
    """
    ending = path.suffix.lower()
    try:
        if ending == ".parquet":
            lines = _parquet_lines(path)
        elif ending in _SEPARATORS:
            lines = _csv_lines(path, _SEPARATORS[ending])
        else:
            lines = _json_lines(path)
        found = [*lines]
    except FileNotFoundError:
        raise SettingsError(f"There is no manifest {path}: check its path.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            f"The manifest {path.name} can't be read ({_reason(error)}): save it as CSV or JSON "
            "lines in UTF-8."
        ) from error
    columns = dict.fromkeys(name for line in found for name in line.values)
    filled = [
        ManifestLine(place=line.place, values=values)
        for line in found
        if (values := {name: one for name, one in line.values.items() if not _is_empty(one)})
    ]
    return filled, [*columns]


def _csv_lines(path: Path, separators: str) -> Iterator[ManifestLine]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        separator = max(separators, key=header.count)  # spreadsheets write what a country uses
        file.seek(0)
        reader = csv.DictReader(file, delimiter=separator, strict=True)
        for values in reader:
            place = f"line {reader.line_num}"
            if None in values:
                raise SettingsError(
                    f"In the manifest {path.name}, {place} has more values than the header has "
                    "columns: put values that contain a comma in quotation marks."
                )
            yield ManifestLine(
                place=place,
                values={name.strip(): (one or "").strip() for name, one in values.items()},
            )


def _json_lines(path: Path) -> Iterator[ManifestLine]:
    with path.open(encoding="utf-8-sig") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            place = f"line {number}"
            try:
                values = json.loads(text)
            except ValueError:
                values = None
            if not isinstance(values, dict):
                raise SettingsError(
                    f"In the manifest {path.name}, {place} is no JSON object: write one object a "
                    'line, such as {"path": "clip.mp4"}.'
                )
            yield ManifestLine(place=place, values=values)


def _parquet_lines(path: Path) -> Iterator[ManifestLine]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise SettingsError(
            "A Parquet manifest needs the Python package pyarrow: pip install pyarrow, or use CSV."
        ) from error
    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, ValueError) as error:
        raise SettingsError(
            f"The manifest {path.name} can't be read as Parquet: write it again, or use CSV."
        ) from error
    for number, values in enumerate(rows, 1):
        yield ManifestLine(place=f"row {number}", values=values)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _reason(error: OSError | UnicodeDecodeError | csv.Error) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()
