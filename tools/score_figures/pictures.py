"""Pictures of a piece: its notes, its waveform with sections, and its spectrograms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.conditioning import Conditioning
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
_FFT, _HOP, _ROWS = 4096, 441, 320


def draw_piece(piece: Piece, dance: Conditioning, title: str, path: Path) -> None:
    """Draw the notes of a piece, its waveform, and the spectrograms of its mid and side.

    Below the notes, the dancer's hits are drawn as ticks as tall as they are strong, and the
    changes of the dance as triangles.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    channels = np.atleast_2d(np.asarray(piece.audio, dtype=float))
    duration_s = channels.shape[1] / piece.sample_rate
    width = float(np.clip(1.2 * duration_s, 12.0, 26.0))
    figure, axes = plt.subplots(
        4, 1, figsize=(width, 15), sharex=True, height_ratios=(5, 1.4, 3.2, 2.2),
        constrained_layout=True,
    )  # fmt: skip
    if piece.score is not None:
        _draw_notes(axes[0], piece.score)
        _mark_sections(axes[1], piece.score)
    _draw_dance(axes[0], dance)
    times = np.arange(channels.shape[1]) / piece.sample_rate
    step = max(1, channels.shape[1] // 20_000)
    for channel, colour in zip(channels, ("#3d7ea6", "#d1495b"), strict=False):
        axes[1].plot(times[::step], channel[::step], lw=0.3, color=colour)
    axes[1].set_ylim(-1, 1)
    axes[1].set_ylabel("left, right")
    mid = channels.mean(axis=0)
    side = channels[0] - mid
    for axis, signal, name in ((axes[2], mid, "mid"), (axes[3], side, "side")):
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
    """Draw every note; drums in lanes at the bottom, other stems by pitch."""
    for track in score.tracks:
        drums = track.stem in ("drums", "effects")
        for note in track.notes:
            height = 12 + 0.25 * (note.pitch - 35) if drums else note.pitch
            axis.barh(
                height, note.duration_s if not drums else 0.04, left=note.start_s,
                height=0.35 if drums else 0.8, align="center",
                color=STEM_COLOURS[track.stem], alpha=0.25 + 0.75 * note.velocity / 127,
            )  # fmt: skip
    for beat_s in score.beats_s:
        axis.axvline(beat_s, color="#dddddd", lw=0.5, zorder=0)
    for bar_s in score.downbeats_s:
        axis.axvline(bar_s, color="#999999", lw=0.8, zorder=0)
    for hit_s in score.hits_s:
        axis.axvline(hit_s, color="#e0a000", lw=1.2, ls=":", zorder=0)
    axis.axvline(score.end_s, color="black", lw=1.5, ls="--")
    _mark_sections(axis, score)
    names = [f"{track.name} ({track.part})" for track in score.tracks]
    axis.set_xlabel(", ".join(names), fontsize=7)
    axis.set_ylabel("MIDI pitch; drums below")
    axis.set_ylim(2, 100)


def _draw_dance(axis: Any, dance: Conditioning) -> None:
    events = dance.events
    axis.vlines(events.hits_s, 4, 4 + 6 * events.hit_strengths, color="#2a9d3f", lw=1.5)
    for first_s, last_s in events.freezes_s:
        axis.axvspan(first_s, last_s, ymax=0.08, color="#88ccee", alpha=0.6)
    changes = dance_changes_s(dance)
    axis.plot(changes, np.full(len(changes), 3.0), "^", color="#2a9d3f", ms=8)


def _mark_sections(axis: Any, score: Score) -> None:
    for section in score.sections:
        axis.axvline(section.start_s, color="#7a5195", lw=1.8)
        axis.annotate(
            f"{section.name} {section.energy:.2f}", (section.start_s, 1.0),
            xycoords=("data", "axes fraction"), va="top", fontsize=9, color="#7a5195",
        )  # fmt: skip
