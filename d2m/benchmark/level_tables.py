"""The tables of the levels: figures with their intervals and goals."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from d2m.benchmark.level_rows import AT_MOST, LEVEL_ROWS, MUSIC_NOTES, PAIR_ROWS, LevelRow
from d2m.benchmark.ratio_intervals import Estimate, estimate

LEVEL_NAMES = ("high", "low")
"""The levels, in the order of the columns."""
REGAINED = 0.5
"""Share of the notes lost before that must be won back."""
LevelMeasurements = list[dict[str, Any]]
"""For each piece, figures by level in ``levels``."""


def level_values(measured: LevelMeasurements, level: str, key: str) -> list[float]:
    """Return one figure of a level for each piece, NaN where it has none."""
    return [one["levels"].get(level, {}).get(key, math.nan) for one in measured]


def row_estimates(row: LevelRow, measured: LevelMeasurements) -> dict[str, Estimate]:
    """Return the figure of each level that has one."""
    found = {}
    for level in LEVEL_NAMES:
        over = level_values(measured, level, row.over) if row.over else None
        one = estimate(level_values(measured, level, row.key), over)
        if one is not None and row.rise:
            one = Estimate(value=one.value - 1, lower=one.lower - 1, upper=one.upper - 1, n=one.n)
        if one is not None:
            found[level] = one
    return found


def pair_estimate(row: LevelRow, measured: LevelMeasurements) -> Estimate | None:
    """Return the share of pieces in which low's figure is larger than high's."""
    high, low = (level_values(measured, level, row.key) for level in LEVEL_NAMES)
    both = [(a, b) for a, b in zip(high, low, strict=True) if math.isfinite(a + b)]
    return estimate([float(b > a) for a, b in both])


def all_rows(measured: LevelMeasurements, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all rows that have figures, as plain data.

    Parameters
    ----------
    measured
        Pieces and excerpts of recorded music.
    before
        The rows of an earlier measurement, which the goal for recorded music depends on.
    """
    rows = []
    for row in LEVEL_ROWS:
        found = row_estimates(row, measured)
        if found:
            goals = _regained(before) if row.key == MUSIC_NOTES else row.goals
            rows.append(_as_data(row, found, goals))
    for row in PAIR_ROWS:
        one = pair_estimate(row, measured)
        if one is not None:
            rows.append(_as_data(row, {LEVEL_NAMES[1]: one}, row.goals))
    return rows


def markdown_table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows as a Markdown table; figures that miss their goals are bold."""
    lines = [
        "| figure | high | 95 % interval | low | 95 % interval | n | goal, high / low |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = []
        for index, level in enumerate(LEVEL_NAMES):
            one = row["levels"].get(level)
            goal = row["goals"][index] if row["goals"] else None
            cells += _cells(one, goal, row["compare"], row["rise"])
        n = max(one["n"] for one in row["levels"].values())
        goals = [_text(goal, row["rise"]) for goal in row["goals"] or ()]
        wanted = f"{row['compare']} {' / '.join(goals)}" if goals else "-"
        lines.append(f"| {row['title']} | {' | '.join(cells)} | {n} | {wanted} |")
    return lines


def reference_table(
    rows: dict[str, list[dict[str, float | None]]], columns: dict[str, str]
) -> list[str]:
    """Return means of trivial music as a Markdown table.

    Parameters
    ----------
    rows
        Figures of the pieces by the title of the row; those that are None do not count.
    columns
        Titles of the columns by key.
    """
    lines = [f"| | n | {' | '.join(columns.values())} |", f"|---|{'---:|' * (len(columns) + 1)}"]
    for title, figures in rows.items():
        cells = []
        for key in columns:
            values = [some.get(key) for some in figures]
            one = estimate([math.nan if value is None else value for value in values])
            cells.append("-" if one is None else f"{one.value:.3f}")
        lines.append(f"| {title} | {len(figures)} | {' | '.join(cells)} |")
    return lines


def _regained(before: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Return the goals for recorded music: half of the notes lost before won back."""
    for row in before:
        if row["key"] == MUSIC_NOTES and len(row["levels"]) == len(LEVEL_NAMES):
            high, low = (row["levels"][level]["value"] for level in LEVEL_NAMES)
            return high + REGAINED * (1 - high), low + REGAINED * (1 - low)
    return None


def _as_data(
    row: LevelRow, found: dict[str, Estimate], goals: tuple[float, float] | None
) -> dict[str, Any]:
    data = asdict(row) | {"goals": list(goals) if goals else None}
    return data | {"levels": {level: asdict(one) for level, one in found.items()}}


def _cells(
    one: dict[str, Any] | None, goal: float | None, compare: str, percent: bool
) -> list[str]:
    """Return the value and the interval of a level."""
    if one is None:
        return ["-", "-"]
    text = _text(one["value"], percent)
    if goal is not None:
        met = one["value"] <= goal if compare == AT_MOST else one["value"] >= goal
        text = text if met else f"**{text}**"
    return [text, f"{_text(one['lower'], percent)} to {_text(one['upper'], percent)}"]


def _text(value: float, percent: bool) -> str:
    return f"{100 * value:.0f} %" if percent else f"{value:.3f}"
