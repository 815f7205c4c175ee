"""Tables of the report: scores by row and metric, goals, and definitions of metrics."""

from __future__ import annotations

from collections.abc import Sequence

from d2m.benchmark.document import Table
from d2m.benchmark.goals import Goal
from d2m.benchmark.metric_table import (
    ORIGINAL,
    RANDOM,
    SHUFFLED,
    Metric,
    Rows,
    above_chance,
    separates,
)

MARK = " †"
"""Appended to the title of a metric that does not separate original from other music."""


def uninformative(metrics: Sequence[Metric], rows: Rows) -> list[Metric]:
    """Return the metrics that do not separate original music from shuffled or random music.

    Metrics without values for original and shuffled music are left out, since nothing is
    known about them. See `d2m.benchmark.metric_table.MARK_RULE`.
    """
    original, shuffled, random = (rows.get(row, {}) for row in (ORIGINAL, SHUFFLED, RANDOM))
    return [
        metric
        for metric in metrics
        if metric.key in original
        and metric.key in shuffled
        and (
            not separates(metric, original[metric.key], shuffled[metric.key])
            or above_chance(metric, shuffled[metric.key])
            or (metric.key in random and above_chance(metric, random[metric.key]))
        )
    ]


def scores_table(metrics: Sequence[Metric], rows: Rows, order: Sequence[str] = ()) -> Table:
    """Build a table of mean ± standard error, with the number of pieces in each row.

    Parameters
    ----------
    metrics
        Columns. Metrics that no row has are left out, uninformative ones are marked.
    rows
        Scores.
    order
        Rows that come first, in this order.
    """
    shown = [metric for metric in metrics if any(metric.key in rows[row] for row in rows)]
    marked = uninformative(shown, rows)
    heads = (metric.title + (MARK if metric in marked else "") for metric in shown)
    names = [row for row in order if row in rows] + [row for row in rows if row not in order]
    lines = []
    for name in names:
        samples = rows[name]
        count = max((len(values) for values in samples.values()), default=0)
        cells = (
            metric.as_text(samples[metric.key]) if metric.key in samples else "–"
            for metric in shown
        )
        lines.append((name, str(count), *cells))
    return Table(head=("", "pieces", *heads), rows=tuple(lines))


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


def definitions(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Return one sentence for each metric: what it is, and which values are better."""
    better = {
        "lower": " (lower is better)",
        "higher": " (higher is better)",
        "one": " (100 % is best)",
        "none": "",
    }
    return tuple(f"{one.title}: {one.definition}{better[one.better]}." for one in metrics)
