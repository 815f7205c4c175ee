"""The tables as Markdown, JSON and LaTeX."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from d2m.benchmark.document import (
    Block,
    BulletList,
    Heading,
    Paragraph,
    Table,
    as_markdown,
)
from d2m.benchmark.json_values import json_ready
from d2m.benchmark.paper_tables.published_figures import (
    D2MGAN_SOURCE,
    LATER_FIGURES,
    NOT_AT_HAND,
)
from d2m.benchmark.paper_tables.table_cells import MeasuredRow, PaperTable, TableCell
from d2m.media.atomic_write import atomic_write

TABLES_TITLE = "The tables of the D2M-GAN paper, measured again"
_MISSING = "-"
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def tables_markdown(tables: Sequence[PaperTable], command: str = "") -> str:
    """Return tables as Markdown.

    Parameters
    ----------
    tables
        The tables.
    command
        Arguments of the command that measured them, after ``python -m d2m evaluate tables``.
    """
    blocks: list[Block] = [
        Heading(text=TABLES_TITLE, depth=1),
        Paragraph(
            text=f"Written by `{' '.join(['python -m d2m evaluate tables', command]).strip()}`. "
            f"Source of the paper's figures: {D2MGAN_SOURCE}. They were measured on its data, "
            "which are not bundled; the notes below each table say what differs."
        ),
    ]
    for table in tables:
        blocks += [Heading(text=table.title), *_table_blocks(table)]
        blocks.append(BulletList(items=table.notes))
    blocks += _later_blocks()
    return as_markdown(blocks)


def tables_json(tables: Sequence[PaperTable], measured: dict[str, Any]) -> str:
    """Return tables as JSON, with what was measured of each dance; NaN becomes null."""
    values = {"tables": [asdict(table) for table in tables], "sums": measured}
    return json.dumps(json_ready(values), indent=1, allow_nan=False) + "\n"


def tables_latex(tables: Sequence[PaperTable]) -> str:
    """Return each table as a LaTeX ``table`` with its notes in the caption."""
    return "\n".join(_latex_table(table) for table in tables)


def write_tables(
    tables: Sequence[PaperTable], measured: dict[str, Any], folder: Path, command: str
) -> str:
    """Write ``tables.md``, ``tables.json`` and ``tables.tex``, and return the Markdown."""
    texts = {
        "tables.md": tables_markdown(tables, command),
        "tables.json": tables_json(tables, measured),
        "tables.tex": tables_latex(tables),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    return texts["tables.md"]


def cell_text(cell: TableCell, digits: int) -> str:
    """Return our figure with its interval and n, such as ``83.1 [79.0, 86.2], n = 20``."""
    if cell.measured is None:
        return cell.note or _MISSING
    one = cell.measured
    text = f"{one.value:.{digits}f}"
    if isfinite(one.lower) and isfinite(one.upper):
        text += f" [{one.lower:.{digits}f}, {one.upper:.{digits}f}]"
    return f"{text}, n = {one.n}"


def published_text(cell: TableCell, digits: int) -> str:
    """Return the published figure, or that it is not at hand."""
    return NOT_AT_HAND if cell.published is None else f"{cell.published:.{digits}f}"


def _table_blocks(table: PaperTable) -> list[Block]:
    """Return a table, or one sentence if it says the same of all rows."""
    problems = {row.note for row in table.rows}
    if len(problems) == 1 and (problem := problems.pop()):
        titles = "; ".join(row.title for row in table.rows)
        return [Paragraph(text=f"Rows: {titles}."), Paragraph(text=problem)]
    notes = [f"{row.title}: {row.note}" for row in table.rows if row.note]
    cells = tuple((row.title, *_row_texts(row, table)) for row in table.rows)
    blocks: list[Block] = [Table(head=_head(table), rows=cells)]
    return blocks + ([BulletList(items=tuple(notes))] if notes else [])


def _head(table: PaperTable) -> tuple[str, ...]:
    """Return titles of the columns, two for each: ours and the paper's."""
    pairs = [(f"{title}, ours", "paper") for title in table.columns.values()]
    return (f"n = {table.n_unit}", *(text for pair in pairs for text in pair))


def _row_texts(row: MeasuredRow, table: PaperTable) -> list[str]:
    texts = []
    for key in table.columns:
        cell = row.cells.get(key, TableCell())
        texts += [cell_text(cell, table.digits), published_text(cell, table.digits)]
    return texts


def _later_blocks() -> list[Block]:
    """Return the figures that later papers state for their own systems."""
    rows = tuple(
        (
            one.system,
            *(NOT_AT_HAND if value is None else f"{value:.1f}" for value in
              (one.coverage, one.hit, one.f1)),
            one.protocol,
        )
        for one in LATER_FIGURES
    )  # fmt: skip
    return [
        Heading(text="What later papers state on AIST++"),
        Table(
            head=("system", "beats coverage (%)", "beats hit (%)", "F1 (%)", "protocol"), rows=rows
        ),
        Paragraph(text="Each has its own protocol: these figures can't be ranked."),
    ]


def _latex_table(table: PaperTable) -> str:
    head = " & ".join(_latex_text(text) for text in _head(table))
    lines = [
        rf"% {table.key}",
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{_latex_text(table.title)}. {_latex_text(' '.join(table.notes))}}}",
        rf"\label{{tab:{table.key}}}",
        rf"\begin{{tabular}}{{l{'r' * (2 * len(table.columns))}}}",
        r"\hline",
        rf"{head} \\",
        r"\hline",
    ]
    for row in table.rows:
        texts = [row.title, *_row_texts(row, table)]
        lines.append(rf"{' & '.join(_latex_text(text) for text in texts)} \\")
    lines += [r"\hline", r"\end{tabular}"]
    for note in dict.fromkeys(row.note for row in table.rows if row.note):
        lines.append(rf"\\ {_latex_text(note)}")
    return "\n".join([*lines, r"\end{table}", ""])


def _latex_text(text: str) -> str:
    """Escape text for LaTeX; code between backticks is set in a typewriter face."""
    escaped = "".join(_LATEX.get(one, one) for one in text)
    return re.sub(r"`([^`]*)`", r"\\texttt{\1}", escaped)
