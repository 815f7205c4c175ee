"""Plots of the report. Each function writes a PNG file and returns its alternative text.

The colours are those of Okabe and Ito ("Color Universal Design"), which people with colour
vision deficiencies can distinguish.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from d2m.audio.waveform import log_mel
from d2m.benchmark.goals import Goal
from d2m.benchmark.metric_table import FloatArray
from d2m.benchmark.results import Excerpt
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.accents import CURVE_S

REACHED_COLOUR, MISSED_COLOUR, TEXT_COLOUR = "#0072B2", "#D55E00", "#222222"
"""Colours of the bars of goals, and of text."""
CURVE_STYLES = (
    ("#222222", "-"),
    ("#0072B2", "-"),
    ("#D55E00", "-"),
    ("#009E73", "--"),
    ("#CC79A7", ":"),
    ("#E69F00", "-."),
)
"""Colour and dash of each curve, in order."""
MEL_RANGE = (-2.5, 0.8)
"""Range of the colour map of spectrograms (log10 amplitude). Chosen by hand."""
PLOT_DPI = 100
"""Pixels in an inch of a plot."""
PLOT_STYLE: Any = {"font.size": 12, "text.color": TEXT_COLOUR, "axes.labelcolor": TEXT_COLOUR}
"""matplotlib's settings for all plots."""
_N_COLOURS = 96  # of the PNG palette: a third of the file size of all colours
_MAX_RATIO = 2.0  # longest bar, as a ratio of value to goal


def plot_goals(path: Path, goals: Sequence[Goal]) -> str:
    """Plot the ratio of each measured value to its goal as bars, one panel for each level."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    titles = list(dict.fromkeys(goal.title for goal in goals))
    # Goals of all weights together are shown in the panel of the first level.
    first = next((goal.level for goal in goals if goal.level), "")
    levels = list(dict.fromkeys(goal.level or first for goal in goals))
    size = (4.5 + 4.2 * len(levels), 1.2 + 0.36 * len(titles))
    with mpl.rc_context(PLOT_STYLE):
        figure = Figure(figsize=size, dpi=PLOT_DPI, layout="constrained")
        panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
        for axes, level in zip(panels, levels, strict=True):
            for goal in goals:
                if (goal.level or first) == level:
                    _draw_goal(axes, len(titles) - 1 - titles.index(goal.title), goal)
            axes.axvline(1.0, ymax=0.99, color=TEXT_COLOUR, lw=1.2)
            axes.set(xlim=(0, 5.6), ylim=(-0.7, len(titles) - 0.3), title=f"level {level}")
            axes.set_xticks([0, 1, 2], ["0", "goal", "2 x"])
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(left=False)
        panels[0].set_yticks(np.arange(len(titles))[::-1], titles)
        save_palette_png(figure, path)
    reached = sum(goal.reached for goal in goals)
    return (
        f"Bars of measured values relative to their goals: {reached} of {len(goals)} goals are "
        "reached (blue, plain), the others are missed (orange, hatched)."
    )


def plot_accents(path: Path, curves: Mapping[str, FloatArray]) -> str:
    """Plot the mean onset strength of music around accents of the dance."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(PLOT_STYLE):
        figure = Figure(figsize=(9, 4.2), dpi=PLOT_DPI, layout="constrained")
        axes = figure.subplots()
        for (name, curve), (colour, dash) in zip(curves.items(), CURVE_STYLES, strict=False):
            times_ms = np.linspace(-1000 * CURVE_S, 1000 * CURVE_S, len(curve))
            axes.plot(times_ms, curve, color=colour, ls=dash, lw=2.2, label=name)
        axes.axvline(0.0, color="#999999", lw=1)
        axes.set(
            xlabel="Time from the start of a step with an accent (ms)",
            ylabel="Onset strength / its mean",
            ylim=(0, None),
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        save_palette_png(figure, path)
    peaks = ", ".join(f"{name} {float(curve.max()):.1f}" for name, curve in curves.items())
    return f"Mean onset strength of music around accents of the dance. Maxima: {peaks}."


def plot_spectrograms(path: Path, excerpts: Sequence[Excerpt]) -> str:
    """Plot log-mel spectrograms of excerpts, one column each, one row for each version."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = list(excerpts[0].clips)
    with mpl.rc_context(PLOT_STYLE):
        figure = Figure(figsize=(11, 1.5 * len(names) + 0.8), dpi=PLOT_DPI, layout="constrained")
        grid = figure.subplots(len(names), len(excerpts), sharex=True, squeeze=False)
        for column, excerpt in enumerate(excerpts):
            grid[0, column].set_title(excerpt.title)
            for row, name in enumerate(names):
                axes, clip = grid[row, column], np.asarray(excerpt.clips[name])
                axes.imshow(
                    log_mel(clip),
                    origin="lower",
                    aspect="auto",
                    cmap="magma",
                    vmin=MEL_RANGE[0],
                    vmax=MEL_RANGE[1],
                    extent=(0, len(clip) / SAMPLE_RATE, 0, 1),
                )
                axes.set_yticks([])
                if column == 0:
                    label = name.replace(", ", "\n")
                    axes.set_ylabel(label, rotation=0, ha="right", va="center")
            grid[-1, column].set_xlabel("Time (s)")
        save_palette_png(figure, path)
    shown = " and ".join(excerpt.title for excerpt in excerpts)
    return f"Log-mel spectrograms of {shown}. From top to bottom: {'; '.join(names)}."


def _draw_goal(axes: Any, position: int, goal: Goal) -> None:
    axes.barh(
        position,
        min(goal.ratio, _MAX_RATIO),
        color=REACHED_COLOUR if goal.reached else MISSED_COLOUR,
        hatch="" if goal.reached else "//",
        edgecolor="white",
    )
    mark = "✓" if goal.reached else "✗"
    note = f"{mark} {goal.as_text()}, {goal.target}"
    axes.text(_MAX_RATIO + 0.1, position, note, va="center", fontsize=10.5)


def save_palette_png(figure: Any, path: Path) -> None:
    """Save a figure as PNG with a palette."""
    from PIL import Image

    rendered = io.BytesIO()
    figure.savefig(rendered, format="png")
    image = Image.open(rendered).convert("RGB").quantize(_N_COLOURS, dither=Image.Dither.NONE)
    image.save(path, format="PNG", optimize=True)
