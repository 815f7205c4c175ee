"""The plot of a dance for a song: the song's onsets and beats above, the dancer's stops below."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import tempo_text
from d2m.metrics.beats import matched_beats
from d2m.metrics.kinematic_scores import DANCE_TOLERANCE_S
from d2m.rendering.beat_plot_data import BeatRow, are_crowded, beat_row
from d2m.rendering.beat_rows import (
    draw_beat_row,
    draw_crowded_row,
    draw_matched_lines,
    draw_moments,
)
from d2m.rendering.palette import DARK, LIGHT, Palette
from d2m.rendering.plot_style import (
    AXES_LEFT,
    AXES_RIGHT,
    DPI,
    WIDTH_IN,
    heading,
    save_png,
    style,
    time_ticks,
)
from d2m.rendering.spectrogram_plot import onset_envelope

_HEIGHT_IN = 4.4
"""Height of the plot (in); chosen by eye."""


@dataclass(frozen=True, kw_only=True)
class _PlotData:
    """The data of a plot: both rows and the pairs of beats that meet (P, 2) in s."""

    title: str
    song: BeatRow
    dance: BeatRow
    matched_s: NDArray[np.float64]
    onsets_s: NDArray[np.float64]
    tempo: str
    has_beat: bool
    duration_s: float

    @property
    def match(self) -> str:
        """How many beats meet, for display."""
        return f"{len(self.matched_s)} meet" if self.has_beat else "not compared"

    @property
    def description(self) -> str:
        """A description of the plot in words and numbers."""
        if self.has_beat:
            beats = f"{self.song.number} ({self.tempo})"
            meet = (
                f"{len(self.matched_s)} of the dancer's meet one of the song's within "
                f"{DANCE_TOLERANCE_S * 1000:.0f} ms"
            )
        else:
            beats = f"no beat found in it, a steady {self.tempo}"
            meet = "the beats are not compared"
        return (
            f"Timeline of {self.duration_s:.1f} s: the song's onsets, {len(self.onsets_s)} of them "
            f"marked by triangles, with {beats}, above; the stops of the dancer's movement with "
            f"{self.dance.number} of movement below; {meet}."
        )


def draw_dance_plot(
    path: Path,
    *,
    title: str,
    duration_s: float,
    audio: NDArray[Any],
    sample_rate: int,
    onsets_s: NDArray[Any],
    music_beats_s: NDArray[Any],
    tempo_bpm: float,
    has_beat: bool,
    offsets: NDArray[Any],
    offsets_fps: float,
    kinematic_beats_s: NDArray[Any],
    dark: Path | None = None,
) -> str:
    """Plot the beats of a song above those of the dance for it, and which of them meet.

    Parameters
    ----------
    path
        The PNG file to write, 1200 px wide.
    title
        Title of the plot; shortened if it is too wide.
    duration_s
        Length of the time axis (s).
    audio : (N,)
        The song, mono.
    sample_rate
        Its sample rate (Hz).
    onsets_s : (O,)
        Its onsets (s), drawn as triangles.
    music_beats_s : (B,)
        Its beats (s).
    tempo_bpm
        Its tempo (BPM).
    has_beat
        Whether there is evidence for those beats. Without it they are drawn faintly, and
        nothing is compared.
    offsets : (F,)
        Decrease of the movement, `d2m.choreography.kinematic_beats.KinematicBeats.offsets`.
    offsets_fps
        Its rate (Hz).
    kinematic_beats_s : (K,)
        Kinematic beats of the dance (s).
    dark
        A second PNG file to write, in colours for a dark background.

    Returns
    -------
    str
        A description of the plot in words and numbers, for people who can't see it.
    """
    music, stops = np.asarray(music_beats_s, float), np.asarray(kinematic_beats_s, float)
    pairs = matched_beats(stops, music if has_beat else music[:0], DANCE_TOLERANCE_S)
    onset, rate = onset_envelope(np.asarray(audio, dtype=np.float32), sample_rate)
    shown = pairs if has_beat else np.column_stack([np.arange(len(stops))] * 2)
    data = _PlotData(
        title=title,
        song=beat_row(music, pairs[:, 1], onset, rate),
        dance=beat_row(stops, shown[:, 0], offsets, offsets_fps),
        matched_s=np.column_stack([music[pairs[:, 1]], stops[pairs[:, 0]]]),
        onsets_s=np.asarray(onsets_s, float),
        tempo=tempo_text(tempo_bpm),
        has_beat=has_beat,
        duration_s=duration_s,
    )
    _draw(data, path, LIGHT)
    if dark is not None:
        _draw(data, dark, DARK)
    return data.description


def _draw(data: _PlotData, path: Path, palette: Palette) -> None:
    """Draw the plot in the colours of a palette."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(style(palette)):
        figure = Figure(figsize=(WIDTH_IN, _HEIGHT_IN), dpi=DPI)
        # Fixed positions, because Matplotlib's layout engine takes longer than all the drawing.
        grid = figure.add_gridspec(
            3, 1, height_ratios=(5, 1.5, 5), hspace=0,
            left=AXES_LEFT, right=AXES_RIGHT, bottom=0.095, top=0.855,
        )  # fmt: skip
        song, match, dance = (figure.add_subplot(grid[row]) for row in range(3))
        crowded = are_crowded(data.song, data.dance)
        if crowded:
            colour = palette.music if data.has_beat else palette.faint
            draw_crowded_row(song, data.song, colour, upper=True)
            draw_crowded_row(dance, data.dance, palette.dance, upper=False)
        else:
            steady = None if data.has_beat else palette.faint
            draw_beat_row(song, data.song, palette.music, steady)
            draw_beat_row(dance, data.dance, palette.dance)
            draw_moments(song, data.onsets_s, palette.music_text)
        draw_matched_lines(match, data.matched_s, palette.match, crowded)
        dance.tick_params(bottom=True, labelbottom=True)
        time_ticks(dance, data.duration_s)
        names = (
            (song, "Song", palette.music_text),
            (match, "Meet", palette.match_text),
            (dance, "Dance", palette.dance_text),
        )
        for axes, name, colour in names:
            axes.set_xlim(0, max(data.duration_s, 1e-3))
            axes.text(
                -0.012, 0.5, name, color=colour, weight="bold",
                ha="right", va="center", transform=axes.transAxes,
            )  # fmt: skip
        tempo = data.tempo if data.has_beat else f"no beat, steady {data.tempo}"
        facts = [
            (f"Song {tempo}", palette.music_text if data.has_beat else palette.ink),
            (f"Dance {data.dance.number}", palette.dance_text),
            (data.match, palette.match_text),
        ]
        heading(figure, data.title, facts, facts_at=0.91)
        save_png(figure, path, data.title)
