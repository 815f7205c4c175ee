"""Plot of the benchmark of real dances: F-measures by clip, best shifts, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from d2m.benchmark.plots import PLOT_DPI, PLOT_STYLE, TEXT_COLOUR, save_palette_png
from d2m.benchmark.real_rhythm_results import ClipRhythm
from d2m.benchmark.rhythm_statistics import Calibration, shift_histogram

CLOCK_MARKS = {"auto": ("#0072B2", "o"), "sound": ("#009E73", "s"), "dance": ("#D55E00", "D")}
"""Colour (Okabe and Ito) and marker of each clock."""
_PROBABILITY_MARKS = (("#222222", "o"), ("#0072B2", "s"), ("#D55E00", "D"))


def plot_real_rhythm(
    path: Path,
    clocks: Mapping[str, Mapping[str, ClipRhythm]],
    calibrations: Mapping[str, Calibration],
) -> str:
    """Plot the scores of all clips, and return the alternative text.

    Parameters
    ----------
    path
        PNG file.
    clocks
        Scores by clock and title of the clip.
    calibrations
        Calibration of one clock, by the name of the probability.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for clips in clocks.values() for name in clips))
    with mpl.rc_context(PLOT_STYLE):
        size = (15.5, max(4.6, 1.6 + 0.34 * len(names)))
        figure = Figure(figsize=size, dpi=PLOT_DPI, layout="constrained")
        by_clip, shifts, chance = figure.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
        _draw_clips(by_clip, names, clocks)
        _draw_shifts(shifts, clocks)
        _draw_calibration(chance, calibrations)
        for axes in (by_clip, shifts, chance):
            axes.spines[["top", "right"]].set_visible(False)
        save_palette_png(figure, path)
    return (
        f"Left: beat F of {len(names)} clips within 70 ms, octave aside, by clock ("
        f"{', '.join(clocks)}), filled as found, hollow after the best constant shift. Middle: "
        "number of clips with the right tempo by best shift. Right: predicted probabilities and "
        "shares that came true."
    )


def _draw_clips(
    axes: Any, names: list[str], clocks: Mapping[str, Mapping[str, ClipRhythm]]
) -> None:
    for row, name in enumerate(names):
        found = {clock: clips[name] for clock, clips in clocks.items() if name in clips}
        axes.axhline(row, color="#dddddd", lw=0.8, zorder=0)
        for number, (clock, clip) in enumerate(found.items()):
            colour, marker = CLOCK_MARKS[clock]
            height = row + 0.2 * (number - (len(found) - 1) / 2)
            match = clip.match
            axes.plot([match.f70_octave, match.shifted_f70], [height] * 2, color=colour, lw=0.8)
            axes.plot(match.shifted_f70, height, marker, color=colour, mfc="white", ms=6)
            axes.plot(match.f70_octave, height, marker, color=colour, ms=6)
    for clock in clocks:
        colour, marker = CLOCK_MARKS[clock]
        axes.plot([], [], marker, color=colour, label=clock)
    axes.set_yticks(range(len(names)), names, fontsize=10)
    axes.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.4, -0.6))
    axes.set_xlabel("beat F, 70 ms (hollow: after the best shift)")
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(clocks))


def _draw_shifts(axes: Any, clocks: Mapping[str, Mapping[str, ClipRhythm]]) -> None:
    width = 0.1 / max(1, len(clocks))
    for number, (clock, clips) in enumerate(clocks.items()):
        counts = shift_histogram(
            [clip.match.best_shift for clip in clips.values() if clip.match.tempo_octave]
        )
        place = np.array([*counts]) + width * (number - (len(clocks) - 1) / 2)
        axes.bar(place, [*counts.values()], width, color=CLOCK_MARKS[clock][0], label=clock)
    axes.set_xticks([-0.25, 0, 0.25, 0.5], ["¼ earlier", "0", "¼ later", "½"])
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel="best shift (beats)", ylabel="clips with the right tempo")


def _draw_calibration(axes: Any, calibrations: Mapping[str, Calibration]) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", lw=1)
    for number, (name, found) in enumerate(calibrations.items()):
        colour, marker = _PROBABILITY_MARKS[number % len(_PROBABILITY_MARKS)]
        predicted = [one.predicted for one in found.bins]
        shares = [one.found for one in found.bins]
        axes.plot(predicted, shares, marker=marker, color=colour, lw=1, label=name)
        for one in found.bins:
            axes.annotate(
                f"{one.count}",
                (one.predicted, one.found),
                xytext=(5, 5 if number % 2 == 0 else -13),
                textcoords="offset points",
                color=colour,
                fontsize=9,
            )
    axes.set(xlim=(-0.03, 1.06), ylim=(-0.06, 1.06))
    axes.set_xlabel("predicted (labels: number of predictions)", color=TEXT_COLOUR)
    axes.set_ylabel("came true")
    if calibrations:
        axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=10)
