"""The beat plot: movement, music, their beats and the matched beats on one time axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import mean_tempo
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.beats import matched_beats
from d2m.rendering.beat_plot_data import BeatPlotData, beat_row
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
    FONT_PT,
    WIDTH_IN,
    heading,
    save_png,
    style,
    time_ticks,
)
from d2m.rendering.spectrogram_plot import draw_mel, mel_decibels, onset_envelope

# Height of the plot (in). All sizes here were chosen by eye.
_HEIGHT_IN = 6.4


def draw_beat_plot(
    path: Path,
    *,
    title: str,
    duration_s: float,
    motion_envelope: NDArray[Any],
    envelope_rate: float,
    dance_beats_s: NDArray[Any],
    audio: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    music_beats_s: NDArray[Any],
    hits_s: NDArray[Any] | None = None,
    tempo_bpm: float | None = None,
    clock: str = "dance",
    unsure: bool = False,
    is_phase_weak: bool = False,
    has_rhythm: bool = True,
    dark: Path | None = None,
) -> str:
    """Plot the beats of a dance above those of its music, and which of them match.

    Where no rhythm was found, the steady beats of the music are drawn faintly instead, and
    nothing is compared.

    Parameters
    ----------
    path
        The PNG file to write, 1200 px wide.
    title
        Title of the plot; shortened if it is too wide.
    duration_s
        Length of the time axis (s).
    motion_envelope : (F,)
        Amount of the dancer's movement, not negative, in any unit.
    envelope_rate
        Rate of the envelope (Hz).
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    audio : (N,)
        The music, mono.
    sample_rate
        Sample rate of the music (Hz).
    hits_s : (H,)
        Moments at which the dancer's limbs stop abruptly (s), drawn as triangles.
    tempo_bpm
        Tempo of the dance (BPM); by default that of its beats.
    clock, unsure, is_phase_weak, has_rhythm
        Where the beats of the dance come from, whether they or their place are a guess, and
        whether there is evidence for them, as in `d2m.perception.rhythm.Rhythm`.
    dark
        A second PNG file to write, in colours for a dark background.

    Returns
    -------
    str
        A description of the plot in words and numbers, for people who can't see it.
    """
    dance, music = np.asarray(dance_beats_s, float), np.asarray(music_beats_s, float)
    pairs = matched_beats(dance, music if has_rhythm else music[:0])
    compared = pairs[:, 1] if has_rhythm else np.arange(len(music))
    waveform = np.asarray(audio, dtype=np.float32)
    onset, onset_rate = onset_envelope(waveform, sample_rate)
    data = BeatPlotData(
        title=title,
        dance=beat_row(dance, pairs[:, 0], motion_envelope, envelope_rate),
        music=beat_row(music, compared, onset, onset_rate),
        matched_s=np.column_stack([dance[pairs[:, 0]], music[pairs[:, 1]]]),
        hits_s=np.zeros(0) if hits_s is None else np.asarray(hits_s, float),
        tempo_bpm=mean_tempo(dance) if tempo_bpm is None else tempo_bpm,
        clock=clock,
        unsure=unsure,
        is_phase_weak=is_phase_weak,
        has_rhythm=has_rhythm,
        mel_db=mel_decibels(waveform, sample_rate) if len(waveform) else None,
        sample_rate=sample_rate,
        duration_s=duration_s,
    )
    _draw(data, path, LIGHT)
    if dark is not None:
        _draw(data, dark, DARK)
    return data.description


def _draw(data: BeatPlotData, path: Path, palette: Palette) -> None:
    """Draw the plot in the colours of a palette."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(style(palette)):
        figure = Figure(figsize=(WIDTH_IN, _HEIGHT_IN), dpi=DPI)
        dance, match, music, mel = _add_axes(figure)
        if data.is_crowded:
            colour = palette.dance if data.has_rhythm else palette.faint
            draw_crowded_row(dance, data.dance, colour, upper=True)
            draw_crowded_row(music, data.music, palette.music, upper=False)
        else:
            draw_beat_row(
                dance, data.dance, palette.dance, None if data.has_rhythm else palette.faint
            )
            draw_beat_row(music, data.music, palette.music)
        draw_moments(dance, data.hits_s, palette.dance_text)
        draw_matched_lines(match, data.matched_s, palette.match, data.is_crowded)
        _draw_spectrogram(mel, data)
        time_ticks(mel, data.duration_s)
        for axes, name, colour in (
            (dance, "Dance", palette.dance_text),
            (match, "Match", palette.match_text),
            (music, "Music", palette.music_text),
        ):
            axes.set_xlim(0, max(data.duration_s, 1e-3))
            axes.text(
                -0.012, 0.5, name, color=colour, weight="bold",
                ha="right", va="center", transform=axes.transAxes,
            )  # fmt: skip
        dance.text(
            -0.012, 0.34, data.short_source,
            color=palette.dance_text, size=FONT_PT - 4,
            ha="right", va="center", transform=dance.transAxes,
        )  # fmt: skip
        facts = [
            (data.dance_tempo, palette.dance_text if data.has_rhythm else palette.ink),
            ("Music as tracked", palette.music_text),
            (data.match, palette.match_text),
        ]
        heading(figure, data.title, facts)
        save_png(figure, path, data.title)


def _add_axes(figure: Any) -> tuple[Any, Any, Any, Any]:
    """Add the axes of the dance, the matches, the music and the spectrogram, from the top."""
    # Fixed positions, because Matplotlib's layout engine takes longer than all the drawing.
    grid = figure.add_gridspec(
        2, 1, height_ratios=(11, 6), hspace=0.07,
        left=AXES_LEFT, right=AXES_RIGHT, bottom=0.065, top=0.898,
    )  # fmt: skip
    rows = grid[0].subgridspec(3, 1, height_ratios=(5, 1.5, 5), hspace=0)
    dance, match, music, mel = (
        figure.add_subplot(place) for place in (*(rows[i] for i in range(3)), grid[1])
    )
    return dance, match, music, mel


def _draw_spectrogram(axes: Any, data: BeatPlotData) -> None:
    """Draw the music's spectrogram, with its beats over it unless they are crowded."""
    axes.spines[:].set_visible(False)
    axes.set_facecolor("black")
    if data.mel_db is None:
        axes.set_yticks([])
        return
    draw_mel(axes, data.mel_db, data.sample_rate, unit=True)
    if not data.is_crowded:
        bands = len(data.mel_db)
        axes.vlines(data.music.beats_s, 0, bands, color="white", lw=1.2, alpha=0.45)
        axes.set_ylim(0, bands)
