"""One timeline for a dance and its music: what moves, what sounds, which beats meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.metrics.beats import matched_beats
from d2m.rendering.palette import DARK, LIGHT, Palette
from d2m.rendering.plot_style import DPI, WIDTH_IN, heading, style
from d2m.rendering.spectrogram_plot import draw_mel, log_mel, onset_envelope

_HEIGHT_IN = 6.4
_LEFT, _RIGHT = 0.132, 0.964
_CROWD = 50  # beats in a row


@dataclass(frozen=True, kw_only=True)
class _Row:
    """Beats, (B,) in s, which of them meet the other row's, and the envelope they lie in."""

    beats_s: NDArray[np.float64]
    meet: NDArray[np.bool_]
    envelope: NDArray[np.float64]
    rate: float

    @property
    def tempo(self) -> str:
        """How fast the beats come, in words."""
        if len(self.beats_s) < 2:
            return "no tempo"
        return f"{60 / float(np.median(np.diff(self.beats_s))):.0f} BPM"

    @property
    def words(self) -> str:
        """How many beats there are, and how fast."""
        number = len(self.beats_s)
        return f"{number} {'beat' if number == 1 else 'beats'} ({self.tempo})"


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """All that is drawn, in numbers.

    Parameters
    ----------
    dance, music
        The rows of beats.
    met_s : (P, 2)
        Times of the pairs that meet (s), the dance's first.
    level : (M, T)
        The music's mel spectrogram (dB), or None when there is no music.
    sample_rate
        Of the music (Hz).
    duration_s
        Length of the time axis (s).
    """

    title: str
    dance: _Row
    music: _Row
    met_s: NDArray[np.float64]
    level: NDArray[Any] | None
    sample_rate: int
    duration_s: float

    @property
    def score(self) -> float:
        """F-measure of the beats, 0 to 1."""
        beats = len(self.dance.beats_s) + len(self.music.beats_s)
        return 2 * len(self.met_s) / beats if beats else 0.0

    @property
    def crowded(self) -> bool:
        """Whether marks of beats must be small to stay apart."""
        return max(len(self.dance.beats_s), len(self.music.beats_s)) > _CROWD

    @property
    def words(self) -> str:
        """What the picture shows."""
        return (
            f"Timeline of {self.duration_s:.1f} s: the dancer's movement with "
            f"{self.dance.words} above, the music's onsets with {self.music.words} below; "
            f"{len(self.met_s)} meet within {BEAT_TOLERANCE_S * 1000:.0f} ms "
            f"(F-measure {self.score:.2f}). Under them the music's mel spectrogram."
        )


def beat_plot(
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
    dark: Path | None = None,
) -> str:
    """Draw the dance's beats over the music's, which of them meet, and what sounds.

    Parameters
    ----------
    path
        PNG file to write, 1200 px wide.
    title
        First line over the picture; shortened where it doesn't fit.
    duration_s
        Length of the time axis (s).
    motion_envelope : (F,)
        How much the dancer moves, not negative, in any unit.
    envelope_rate
        Its values a second (Hz).
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    audio : (N,)
        The music, mono.
    sample_rate
        Its samples a second (Hz).
    dark
        PNG file to write for a dark page, beside ``path``, from the same analysis.

    Returns
    -------
    str
        What the picture shows, in words and numbers, for those who can't see it.
    """
    dance, music = np.asarray(dance_beats_s, float), np.asarray(music_beats_s, float)
    pairs = matched_beats(dance, music)
    sound = np.asarray(audio, dtype=np.float32)
    onset, onset_rate = onset_envelope(sound, sample_rate)
    scene = _Scene(
        title=title,
        dance=_row(dance, pairs[:, 0], motion_envelope, envelope_rate),
        music=_row(music, pairs[:, 1], onset, onset_rate),
        met_s=np.column_stack([dance[pairs[:, 0]], music[pairs[:, 1]]]),
        level=log_mel(sound, sample_rate) if len(sound) else None,
        sample_rate=sample_rate,
        duration_s=duration_s,
    )
    _draw(scene, path, LIGHT)
    if dark is not None:
        _draw(scene, dark, DARK)
    return scene.words


def _row(
    beats_s: NDArray[np.float64], met: NDArray[np.int64], envelope: NDArray[Any], rate: float
) -> _Row:
    """Bring an envelope between 0 and 1, and mark the beats that meet."""
    values = np.nan_to_num(np.asarray(envelope, dtype=float))
    # One high peak must not flatten the rest.
    height = float(np.quantile(values, 0.99)) if len(values) else 0.0
    values = np.clip(values / height, 0, 1) if height > 0 else np.zeros_like(values)
    meet = np.isin(np.arange(len(beats_s)), met)
    return _Row(beats_s=beats_s, meet=meet, envelope=values, rate=rate)


def _draw(scene: _Scene, path: Path, palette: Palette) -> None:
    """Draw a scene in some colours."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(style(palette)):
        figure = Figure(figsize=(WIDTH_IN, _HEIGHT_IN), dpi=DPI)
        # Fixed places: Matplotlib's own layout takes longer than all the drawing.
        grid = figure.add_gridspec(
            2, 1, height_ratios=(11, 6), hspace=0.07,
            left=_LEFT, right=_RIGHT, bottom=0.065, top=0.898,
        )  # fmt: skip
        rows = grid[0].subgridspec(3, 1, height_ratios=(5, 1.5, 5), hspace=0)
        dance, match, music, sound = (
            figure.add_subplot(place) for place in (*(rows[i] for i in range(3)), grid[1])
        )
        if scene.crowded:
            _draw_crowded_row(dance, scene.dance, palette.dance, upper=True)
            _draw_crowded_row(music, scene.music, palette.music, upper=False)
        else:
            _draw_row(dance, scene.dance, palette.dance)
            _draw_row(music, scene.music, palette.music)
        _draw_meetings(match, scene.met_s, palette.match, scene.crowded)
        _draw_sound(sound, scene)
        _draw_ticks(sound, scene.duration_s)
        for axes, name, colour in (
            (dance, "Dance", palette.dance_text),
            (match, "Match", palette.match_text),
            (music, "Music", palette.music_text),
        ):
            axes.set_xlim(0, max(scene.duration_s, 1e-3))
            axes.text(
                -0.012, 0.5, name, color=colour, weight="bold",
                ha="right", va="center", transform=axes.transAxes,
            )  # fmt: skip
        heading(
            figure,
            scene.title,
            [
                (f"Dance {scene.dance.tempo}", palette.dance_text),
                (f"Music {scene.music.tempo}", palette.music_text),
                (f"{len(scene.met_s)} meet · F {scene.score:.2f}", palette.match_text),
            ],
        )
        figure.savefig(path, format="png")


def _draw_row(axes: Any, row: _Row, colour: str) -> None:
    """Draw an envelope, beats that meet as full lines over it and the others dashed."""
    times = np.arange(len(row.envelope)) / row.rate
    axes.fill_between(times, row.envelope, color=colour, alpha=0.3, lw=0)
    axes.plot(times, row.envelope, color=colour, lw=0.8)
    axes.vlines(row.beats_s[row.meet], 0, 1.08, color=colour, lw=2.6)
    axes.vlines(row.beats_s[~row.meet], 0, 1.08, color=colour, lw=1.8, ls=(0, (2, 2)))
    _clear(axes)
    axes.spines["bottom"].set_visible(True)
    axes.set(ylim=(0, 1.12), yticks=[])


def _draw_crowded_row(axes: Any, row: _Row, colour: str, *, upper: bool) -> None:
    """Draw an envelope, and many beats on the side of the meetings; those alone are short."""
    starts = np.arange(0, len(row.envelope), max(1, len(row.envelope) // 400))
    highest = np.maximum.reduceat(row.envelope, starts) if len(starts) else row.envelope
    base, near, far = (0.6, 0.0, 0.45) if upper else (0.0, 1.6, 1.15)
    axes.fill_between(starts / row.rate, base, base + highest, color=colour, alpha=0.6, lw=0)
    axes.vlines(row.beats_s[row.meet], near, far, color=colour, lw=1.5)
    axes.vlines(row.beats_s[~row.meet], (near + far) / 2, far, color=colour, lw=1.5)
    _clear(axes)
    axes.axhline(base, color=axes.spines["bottom"].get_edgecolor(), lw=0.8)
    axes.set(ylim=(0, 1.6), yticks=[])


def _draw_meetings(axes: Any, met_s: NDArray[np.float64], colour: str, crowded: bool) -> None:
    """Join the beats that meet, across the gap between the rows."""
    from matplotlib.collections import LineCollection

    lines = [((dance_s, 1), (music_s, 0)) for dance_s, music_s in met_s]
    axes.add_collection(LineCollection(lines, colors=colour, lw=1.8 if crowded else 3.2))
    if not crowded:
        axes.scatter(met_s.mean(axis=1), np.full(len(met_s), 0.5), color=colour, s=80, zorder=2)
    _clear(axes)
    axes.set(ylim=(0, 1), yticks=[])


def _draw_sound(axes: Any, scene: _Scene) -> None:
    """Draw the music's spectrogram, with its beats over it where they leave room."""
    axes.spines[:].set_visible(False)
    axes.set_facecolor("black")
    if scene.level is None:
        axes.set_yticks([])
        return
    draw_mel(axes, scene.level, scene.sample_rate, unit=True)
    if not scene.crowded:
        reach = len(scene.level)
        axes.vlines(scene.music.beats_s, 0, reach, color="white", lw=1.2, alpha=0.45)
        axes.set_ylim(0, reach)


def _draw_ticks(axes: Any, duration_s: float) -> None:
    """Write times under the lowest row, and end the axis with the clip."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, max(duration_s, 1e-3))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda time_s, _: f"{time_s:g} s")


def _clear(axes: Any) -> None:
    """Take frame and time marks from a row that has others under it."""
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)
