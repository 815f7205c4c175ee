"""Pictures of the report. Colours are Okabe and Ito's, which any colour vision tells apart."""

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

REACHED_COLOUR, MISSED_COLOUR, INK = "#0072B2", "#D55E00", "#222222"
LINES = (
    ("#222222", "-"),
    ("#0072B2", "-"),
    ("#D55E00", "-"),
    ("#009E73", "--"),
    ("#CC79A7", ":"),
    ("#E69F00", "-."),
)
_DPI = 100
_LONGEST = 2.0
_STYLE: Any = {"font.size": 12, "text.color": INK, "axes.labelcolor": INK}


def goals_picture(path: Path, goals: Sequence[Goal]) -> str:
    """Draw each goal's value as a share of its limit; return what it shows in words."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    titles = list(dict.fromkeys(goal.title for goal in goals))
    # What is of all weights together stands beside the first level.
    first = next((goal.level for goal in goals if goal.level), "")
    levels = list(dict.fromkeys(goal.level or first for goal in goals))
    size = (4.5 + 4.2 * len(levels), 1.2 + 0.36 * len(titles))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
        for axes, level in zip(panels, levels, strict=True):
            for goal in goals:
                if (goal.level or first) == level:
                    _goal_bar(axes, len(titles) - 1 - titles.index(goal.title), goal)
            axes.axvline(1.0, ymax=0.99, color=INK, lw=1.2)
            axes.set(xlim=(0, 5.6), ylim=(-0.7, len(titles) - 0.3), title=f"level {level}")
            axes.set_xticks([0, 1, 2], ["0", "goal", "2 x"])
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(left=False)
        panels[0].set_yticks(np.arange(len(titles))[::-1], titles)
        _save(figure, path)
    reached = sum(goal.reached for goal in goals)
    return (
        f"Bars of what was measured over its goal: {reached} of {len(goals)} goals reached (blue, "
        "plain), the others missed (orange, hatched)."
    )


def accents_picture(path: Path, curves: Mapping[str, FloatArray]) -> str:
    """Draw mean onset strength around the dancers' hits; return what it shows in words."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 4.2), dpi=_DPI, layout="constrained")
        axes = figure.subplots()
        for (name, curve), (colour, dash) in zip(curves.items(), LINES, strict=False):
            times_ms = np.linspace(-1000 * CURVE_S, 1000 * CURVE_S, len(curve))
            axes.plot(times_ms, curve, color=colour, ls=dash, lw=2.2, label=name)
        axes.axvline(0.0, color="#999999", lw=1)
        axes.set(
            xlabel="Time from the begin of the step in which the body hits (ms)",
            ylabel="Onset strength / its mean",
            ylim=(0, None),
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        _save(figure, path)
    peaks = ", ".join(f"{name} {float(curve.max()):.1f}" for name, curve in curves.items())
    return f"Mean onset strength of the music around hits of the body; highest values: {peaks}."


def mel_picture(path: Path, excerpts: Sequence[Excerpt]) -> str:
    """Draw spectrograms of excerpts, one a column; return what they show in words."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = list(excerpts[0].sounds)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11, 1.5 * len(names) + 0.8), dpi=_DPI, layout="constrained")
        grid = figure.subplots(len(names), len(excerpts), sharex=True, squeeze=False)
        for column, excerpt in enumerate(excerpts):
            grid[0, column].set_title(excerpt.title)
            for row, name in enumerate(names):
                axes, sound = grid[row, column], np.asarray(excerpt.sounds[name])
                axes.imshow(
                    log_mel(sound),
                    origin="lower",
                    aspect="auto",
                    cmap="magma",
                    vmin=-2.5,
                    vmax=0.8,
                    extent=(0, len(sound) / SAMPLE_RATE, 0, 1),
                )
                axes.set_yticks([])
                if column == 0:
                    label = name.replace(", ", "\n")
                    axes.set_ylabel(label, rotation=0, ha="right", va="center")
            grid[-1, column].set_xlabel("Time (s)")
        _save(figure, path)
    shown = " and ".join(excerpt.title for excerpt in excerpts)
    return f"Log-mel spectrograms of {shown}: {', '.join(names)}, from top to bottom."


def _goal_bar(axes: Any, place: int, goal: Goal) -> None:
    axes.barh(
        place,
        min(goal.share, _LONGEST),
        color=REACHED_COLOUR if goal.reached else MISSED_COLOUR,
        hatch="" if goal.reached else "//",
        edgecolor="white",
    )
    mark = "✓" if goal.reached else "✗"
    note = f"{mark} {goal.shown()}, {goal.wanted}"
    axes.text(_LONGEST + 0.1, place, note, va="center", fontsize=10.5)


def _save(figure: Any, path: Path) -> None:
    """Save a picture with 96 colours, a third of the size of all of them."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    few = Image.open(drawn).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    few.save(path, format="PNG", optimize=True)
