"""All figures of one piece: both levels, and trivial music beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from d2m.audio.waveform import Audio
from d2m.benchmark.codec_copies import (
    Figures,
    notes_kept,
    piece_copy_figures,
)
from d2m.benchmark.level_music import (
    Generated,
    dance_figures,
    generated_music,
    level_music_figures,
    studio_figures,
)
from d2m.benchmark.listeners import Listeners
from d2m.benchmark.real_music import click_audio
from d2m.benchmark.unseen_pieces import UnseenPiece, at_loudness_of, middle
from d2m.core.levels import SAMPLE_RATE
from d2m.generation.compact import CompactModel
from d2m.metrics.codec import spectral_convergence

STUDIO_ROW, SONG_ROW = "studio version", "another song of the style"
CLICK_ROW, NOISE_ROW = "click track", "noise"
LATE_ROW, HISS_ROW = "studio version, 3 ms later", "studio version with noise at -40 dB"
"""Titles of the rows beside the levels."""
LATE_S, HISS_DB = 0.003, -40.0
"""Changes that hardly anybody hears, which show the largest figures that can be expected."""


def measure_piece(
    models: Mapping[str, CompactModel],
    piece: UnseenPiece,
    listeners: Listeners,
) -> tuple[dict[str, Any], dict[str, Audio]]:
    """Measure one piece.

    Parameters
    ----------
    models
        Models by the name of their level.
    piece
        The piece.
    listeners
        What listens.

    Returns
    -------
    figures : dict
        Facts of the piece, figures by level in ``levels``, and figures of other music by
        title in ``references``.
    sounds : dict
        The middle of the studio version and of the music of the levels, by title.
    """
    references = reference_figures(piece, listeners)
    made = {level: generated_music(model, piece) for level, model in models.items()}
    levels: dict[str, Figures] = {}
    for level, model in models.items():
        # The music of a level is its codec's copy of the studio version.
        figures = piece_copy_figures(model, piece, made[level].audio, listeners.transcribe)
        figures |= level_music_figures(model, piece, made[level], listeners)
        if listeners.embed is not None:
            figures["song_embedding"] = references[SONG_ROW]["embedding"]
        levels[level] = figures
    facts = {
        "number": piece.number,
        "style": piece.style,
        "sub_genre": piece.score.sub_genre,
        "tempo_bpm": piece.dance.rhythm.tempo_bpm,
        "duration_s": piece.dance.duration_s,
        "levels": levels,
        "references": references,
    }
    return facts, _middles(piece, made)


def reference_figures(piece: UnseenPiece, listeners: Listeners) -> dict[str, Figures]:
    """Measure the studio version itself, also hardly changed, and trivial music by title."""
    dance, end_s = piece.dance, piece.score.end_s
    length = round(dance.duration_s * SAMPLE_RATE)
    rng = np.random.default_rng([33, length])
    sounds: dict[str, Audio] = {
        SONG_ROW: piece.other_song,
        CLICK_ROW: click_audio(dance.grid.beats_s, length),
        NOISE_ROW: rng.standard_normal(length).astype(np.float32),
    }
    rows = {STUDIO_ROW: dance_figures(piece.studio, dance, end_s)}
    for title, change in ((LATE_ROW, _late), (HISS_ROW, _with_hiss)):
        figures = studio_figures(change(piece.studio), piece, listeners)
        tonal = change(piece.tonal)
        kept = notes_kept("tonal_notes", tonal, piece.tonal, listeners.transcribe)
        rows[title] = figures | kept
    for title, sound in sounds.items():
        figures = studio_figures(sound, piece, listeners)
        scaled = at_loudness_of(sound, piece.studio)
        figures["convergence"] = spectral_convergence(scaled, piece.studio)
        rows[title] = figures | dance_figures(sound, dance, end_s)
    return rows


def _late(audio: Audio) -> Audio:
    shift = round(LATE_S * SAMPLE_RATE)
    return np.pad(audio, (shift, 0))[: len(audio)]


def _with_hiss(audio: Audio) -> Audio:
    level = float(np.sqrt(np.mean(np.square(audio, dtype=float)))) * 10 ** (HISS_DB / 20)
    hiss = np.random.default_rng([32, len(audio)]).standard_normal(len(audio))
    return np.asarray(audio + level * hiss, dtype=np.float32)


def _middles(piece: UnseenPiece, made: dict[str, Generated]) -> dict[str, Audio]:
    """Return the middle of the studio version and of the music of the levels."""
    sounds = {"studio version": middle(piece.studio)}
    for level, music in made.items():
        sounds[f"level {level}"] = middle(at_loudness_of(music.audio, piece.studio))
    return sounds
