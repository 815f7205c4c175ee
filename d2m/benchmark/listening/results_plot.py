"""Plot of the mean opinion scores of a study with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from d2m.benchmark.listening.study_results import RatingResults
from d2m.benchmark.plots import PLOT_DPI, PLOT_STYLE, save_palette_png

_COLOUR = "#0072B2"


def plot_opinion_scores(path: Path, results: Sequence[RatingResults]) -> str:
    """Plot the scores of each block side by side, and return the alternative text.

    Parameters
    ----------
    path
        PNG file.
    results
        Ratings by block and question, at least one.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    most = max(len(one.scores) for one in results)
    with mpl.rc_context(PLOT_STYLE):
        size = (1.5 + 5.0 * len(results), 1.4 + 0.42 * most)
        figure = Figure(figsize=size, dpi=PLOT_DPI, layout="constrained")
        for axes, one in zip(
            figure.subplots(1, len(results), squeeze=False)[0], results, strict=True
        ):
            _draw(axes, one)
        save_palette_png(figure, path)
    named = "; ".join(
        f"{one.block}: " + ", ".join(f"{score.system} {score.mean:.2f}" for score in one.scores)
        for one in results
    )
    return f"Mean opinion scores with 95 % intervals. {named}."


def _draw(axes: Any, results: RatingResults) -> None:
    for row, score in enumerate(results.scores):
        if score.interval is not None:
            axes.plot(score.interval, (row, row), color=_COLOUR, linewidth=2.5)
        axes.plot(score.mean, row, "o", color=_COLOUR, markersize=7)
    axes.set_yticks(range(len(results.scores)), [score.system for score in results.scores])
    axes.set_ylim(len(results.scores) - 0.5, -0.5)
    axes.set_xlim(0.9, 5.1)
    axes.set_xticks(range(1, 6))
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.set_xlabel("mean opinion score")
    axes.set_title(results.block)
    axes.spines[["top", "right"]].set_visible(False)
