"""The plots of a comparison: means with intervals, and phases of the beats."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.comparison_statistics import RowSummary
from d2m.benchmark.comparison.metric_definitions import ComparisonMetric
from d2m.benchmark.plots import save_palette_png
from d2m.metrics.beat_phases import PHASE_BINS, phase_counts
from d2m.rendering.palette import DARK, LIGHT, Palette

COMPARISON_DPI = 130
"""Pixels in an inch of the plots: sharp on most screens."""
_COLUMNS, _PHASE_COLUMNS = 3, 5


def interval_plots(
    summaries: dict[str, RowSummary], systems: tuple[str, ...], metrics: list[ComparisonMetric]
) -> tuple[str, str]:
    """Draw the means of all rows with their intervals, one panel for each metric.

    Returns
    -------
    light, dark
        Addresses of PNG images with the data in them.
    """

    def draw(pyplot: Any, colours: Palette) -> Any:
        lines = ceil(len(metrics) / _COLUMNS)
        height = 0.7 + lines * (0.75 + 0.24 * len(summaries))
        figure, axes = pyplot.subplots(
            lines, _COLUMNS, figsize=(11, height), squeeze=False, sharey=True
        )
        for axis in axes.flat[len(metrics) :]:
            axis.set_visible(False)
        for axis, metric in zip(axes.flat, metrics, strict=False):
            _draw_intervals(axis, summaries, systems, metric, colours)
        return figure

    return _both(draw)


def phase_plots(comparison: Comparison) -> tuple[str, str]:
    """Draw a histogram of the phases of each row's beats in those of the dance.

    Returns
    -------
    light, dark
        Addresses of PNG images with the data in them.
    """
    phases = {
        name: np.concatenate([np.zeros(0), *(one.music.phases for one in pieces)])
        for name in comparison.rows
        if (pieces := comparison.pieces_of(name))
    }

    def draw(pyplot: Any, colours: Palette) -> Any:
        lines = ceil(len(phases) / _PHASE_COLUMNS)
        figure, axes = pyplot.subplots(
            lines, _PHASE_COLUMNS, figsize=(11, 0.5 + 1.75 * lines), squeeze=False, sharex=True
        )
        for axis in axes.flat[len(phases) :]:
            axis.set_visible(False)
        middles = (np.arange(PHASE_BINS) - PHASE_BINS // 2) / PHASE_BINS
        for axis, (name, values) in zip(axes.flat, phases.items(), strict=False):
            share = phase_counts(values) / max(1, len(values))
            colour = colours.music if name in comparison.systems else colours.faint
            axis.bar(middles, share, width=0.9 / PHASE_BINS, color=colour)
            axis.axvline(0, color=colours.dance, linewidth=1)
            axis.set_title(f"{name}\n{len(values)} beats", fontsize=9)
            axis.set_xticks([-0.5, 0, 0.5], ["-½", "0", "½"])
            axis.set_ylim(0, max(0.2, 1.05 * float(share.max(initial=0))))
            _plain(axis, colours)
        return figure

    return _both(draw)


def _draw_intervals(
    axis: Any,
    summaries: dict[str, RowSummary],
    systems: tuple[str, ...],
    metric: ComparisonMetric,
    colours: Palette,
) -> None:
    for number, (name, summary) in enumerate(summaries.items()):
        mean = summary.means[metric.key]
        if not mean.clips:
            continue
        colour = colours.music if name in systems else colours.faint
        axis.plot([mean.low, mean.high], [number, number], color=colour, linewidth=2.5)
        axis.plot([mean.mean], [number], "o", color=colour, markersize=6)
    axis.set_yticks(range(len(summaries)), list(summaries), fontsize=9)
    axis.set_ylim(len(summaries) - 0.4, -0.6)
    axis.set_title(metric.label, fontsize=10)
    low, high = axis.get_xlim()
    axis.set_xlim(min(0.0, low), max(1.02, high))
    axis.grid(axis="x", color=colours.faint, alpha=0.3)
    _plain(axis, colours)


def _plain(axis: Any, colours: Palette) -> None:
    axis.tick_params(colors=colours.ink, labelsize=9, length=0)
    axis.title.set_color(colours.ink)
    axis.set_facecolor(colours.background)
    for side in axis.spines.values():
        side.set_visible(False)


def _both(draw: Callable[[Any, Palette], Any]) -> tuple[str, str]:
    """Draw a figure in light and in dark colours."""
    light, dark = (_address(draw, colours) for colours in (LIGHT, DARK))
    return light, dark


def _address(draw: Callable[[Any, Palette], Any], colours: Palette) -> str:
    """Draw a figure, and return the address of a PNG with the data in it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context({"text.color": colours.ink, "savefig.dpi": COMPARISON_DPI}):
        figure = draw(pyplot, colours)
        figure.set_facecolor(colours.background)
        figure.tight_layout()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plot.png"
            save_palette_png(figure, path)
            data = b64encode(path.read_bytes()).decode()
        pyplot.close(figure)
    return f"data:image/png;base64,{data}"
