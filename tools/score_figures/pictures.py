"""Pictures of a piece: its notes, its waveform with sections, and its spectrograms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.conditioning import Conditioning
from d2m.score import instruments
from d2m.score.notes import STEMS, Score
from tools.score_figures.changes import dance_changes_s
from tools.score_figures.pieces import Piece

LOWEST_HZ, HIGHEST_HZ = 30.0, 18_000.0
"""Range of the spectrograms (Hz)."""
RANGE_DB = 80.0
"""Range of the spectrograms (dB)."""
STEM_COLOURS = dict(
    zip(STEMS, ("#444444", "#d1495b", "#3d7ea6", "#e08e0b", "#7a5195"), strict=True)
)
"""Colours of the stems."""
DRUM_STEMS = ("drums", "effects")
"""Stems whose pitches are drums or effects."""
DRUM_NAMES = {
    instruments.KICK: "kick", instruments.RIM: "rim", instruments.SNARE: "snare",
    instruments.CLAP: "clap", instruments.SNARE_2: "snare 2", instruments.CLOSED_HAT: "hat",
    instruments.PEDAL_HAT: "pedal hat", instruments.OPEN_HAT: "open hat",
    instruments.CRASH: "crash", instruments.RIDE: "ride",
}  # fmt: skip
"""Names of the most frequent drums."""
_FFT, _HOP, _ROWS = 4096, 441, 320


def draw_piece(piece: Piece, dance: Conditioning, title: str, path: Path) -> None:
    """Draw the notes of a piece, its waveform, and the spectrograms of its mid and side.

    Below the drums, the dancer's hits are drawn as ticks as tall as they are strong, freezes as
    bars, and the changes of the dance as triangles.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    channels = np.atleast_2d(np.asarray(piece.audio, dtype=float))
    duration_s = channels.shape[1] / piece.sample_rate
    width = float(np.clip(1.2 * duration_s, 12.0, 26.0))
    figure, axes = plt.subplots(
        5, 1, figsize=(width, 17), sharex=True, height_ratios=(4, 2.6, 1.2, 3.2, 2.0),
        constrained_layout=True,
    )  # fmt: skip
    if piece.score is not None:
        _draw_notes(axes[0], piece.score)
        _draw_drums(axes[1], piece.score)
        _mark_sections(axes[2], piece.score)
    _draw_dance(axes[1], dance)
    times = np.arange(channels.shape[1]) / piece.sample_rate
    step = max(1, channels.shape[1] // 20_000)
    for channel, colour in zip(channels, ("#3d7ea6", "#d1495b"), strict=False):
        axes[2].plot(times[::step], channel[::step], lw=0.3, color=colour)
    axes[2].set_ylim(-1, 1)
    axes[2].set_ylabel("left, right")
    mid = channels.mean(axis=0)
    side = channels[0] - mid
    for axis, signal, name in ((axes[3], mid, "mid"), (axes[4], side, "side")):
        axis.imshow(
            log_spectrogram(signal, piece.sample_rate), origin="lower", aspect="auto",
            extent=(0, duration_s, 0, _ROWS), cmap="magma", vmin=-RANGE_DB, vmax=0,
        )  # fmt: skip
        ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10_000]
        place = [_ROWS * np.log(t / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ) for t in ticks]
        axis.set_yticks(place, [f"{t:g}" for t in ticks], fontsize=7)
        axis.set_ylabel(f"{name} (Hz)")
    axes[0].set_xlim(0, duration_s)
    figure.suptitle(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=75)
    plt.close(figure)


def log_spectrogram(signal: NDArray[Any], sample_rate: int) -> NDArray[np.float32]:
    """Return levels (rows, T) in dB relative to full scale, rows evenly spaced in pitch."""
    padded = np.pad(signal, (_FFT // 2, _FFT))
    starts = np.arange(0, len(signal), _HOP)
    window = np.hanning(_FFT)
    edges = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (np.arange(_ROWS) / _ROWS)
    bins = np.clip(np.round(edges * _FFT / sample_rate).astype(int), 0, _FFT // 2)
    columns = [np.abs(np.fft.rfft(padded[start : start + _FFT] * window))[bins] for start in starts]
    level = np.array(columns).T / (window.sum() / 2)
    return np.asarray(20 * np.log10(np.maximum(level, 1e-6)), dtype=np.float32)


def _draw_notes(axis: Any, score: Score) -> None:
    """Draw the notes of all instruments but drums and effects, by pitch."""
    for track in score.tracks:
        if track.stem in DRUM_STEMS:
            continue
        for note in track.notes:
            axis.barh(
                note.pitch, note.duration_s, left=note.start_s, height=0.8, align="center",
                color=STEM_COLOURS[track.stem], alpha=0.25 + 0.75 * note.velocity / 127,
            )  # fmt: skip
    _draw_grid(axis, score)
    _mark_sections(axis, score)
    names = [f"{track.name} ({track.part})" for track in score.tracks]
    axis.set_title(", ".join(names), fontsize=8, loc="left")
    axis.set_ylabel("MIDI pitch")


def _draw_drums(axis: Any, score: Score) -> None:
    """Draw the drums and effects, each in a lane, as tall as they are loud."""
    tracks = [track for track in score.tracks if track.stem in DRUM_STEMS]
    lanes = sorted({(track.stem, note.pitch) for track in tracks for note in track.notes})
    for track in tracks:
        for note in track.notes:
            lane = lanes.index((track.stem, note.pitch))
            height = 0.9 * note.velocity / 127
            axis.vlines(note.start_s, lane, lane + height, color=STEM_COLOURS[track.stem], lw=2)
    _draw_grid(axis, score)
    names = [f"{stem[0]}{pitch} {DRUM_NAMES.get(pitch, '')}" for stem, pitch in lanes]
    axis.set_yticks(np.arange(len(lanes)), names, fontsize=7)
    axis.set_ylim(-2.5, max(1, len(lanes)))


def _draw_grid(axis: Any, score: Score) -> None:
    """Draw beats, bars, stabs and the final hit as lines."""
    for times_s, style in (
        (score.beats_s, {"color": "#dddddd", "lw": 0.5}),
        (score.downbeats_s, {"color": "#888888", "lw": 0.9}),
        (score.hits_s, {"color": "#e0a000", "lw": 1.2, "ls": ":"}),
        ([score.end_s], {"color": "black", "lw": 1.5, "ls": "--"}),
    ):
        for time_s in times_s:
            axis.axvline(time_s, zorder=0, **style)


def _draw_dance(axis: Any, dance: Conditioning) -> None:
    """Draw hits, freezes and changes of the dance at the bottom."""
    events = dance.events
    axis.vlines(events.hits_s, -1.5, -1.5 + 1.3 * events.hit_strengths, color="#2a9d3f", lw=1.8)
    for first_s, last_s in events.freezes_s:
        axis.axvspan(first_s, last_s, ymax=0.12, color="#88ccee", alpha=0.6)
    changes = dance_changes_s(dance)
    axis.plot(changes, np.full(len(changes), -2.1), "^", color="#2a9d3f", ms=8)


def _mark_sections(axis: Any, score: Score) -> None:
    for section in score.sections:
        axis.axvline(section.start_s, color="#7a5195", lw=1.8)
        axis.annotate(
            f"{section.name} {section.energy:.2f}", (section.start_s, 1.0),
            xycoords=("data", "axes fraction"), va="top", fontsize=9, color="#7a5195",
        )  # fmt: skip
