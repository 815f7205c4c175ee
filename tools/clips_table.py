"""Make clips as people have them, process each, and print what came out as a table.

    make clips-table
    PYTHONPATH=. python tools/clips_table.py --only "interlaced" --out docs/clips.md

Exits with 1 if anything else came out than had to.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

from tools.clip_conditions.catalogue import CONDITIONS
from tools.clip_conditions.condition import Condition, Seen

HEADER = "| condition | expected | seen | verdict |\n|---|---|---|---|"


def run(condition: Condition) -> Seen:
    """Check a condition in a temporary folder; an exception is what was seen, too."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return condition.check(Path(folder))
        except Exception as error:
            return Seen(text=f"{type(error).__name__}: {error}", passed=False)


def row(condition: Condition, seen: Seen) -> str:
    """Return the line of a condition in the Markdown table."""
    cells = (condition.name, condition.expected, seen.text, "ok" if seen.passed else "**failed**")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def table(
    only: Annotated[str, typer.Option(help="Regular expression on topic and name.")] = "",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Also write the table to this Markdown file.", dir_okay=False),
    ] = None,
) -> None:
    """Check all conditions and print the table."""
    lines, topic, failed, count = [], "", 0, 0
    for condition in CONDITIONS:
        if not re.search(only, f"{condition.topic}: {condition.name}", re.IGNORECASE):
            continue
        if condition.topic != topic:
            topic = condition.topic
            lines += ["", f"## {topic}", "", HEADER]
            typer.echo(f"\n{topic}")
        seen = run(condition)
        count, failed = count + 1, failed + (not seen.passed)
        lines.append(row(condition, seen))
        typer.echo(lines[-1])
    summary = f"{count - failed} of {count} as expected."
    typer.echo(f"\n{summary}")
    if out is not None:
        title = "# Clips as people have them\n\nMade by `make clips-table`."
        out.write_text("\n".join([f"{title} {summary}", *lines, ""]), encoding="utf-8")
    sys.exit(failed > 0)


if __name__ == "__main__":
    typer.run(table)
