"""Documents of headings, paragraphs, lists, tables, plots and audio, as Markdown or HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from d2m.audio.waveform import Audio
from d2m.core.levels import SAMPLE_RATE

# Style of the HTML file: a readable column, tables with aligned digits.
_CSS = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:70rem;margin:2rem auto;"
    "padding:0 1rem}"
    "div.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0}"
    "th,td{padding:.3rem .7rem;border-bottom:1px solid #ccc;text-align:right;"
    "font-variant-numeric:tabular-nums}"
    "th{border-bottom:2px solid #555}th:first-child,td:first-child{text-align:left}"
    "img{max-width:100%;height:auto}figure{margin:1rem 0}figcaption{color:#555}"
    "audio{width:15rem;height:2.2rem;vertical-align:middle}"
)


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
class Reference:
    """A sentence that ends with another file of the folder, which HTML names without a link."""

    text: str
    file: str


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


@dataclass(frozen=True, kw_only=True)
class AudioClips:
    """Short mono audio (N,) at 22,050 Hz by name, with players in HTML and nothing in Markdown."""

    title: str
    clips: Mapping[str, Audio]


Block = Heading | Paragraph | Reference | BulletList | Table | Plot | AudioClips


def as_markdown(blocks: Sequence[Block]) -> str:
    """Render a document as Markdown that refers to its plots as files in the same folder."""
    return "\n".join(filter(None, map(_markdown, blocks)))


def as_html(blocks: Sequence[Block], title: str) -> str:
    """Render a document as one self-contained HTML file with embedded plots and audio."""
    body = "\n".join(map(_html, blocks))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head>\n<body>\n{body}\n"
        "</body></html>\n"
    )


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.depth} {block.text}\n"
    if isinstance(block, Paragraph):
        return f"{block.text}\n"
    if isinstance(block, Reference):
        return f"{block.text} [{block.file}]({block.file})\n"
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


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.depth}>{escape(block.text)}</h{block.depth}>"
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Reference):
        return f"<p>{escape(block.text)} <code>{escape(block.file)}</code></p>"
    if isinstance(block, BulletList):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Plot):
        data = base64.b64encode(block.path.read_bytes()).decode()
        alt = escape(block.alt_text)
        return (
            f'<figure><img alt="{alt}" src="data:image/png;base64,{data}">'
            f"<figcaption>{alt}</figcaption></figure>"
        )
    if isinstance(block, Table):
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in block.head)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows
        )
        return (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
    players = "".join(
        f'<tr><td>{escape(name)}</td><td><audio controls preload="none" '
        f'aria-label="{escape(f"{block.title}, {name}")}" '
        f'src="data:audio/mpeg;base64,{_mp3(clip)}"></audio></td></tr>'
        for name, clip in block.clips.items()
    )
    return f"<h3>{escape(block.title)}</h3><table>{players}</table>"


def _escaped_cell(text: str) -> str:
    return text.replace("|", "\\|")


def _mp3(clip: Audio) -> str:
    """Encode audio as MP3 in base64."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip.clip(-1.0, 1.0), SAMPLE_RATE, format="MP3")
    return base64.b64encode(file.getvalue()).decode()
