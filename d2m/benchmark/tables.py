"""From scores to tables: who played by what was measured, with blind metrics marked."""

from __future__ import annotations

from collections.abc import Sequence

from d2m.benchmark.document import Grid
from d2m.benchmark.goals import Goal
from d2m.benchmark.metric_table import (
    ORIGINAL,
    RANDOM,
    SHUFFLED,
    Metric,
    Rows,
    above_chance,
    can_tell,
)

BLIND = " †"


def blind(metrics: Sequence[Metric], rows: Rows) -> list[Metric]:
    """Return the metrics that can't tell original music from shuffled or random music.

    Metrics without values of original and shuffled music are left out: of them nothing is
    known.
    """
    one, other, random = (rows.get(row, {}) for row in (ORIGINAL, SHUFFLED, RANDOM))
    return [
        metric
        for metric in metrics
        if metric.key in one
        and metric.key in other
        and (
            not can_tell(metric, one[metric.key], other[metric.key])
            or above_chance(metric, other[metric.key])
            or (metric.key in random and above_chance(metric, random[metric.key]))
        )
    ]


def score_grid(metrics: Sequence[Metric], rows: Rows, order: Sequence[str] = ()) -> Grid:
    """Return a table of mean ± standard error, with the number of pieces in each row.

    Parameters
    ----------
    metrics
        Columns; those that no row has are left out, blind ones are marked.
    rows
        Scores.
    order
        Rows that come first, in this order.
    """
    shown = [metric for metric in metrics if any(metric.key in rows[row] for row in rows)]
    marked = blind(shown, rows)
    heads = (metric.title + (BLIND if metric in marked else "") for metric in shown)
    names = [row for row in order if row in rows] + [row for row in rows if row not in order]
    lines = []
    for name in names:
        samples = rows[name]
        count = max((len(values) for values in samples.values()), default=0)
        cells = (
            metric.shown(samples[metric.key]) if metric.key in samples else "–" for metric in shown
        )
        lines.append((name, str(count), *cells))
    return Grid(head=("", "pieces", *heads), rows=tuple(lines))


def goal_grid(goals: Sequence[Goal]) -> Grid:
    """Return a table of goals, reached or missed."""
    rows = tuple(
        (
            goal.title,
            goal.level or "all",
            goal.shown(),
            goal.wanted,
            "reached" if goal.reached else "missed",
        )
        for goal in goals
    )
    return Grid(head=("goal", "level", "measured", "wanted", ""), rows=rows)


def definitions(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Return what each metric is, in one line each."""
    better = {
        "lower": " (lower is better)",
        "higher": " (higher is better)",
        "one": " (100 % is best)",
        "none": "",
    }
    return tuple(f"{one.title}: {one.definition}{better[one.better]}." for one in metrics)
