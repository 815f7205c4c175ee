"""The rows of a beat plot: envelopes with beats over them, and lines between matched beats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.rendering.beat_plot_data import BeatRow

# Columns in which the envelope of a crowded row is drawn.
_ENVELOPE_COLUMNS = 400


def draw_beat_row(axes: Any, row: BeatRow, colour: str, steady: str | None = None) -> None:
    """Draw an envelope, and the beats over it: solid if matched, else dashed.

    Beats that are only steady, and were not found, are dotted in the colour ``steady``.
    """
    times = np.arange(len(row.envelope)) / row.rate
    axes.fill_between(times, row.envelope, color=colour, alpha=0.3, lw=0)
    axes.plot(times, row.envelope, color=colour, lw=0.8)
    if steady is not None:
        axes.vlines(row.beats_s, 0, 1.08, color=steady, lw=1.6, ls=(0, (1, 3)))
    else:
        axes.vlines(row.beats_s[row.is_matched], 0, 1.08, color=colour, lw=2.6)
        axes.vlines(row.beats_s[~row.is_matched], 0, 1.08, color=colour, lw=1.8, ls=(0, (2, 2)))
    _hide_frame(axes)
    axes.spines["bottom"].set_visible(True)
    axes.set(ylim=(0, 1.12), yticks=[])


def draw_crowded_row(axes: Any, row: BeatRow, colour: str, *, upper: bool) -> None:
    """Draw an envelope, and many beats beside it: long if matched, else short."""
    size = len(row.envelope)
    starts = np.arange(0, size, max(1, size // _ENVELOPE_COLUMNS))
    highest = np.maximum.reduceat(row.envelope, starts) if len(starts) else row.envelope
    base, near, far = (0.6, 0.0, 0.45) if upper else (0.0, 1.6, 1.15)
    axes.fill_between(starts / row.rate, base, base + highest, color=colour, alpha=0.6, lw=0)
    axes.vlines(row.beats_s[row.is_matched], near, far, color=colour, lw=1.5)
    axes.vlines(row.beats_s[~row.is_matched], (near + far) / 2, far, color=colour, lw=1.5)
    _hide_frame(axes)
    axes.axhline(base, color=axes.spines["bottom"].get_edgecolor(), lw=0.8)
    axes.set(ylim=(0, 1.6), yticks=[])


def draw_moments(axes: Any, times_s: NDArray[np.float64], colour: str) -> None:
    """Mark moments (s), such as a dancer's hits, by triangles at the bottom of a row."""
    low, high = axes.get_ylim()
    height = np.full(len(times_s), low + 0.09 * (high - low))
    axes.scatter(times_s, height, marker="^", color=colour, s=46, zorder=3, lw=0)


def draw_matched_lines(
    axes: Any, matched_s: NDArray[np.float64], colour: str, crowded: bool
) -> None:
    """Join the matched beats across the gap between the rows."""
    from matplotlib.collections import LineCollection

    lines = [((dance_s, 1), (music_s, 0)) for dance_s, music_s in matched_s]
    axes.add_collection(LineCollection(lines, colors=colour, lw=1.8 if crowded else 3.2))
    if not crowded:
        axes.scatter(
            matched_s.mean(axis=1), np.full(len(matched_s), 0.5), color=colour, s=80, zorder=2
        )
    _hide_frame(axes)
    axes.set(ylim=(0, 1), yticks=[])


def _hide_frame(axes: Any) -> None:
    """Hide the frame and the time ticks of a row that has others below it."""
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)
