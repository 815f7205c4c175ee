"""The table of goals."""

from __future__ import annotations

from collections.abc import Sequence

from d2m.benchmark.document import Table
from d2m.benchmark.goals import Goal


def goals_table(goals: Sequence[Goal]) -> Table:
    """Build a table of goals with the measured values and whether they were reached."""
    rows = tuple(
        (
            goal.title,
            goal.level or "all",
            goal.as_text(),
            goal.target,
            "reached" if goal.reached else "missed",
        )
        for goal in goals
    )
    return Table(head=("goal", "level", "measured", "target", ""), rows=rows)
