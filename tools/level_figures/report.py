"""The table of all figures of both levels, with their intervals and goals."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from tools.level_figures.intervals import Estimate, estimate

LEVEL_NAMES = ("high", "low")
"""The levels, in the order of the columns."""
AT_MOST, AT_LEAST = "<=", ">="
"""How a figure is compared with its goal."""
MUSIC_NOTES = "music_notes"
"""Key of the notes kept of recorded music, whose goal depends on what was kept before."""
REGAINED = 0.5
"""Share of the notes lost before that must be won back."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of both levels.

    Parameters
    ----------
    title
        What it is.
    key
        Key of the values of a piece.
    over
        Key of the denominators, if the figure is a ratio of means.
    rise
        Whether the ratio is shown as a rise (ratio - 1), in percent.
    compare, goals
        `AT_MOST` or `AT_LEAST`, and the goals of high and low; None without one.
    """

    title: str
    key: str
    over: str = ""
    rise: bool = False
    compare: str = AT_MOST
    goals: tuple[float, float] | None = None


ROWS = (
    Row(title="codec, log-mel L1 (decades)", key="codec_log_mel", goals=(0.15, 0.10)),
    Row(title="codec, spectral convergence", key="codec_convergence", goals=(0.28, 0.15)),
    Row(title="codec, notes kept, without drums (F1)", key="notes_tonal",
        compare=AT_LEAST, goals=(0.75, 0.88)),
    Row(title="codec, notes kept, full mix (F1)", key="notes_mix",
        compare=AT_LEAST, goals=(0.75, 0.88)),
    Row(title="codec, pitches kept, without drums (correlation)", key="notes_tonal_pitch",
        compare=AT_LEAST),
    Row(title="codec, pitches kept, full mix (correlation)", key="notes_mix_pitch",
        compare=AT_LEAST),
    Row(title="real music, log-mel L1 (decades)", key="music_codec_log_mel"),
    Row(title="real music, spectral convergence", key="music_codec_convergence"),
    Row(title="real music, notes kept (F1)", key=MUSIC_NOTES, compare=AT_LEAST),
    Row(title="real music, pitches kept (correlation)", key="music_notes_pitch",
        compare=AT_LEAST),
    Row(title="generator over codec, log-mel L1", key="generated_log_mel", over="copy_log_mel",
        goals=(1.10, 1.15)),
    Row(title="generated, log-mel L1 (decades)", key="generated_log_mel"),
    Row(title="generated, notes of the studio version (F1)", key="generated_notes",
        compare=AT_LEAST),
    Row(title="generated, pitches of the studio version (correlation)",
        key="generated_notes_pitch", compare=AT_LEAST),
    Row(title="tagger's distance to studio over that of two songs of a style",
        key="generated_embedding", over="song_embedding", goals=(0.5, 0.35)),
    Row(title="codec's copy, tagger's distance over that of two songs",
        key="copy_embedding", over="song_embedding"),
    Row(title="beat F, librosa", key="beat_f_librosa", compare=AT_LEAST, goals=(0.95, 0.95)),
    Row(title="beat F, network tracker", key="beat_f_network", compare=AT_LEAST,
        goals=(0.95, 0.95)),
    Row(title="hits met", key="hits_met", compare=AT_LEAST),
    Row(title="accents over other steps", key="accents", compare=AT_LEAST, goals=(2.3, 2.3)),
    Row(title="dance zeroed, rise of log-mel L1", key="still_log_mel", over="generated_log_mel",
        rise=True, compare=AT_LEAST, goals=(0.40, 0.40)),
    Row(title="another's dance, rise of log-mel L1", key="other_log_mel",
        over="generated_log_mel", rise=True, compare=AT_LEAST, goals=(0.80, 0.80)),
    Row(title="generated, correlation of log-mels with studio", key="generated_correlation",
        compare=AT_LEAST),
    Row(title="codec's copy, correlation of log-mels", key="copy_correlation", compare=AT_LEAST),
)  # fmt: skip
"""All rows, in the order of the table."""
PAIR_ROWS = (
    Row(title="low nearer to studio than high, generated (share of pieces)",
        key="generated_correlation", compare=AT_LEAST, goals=(0.9, 0.9)),
    Row(title="low nearer to studio than high, codec's copy (share of pieces)",
        key="copy_correlation", compare=AT_LEAST),
)  # fmt: skip
"""Rows that compare low with high: the share of pieces in which low's value is larger."""
Measured = list[dict[str, Any]]
"""For each piece, figures by level in ``levels``."""


def level_values(measured: Measured, level: str, key: str) -> list[float]:
    """Return one figure of a level for each piece, NaN where it has none."""
    return [one["levels"].get(level, {}).get(key, math.nan) for one in measured]


def row_estimates(row: Row, measured: Measured) -> dict[str, Estimate]:
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


def pair_estimate(row: Row, measured: Measured) -> Estimate | None:
    """Return the share of pieces in which low's figure is larger than high's."""
    high, low = (level_values(measured, level, row.key) for level in LEVEL_NAMES)
    both = [(a, b) for a, b in zip(high, low, strict=True) if math.isfinite(a + b)]
    return estimate([float(b > a) for a, b in both])


def all_rows(measured: Measured, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all rows that have figures, as plain data.

    Parameters
    ----------
    measured
        Pieces and excerpts of recorded music.
    before
        The rows of an earlier measurement, which the goal for recorded music depends on.
    """
    rows = []
    for row in ROWS:
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


def reference_table(rows: dict[str, list[dict[str, float]]], columns: dict[str, str]) -> list[str]:
    """Return means of trivial music as a Markdown table.

    Parameters
    ----------
    rows
        Figures of the pieces by the title of the row.
    columns
        Titles of the columns by key.
    """
    lines = [f"| | n | {' | '.join(columns.values())} |", f"|---|{'---:|' * (len(columns) + 1)}"]
    for title, figures in rows.items():
        cells = []
        for key in columns:
            one = estimate([float(some.get(key, math.nan)) for some in figures])
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
    row: Row, found: dict[str, Estimate], goals: tuple[float, float] | None
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
