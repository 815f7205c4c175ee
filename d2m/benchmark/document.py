"""Documents of headings, paragraphs, lists, tables and plots, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading; depth 1 is the title of the document."""

    text: str
    depth: int = 2


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class BulletList:
    """A list of items."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; the first column holds text, the others numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A PNG file in the folder of the document, with its alternative text."""

    path: Path
    alt_text: str


Block = Heading | Paragraph | BulletList | Table | Plot


def as_markdown(blocks: Sequence[Block]) -> str:
    """Render a document as Markdown that refers to its plots as files in the same folder."""
    return "\n".join(filter(None, map(_markdown, blocks)))


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.depth} {block.text}\n"
    if isinstance(block, Paragraph):
        return f"{block.text}\n"
    if isinstance(block, BulletList):
        return "".join(f"- {item}\n" for item in block.items)
    if isinstance(block, Plot):
        return f"![{block.alt_text}]({block.path.name})\n"
    if isinstance(block, Table):
        lines = [block.head, ("---", *("---:",) * (len(block.head) - 1)), *block.rows]
        return "".join(
            f"| {' | '.join(_escaped_cell(cell) for cell in line)} |\n" for line in lines
        )
    return ""


def _escaped_cell(text: str) -> str:
    return text.replace("|", "\\|")
