"""The picture of a score: its sections, and below them what plays when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from d2m.core.beat_tempo import tempo_text
from d2m.rendering.drawing import font
from d2m.rendering.palette import DARK, LIGHT, Palette
from d2m.rendering.plot_style import (
    AXES_LEFT,
    AXES_RIGHT,
    DPI,
    FONT_PT,
    WIDTH_IN,
    save_png,
    style,
    time_ticks,
)
from d2m.rendering.score_lanes import STEM_LABELS, StemLanes, stem_lanes
from d2m.score.notes import Score

SECTION_COLOURS = {
    "light": {
        "intro": "#64748B",
        "groove": "#6D28D9",
        "build": "#A21CAF",
        "drop": "#BE123C",
        "break": "#475569",
        "outro": "#64748B",
    },
    "dark": {
        "intro": "#94A3B8",
        "groove": "#A78BFA",
        "build": "#E879F9",
        "drop": "#FB7185",
        "break": "#B6C2D2",
        "outro": "#94A3B8",
    },
}
"""Colours of sections by background, calm ones grey. Their names are written on them in the
colour of the background, at a contrast of at least 4.5:1."""
STEM_COLOURS = {
    "light": {
        "drums": "#475569",
        "bass": LIGHT.dance_text,
        "chords": LIGHT.match_text,
        "lead": LIGHT.music_text,
        "effects": "#9A3F7A",
    },
    "dark": {
        "drums": "#CBD5E1",
        "bass": DARK.dance_text,
        "chords": DARK.match_text,
        "lead": DARK.music_text,
        "effects": "#E3A0CB",
    },
}
"""Colours of stems by background, for text and notes: a contrast of at least 4.5:1."""
# Sizes (px), chosen by eye.
_HEIGHT, _TITLE, _AXIS, _STRIP, _HITS, _NAMES, _GAP = 780, 50, 48, 50, 30, 36, 7
_TEXT = round(FONT_PT * DPI / 72)
_SHORTEST_NOTE, _SHORTEST_CROWDED = 5, 3  # least width of a note (px), and with many beats
_MANY_BEATS = 60  # from more beats (count) than this, only bars are drawn
_MANY_BARS = 40  # from more bars (count) than this, they are drawn fainter


def draw_score_plot(path: Path, *, score: Score, dark: Path | None = None) -> str:
    """Draw the sections of a score, and a lane for each of its tracks.

    The time axis is as wide as that of `d2m.rendering.beat_plot.draw_beat_plot`, so that one
    can stand above the other.

    Parameters
    ----------
    path
        The PNG file to write, 1200 px wide.
    score
        The score.
    dark
        A second PNG file to write, in colours for a dark background.

    Returns
    -------
    str
        A description of the picture in words and numbers, for people who can't see it.
    """
    lanes = stem_lanes(score)
    _draw(score, lanes, path, LIGHT, "light")
    if dark is not None:
        _draw(score, lanes, dark, DARK, "dark")
    return _description(score, lanes)


def _draw(
    score: Score, lanes: tuple[StemLanes, ...], path: Path, palette: Palette, ground: str
) -> None:
    """Draw the picture in the colours of a palette."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(style(palette)):
        figure = Figure(figsize=(WIDTH_IN, _HEIGHT / DPI), dpi=DPI)
        # One pair of axes whose vertical unit is a pixel: many axes would take longer.
        bottom, top = _AXIS / _HEIGHT, 1 - _TITLE / _HEIGHT
        axes = figure.add_axes((AXES_LEFT, bottom, AXES_RIGHT - AXES_LEFT, top - bottom))
        height = _HEIGHT - _AXIS - _TITLE
        axes.set(ylim=(0, height), yticks=[])
        axes.spines[["left", "right", "top"]].set_visible(False)
        time_ticks(axes, score.duration_s)
        figure.text(
            0.5, 0.987, _title(score), ha="center", va="top", size=FONT_PT + 1
        ).set_parse_math(False)
        _draw_sections(axes, score, height, palette, SECTION_COLOURS[ground])
        room = height - _STRIP - _GAP
        if len(score.hits_s):
            _draw_hits(axes, score, room, palette)
            room -= _HITS
        _draw_bars(axes, score, room, palette)
        _draw_stems(axes, score, lanes, room, palette, STEM_COLOURS[ground])
        save_png(figure, path, _title(score))


def _title(score: Score) -> str:
    return f"{score.sub_genre} in {score.key}, {tempo_text(score.tempo_bpm)}"


def _draw_sections(
    axes: Any, score: Score, top: float, palette: Palette, colours: dict[str, str]
) -> None:
    """Draw the strip of sections, with as much of each name as fits."""
    gap = 3 * _seconds_per_pixel(score.duration_s)
    for one in score.sections:
        width = max(one.end_s - one.start_s - gap, gap)
        axes.broken_barh([(one.start_s, width)], (top - _STRIP, _STRIP), color=colours[one.name])
        label = _section_label(one.name, width / _seconds_per_pixel(score.duration_s))
        axes.text(
            one.start_s + width / 2, top - _STRIP / 2, label,
            color=palette.background, weight="bold", ha="center", va="center",
        )  # fmt: skip


def _section_label(name: str, room: float) -> str:
    """Return a name, its first two letters or nothing, whatever fits in the room (px)."""
    label = name.capitalize()
    for text in (label, label[:2]):
        if font(_TEXT).getlength(text) < room - 6:
            return text
    return ""


def _draw_hits(axes: Any, score: Score, top: float, palette: Palette) -> None:
    """Draw a marker for each hit of the dancer that the music meets."""
    _draw_name(axes, "Hits", top - _HITS / 2, palette.ink)
    axes.scatter(
        score.hits_s, np.full(len(score.hits_s), top - _HITS / 2), marker="v", s=110,
        color=palette.ink, linewidths=0,
    )  # fmt: skip


def _draw_bars(axes: Any, score: Score, top: float, palette: Palette) -> None:
    """Draw a faint line at each bar, and a fainter one at each beat."""
    if len(score.beats_s) <= _MANY_BEATS:
        axes.vlines(score.beats_s, 0, top, color=palette.faint, lw=0.8, alpha=0.3, zorder=0)
    share = 0.55 if len(score.downbeats_s) <= _MANY_BARS else 0.35
    axes.vlines(score.downbeats_s, 0, top, color=palette.faint, lw=1.1, alpha=share, zorder=0)


def _draw_stems(
    axes: Any,
    score: Score,
    stems: tuple[StemLanes, ...],
    top: float,
    palette: Palette,
    colours: dict[str, str],
) -> None:
    """Draw the lanes of all stems from the top down, in the room that there is (px)."""
    many = len(score.beats_s) > _MANY_BEATS
    pixel_s = _seconds_per_pixel(score.duration_s)
    shortest_s = (_SHORTEST_CROWDED if many else _SHORTEST_NOTE) * pixel_s
    total = sum(lane.height for one in stems for lane in one.lanes)
    unit = (top - sum(_GAP + _NAMES * bool(one.names) for one in stems)) / max(total, 1.0)
    for one in stems:
        colour = colours[one.stem]
        upper = top
        axes.axhline(top, color=palette.faint, lw=0.8, alpha=0.6)
        if one.names:
            _draw_instruments(axes, one.names, top - _NAMES / 2, 4 * pixel_s, palette)
            top -= _NAMES
        for lane in one.lanes:
            top -= lane.height * unit
            _draw_boxes(axes, lane.boxes, top, lane.height * unit - 3, shortest_s, colour)
        _draw_name(axes, STEM_LABELS[one.stem], (upper + top) / 2, colour)
        top -= _GAP


def _draw_boxes(
    axes: Any, boxes: Any, bottom: float, height: float, shortest_s: float, colour: str
) -> None:
    """Draw the notes of a lane as boxes."""
    from matplotlib.collections import PolyCollection

    start = boxes[:, 0]
    end = np.maximum(boxes[:, 1], start + shortest_s)
    lower, upper = bottom + height * boxes[:, 2], bottom + height * boxes[:, 3]
    corners = np.stack([start, lower, start, upper, end, upper, end, lower], axis=1)
    axes.add_collection(
        PolyCollection(corners.reshape(-1, 4, 2), facecolors=colour, linewidths=0),
        autolim=False,
    )


def _draw_name(axes: Any, name: str, y: float, colour: str) -> None:
    """Write the name of a row left of it."""
    axes.text(
        -0.012, y, name, color=colour, weight="bold", ha="right", va="center",
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip


def _draw_instruments(
    axes: Any, names: tuple[str, ...], y: float, x: float, palette: Palette
) -> None:
    """Write the names of instruments, as many as fit in a line."""
    room = (AXES_RIGHT - AXES_LEFT) * WIDTH_IN * DPI - 20
    shown = list(names)
    while len(shown) > 1 and font(_TEXT).getlength(" · ".join(shown)) > room:
        shown = [*(shown[:-2] if shown[-1] == "…" else shown[:-1]), "…"]
    text = axes.text(
        x, y, " · ".join(shown),
        color=palette.ink, va="center",
        bbox={"facecolor": palette.background, "edgecolor": "none", "pad": 1},
    )  # fmt: skip
    text.set_parse_math(False)


def _seconds_per_pixel(duration_s: float) -> float:
    return max(duration_s, 1e-3) / ((AXES_RIGHT - AXES_LEFT) * WIDTH_IN * DPI)


def _description(score: Score, stems: tuple[StemLanes, ...]) -> str:
    """Describe the picture in words and numbers."""
    form = ", ".join(f"{one.name} {one.start_s:.1f} to {one.end_s:.1f} s" for one in score.sections)
    plays = "; ".join(
        f"{', '.join([STEM_LABELS[one.stem].lower(), *one.names])} ({_count(one.notes, 'note')})"
        for one in stems
    )
    return (
        f"Timeline of {score.duration_s:.1f} s: what plays when in {_title(score)}. "
        f"Sections: {form or 'none'}. Lanes: {plays or 'none'}. "
        f"The music meets {_count(len(score.hits_s), 'hit')} of the dancer."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
