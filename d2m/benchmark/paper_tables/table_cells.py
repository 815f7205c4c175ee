"""Tables whose every cell shows our figure, its interval and n, and the published figure."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.benchmark.ratio_intervals import Estimate


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A cell.

    Parameters
    ----------
    measured
        Our figure with its interval; None if it was not measured.
    published
        The published figure; None if it is not at hand.
    note
        Why nothing was measured; else empty.
    """

    measured: Estimate | None = None
    published: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasuredRow:
    """A row.

    Parameters
    ----------
    title
        What was measured.
    cells
        Cells by the key of their column.
    note
        What must be known to read the row; else empty.
    """

    title: str
    cells: dict[str, TableCell]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """A table of the paper, measured here.

    Parameters
    ----------
    key
        Short name, such as ``"table1"``.
    title
        Its title.
    columns
        Titles of the columns by key.
    rows
        Its rows.
    digits
        Decimal digits of its figures.
    n_unit
        What n counts.
    notes
        What differs from the paper, and what else must be known, in sentences.
    """

    key: str
    title: str
    columns: dict[str, str]
    rows: tuple[MeasuredRow, ...]
    digits: int
    n_unit: str
    notes: tuple[str, ...] = ()
