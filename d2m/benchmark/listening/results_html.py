"""Documents as one HTML file, with their plots inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Plot, Table

_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#222}
table{border-collapse:collapse;margin:.5rem 0 1rem;display:block;overflow-x:auto}
th,td{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:right}
th:first-child,td:first-child{text-align:left}img{max-width:100%;height:auto}
"""


def as_html(blocks: Sequence[Block], title: str) -> str:
    """Render a document as an HTML page that needs no other file.

    Parameters
    ----------
    blocks
        The document; the files of its plots must exist.
    title
        Title of the page.
    """
    body = "\n".join(map(_html, blocks))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.depth}>{escape(block.text)}</h{block.depth}>"
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, BulletList):
        items = "".join(f"<li>{escape(item)}</li>" for item in block.items)
        return f"<ul>{items}</ul>"
    if isinstance(block, Plot):
        data = base64.b64encode(block.path.read_bytes()).decode("ascii")
        return f'<img src="data:image/png;base64,{data}" alt="{escape(block.alt_text)}">'
    return _table(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in table.rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
