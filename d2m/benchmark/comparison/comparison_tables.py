"""The tables of a comparison as data, for the page and for LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from d2m.benchmark.comparison.comparison_statistics import RowSummary
from d2m.benchmark.comparison.metric_definitions import (
    COMPARISON_METRICS,
    SYSTEM_METRICS,
    ComparisonMetric,
)

MISSING = "–"
"""Stands for what could not be measured."""
SHORT_TABLE = (
    *("beat_f_librosa", "beat_f_network", "amlt_network", "hits_met", "onsets_at_accents"),
    *("alignment_dance", "coverage", "hit", "loris_f1", "genre_right", "frechet_distance"),
)
"""Keys of the metrics in the short table."""


@dataclass(frozen=True, kw_only=True)
class FigureCell:
    """One figure of a row.

    Parameters
    ----------
    value
        The value or mean; NaN if it could not be measured.
    interval
        Its 95 % interval for people, such as ``"0.31 to 0.52"``; empty without one.
    n
        Number of clips.
    """

    value: float
    interval: str
    n: int

    @property
    def text(self) -> str:
        """The value for people."""
        if not isfinite(self.value):
            return MISSING
        return f"{self.value:.2f}" if abs(self.value) < 100 else f"{self.value:.0f}"


def metrics_named(keys: Sequence[str]) -> list[ComparisonMetric]:
    """Return metrics by their keys, in the order of the keys."""
    known = {one.key: one for one in (*COMPARISON_METRICS, *SYSTEM_METRICS)}
    return [known[key] for key in keys]


def figure_cell(summary: RowSummary, metric: ComparisonMetric) -> FigureCell:
    """Return the figure of a system or trivial row in a metric."""
    if metric in SYSTEM_METRICS:
        value = summary.figures.get(metric.key, float("nan"))
        return FigureCell(value=value, interval="", n=summary.pieces if isfinite(value) else 0)
    mean = summary.means[metric.key]
    interval = f"{mean.low:.2f} to {mean.high:.2f}" if mean.clips > 1 else ""
    return FigureCell(value=mean.mean, interval=interval, n=mean.clips)


def measured_metrics(
    summaries: dict[str, RowSummary], metrics: Sequence[ComparisonMetric]
) -> list[ComparisonMetric]:
    """Leave out the metrics that no row has."""
    return [
        metric
        for metric in metrics
        if any(figure_cell(one, metric).n for one in summaries.values())
    ]
