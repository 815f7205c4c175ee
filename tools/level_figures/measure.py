"""All figures of one piece: both levels, and trivial music beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from d2m.core.levels import SAMPLE_RATE
from d2m.generation.compact import CompactModel
from d2m.metrics.codec import spectral_convergence
from tools.level_figures.copy_figures import (
    Figures,
    Transcribe,
    codec_copy,
    notes_kept,
    piece_copy_figures,
)
from tools.level_figures.music_figures import (
    Embed,
    Generated,
    dance_figures,
    generated_music,
    level_music_figures,
    studio_figures,
)
from tools.level_figures.pictures import draw_spectrograms
from tools.level_figures.pieces import Audio, UnseenPiece, at_loudness_of, middle
from tools.level_figures.transcription import Transcriber
from tools.score_figures.pieces import click_track, noise
from tools.score_figures.tagger import Tagger

STUDIO_ROW, SONG_ROW = "studio version", "another song of the style"
CLICK_ROW, NOISE_ROW = "click track", "noise"
LATE_ROW, HISS_ROW = "studio version, 3 ms later", "studio version with noise at -40 dB"
"""Titles of the rows beside the levels."""
LATE_S, HISS_DB = 0.003, -40.0
"""Changes that hardly anybody hears, which show the largest figures that can be expected."""


REMEMBERED = 4
"""Results that are kept of each listener; a piece has two originals."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """The networks that listen, if there are any.

    Parameters
    ----------
    transcribe
        What hears notes.
    embed
        What describes music.
    """

    transcribe: Transcribe | None = None
    embed: Embed | None = None

    @classmethod
    def from_folder(cls, folder: Path | None) -> Listeners:
        """Load the transcriber and the tagger from a folder of libraries.

        Raises
        ------
        ValueError
            If the folder lacks one.
        """
        if folder is None:
            return cls()
        tagger = Tagger(folder)
        return cls(
            transcribe=remembered(Transcriber(folder)),
            embed=remembered(lambda audio: tagger(audio, SAMPLE_RATE).embedding),
        )


def remembered(listen: Callable[[Audio], T]) -> Callable[[Audio], T]:
    """Return a function that listens only once to the audio it heard in its last calls.

    All figures of a piece compare with the same originals.
    """
    last: dict[bytes, T] = {}

    def again(audio: Audio) -> T:
        key = np.ascontiguousarray(audio).tobytes()
        found = last.pop(key) if key in last else listen(audio)
        last[key] = found  # the most recent is last
        while len(last) > REMEMBERED:
            del last[next(iter(last))]
        return found

    return again


def measure_piece(
    models: Mapping[str, CompactModel],
    piece: UnseenPiece,
    listeners: Listeners,
    picture: Path | None = None,
) -> dict[str, Any]:
    """Measure one piece.

    Parameters
    ----------
    models
        Models by the name of their level.
    piece
        The piece.
    listeners
        What listens.
    picture
        PNG for the spectrograms of the middle of the piece.

    Returns
    -------
    dict
        Facts of the piece, figures by level in ``levels``, and figures of other music by
        title in ``references``.
    """
    references = reference_figures(piece, listeners)
    copies = {level: codec_copy(model, piece.studio) for level, model in models.items()}
    made = {level: generated_music(model, piece) for level, model in models.items()}
    levels: dict[str, Figures] = {}
    for level, model in models.items():
        copy = copies[level]
        figures = piece_copy_figures(model, piece, copy, listeners.transcribe)
        figures |= level_music_figures(
            model, piece, made[level], copy, listeners.transcribe, listeners.embed
        )
        if listeners.embed is not None:
            figures["song_embedding"] = references[SONG_ROW]["embedding"]
        levels[level] = figures
    if picture is not None:
        _draw(piece, copies, made, picture)
    return {
        "number": piece.number,
        "style": piece.style,
        "sub_genre": piece.score.sub_genre,
        "tempo_bpm": piece.dance.rhythm.tempo_bpm,
        "duration_s": piece.dance.duration_s,
        "levels": levels,
        "references": references,
    }


def reference_figures(piece: UnseenPiece, listeners: Listeners) -> dict[str, Figures]:
    """Measure the studio version itself, also hardly changed, and trivial music by title."""
    dance, end_s = piece.dance, piece.score.end_s
    sounds = {
        SONG_ROW: piece.other_song,
        CLICK_ROW: click_track(dance).mono,
        NOISE_ROW: noise(dance).mono,
    }
    rows = {STUDIO_ROW: dance_figures(piece.studio, dance, end_s)}
    for title, change in ((LATE_ROW, _late), (HISS_ROW, _with_hiss)):
        figures = studio_figures(change(piece.studio), piece, listeners.transcribe, listeners.embed)
        tonal = change(piece.tonal)
        kept = notes_kept("tonal_notes", tonal, piece.tonal, listeners.transcribe)
        rows[title] = figures | kept
    for title, sound in sounds.items():
        figures = studio_figures(sound, piece, listeners.transcribe, listeners.embed)
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


def _draw(
    piece: UnseenPiece, copies: dict[str, Audio], made: dict[str, Generated], path: Path
) -> None:
    """Draw the middle of the studio version, the copies and the generated music."""
    sounds = {"studio version": middle(piece.studio)}
    sounds |= {f"codec's copy, {level}": middle(copy) for level, copy in copies.items()}
    for level, music in made.items():
        name = "generated" if music.plays_score else "generated (a song of its own)"
        sounds[f"{name}, {level}"] = middle(at_loudness_of(music.audio, piece.studio))
    title = (
        f"{piece.style}: {piece.score.sub_genre}, {piece.dance.rhythm.tempo_bpm:.0f} BPM, "
        f"held-out piece {piece.number}"
    )
    draw_spectrograms(sounds, title, path)
