"""Many songs for one dance, described by numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import log_mel
from d2m.core.levels import SAMPLE_RATE
from d2m.core.styles import style_named
from d2m.generation.studio import StudioModel
from d2m.metrics.timbre import timbre_embedding
from d2m.models.music_tagger import MusicTagger
from d2m.perception.conditioning import Conditioning
from tools.score_figures.dances import FIRST_DANCER, procedural_conditioning
from tools.score_figures.pieces import Piece, studio_piece

FloatArray = NDArray[np.float64]

LIBRARY_DANCE_S, LIBRARY_BPM = 12.0, 108.0
"""Length (s) and tempo (BPM) of the dance for which all songs are made. Chosen by hand."""
SEGMENT_S = 2
"""Length of the segments whose timbre is described (s), as in Zhu et al. 2022, Sec. 4.2."""
_MELS, _HOP = 40, 1024  # of the spectrogram that is compared note by note, at 22,050 Hz
_RMS = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Library:
    """Songs for one dance.

    Parameters
    ----------
    styles, songs : (N,)
        Style of each song and its seed or number.
    sub_genres : (N,)
        Name of each song's sub-genre.
    tags : (N, 50)
        Probabilities of the tags.
    embeddings : (N, 200)
        Embeddings of the tagger.
    spectra : (N, bands, T)
        Log-mel spectra (decades), at one level.
    segments
        Timbre embeddings (S, 660) of each song's segments of 2 s.
    """

    styles: NDArray[np.str_]
    songs: NDArray[np.int64]
    sub_genres: NDArray[np.str_]
    tags: FloatArray
    embeddings: FloatArray
    spectra: NDArray[np.float32]
    segments: list[FloatArray]


def library_dance() -> Conditioning:
    """Return the dance for which all songs are made, a procedural one."""
    return procedural_conditioning(
        FIRST_DANCER - 1, tempo_bpm=LIBRARY_BPM, duration_s=LIBRARY_DANCE_S
    )


def studio_library(
    model: StudioModel, tagger: MusicTagger, seeds: range, styles: list[str]
) -> Library:
    """Describe the studio version of many songs of each style."""

    def songs() -> Iterator[tuple[str, int, str, Piece]]:
        dance = library_dance()
        for style in styles:
            for seed in tqdm(seeds, desc=style, unit="song"):
                piece = studio_piece(model, replace(dance, style=style_named(style)), seed)
                yield style, seed, piece.score.sub_genre if piece.score else "", piece

    return _described(songs(), tagger)


def _described(songs: Iterator[tuple[str, int, str, Piece]], tagger: MusicTagger) -> Library:
    """Describe songs one after the other, without keeping their audio."""
    names: list[tuple[str, int, str]] = []
    tags, embeddings, spectra, segments = [], [], [], []
    for style, song, sub_genre, piece in songs:
        tagging = tagger.tag(piece.audio, piece.sample_rate)
        mono = piece.mono
        mono = mono * (_RMS / max(float(np.sqrt(np.mean(mono**2))), 1e-9))
        names.append((style, song, sub_genre))
        tags.append([tagging.probabilities[label] for label in tagger.labels])
        embeddings.append(tagging.embedding)
        spectra.append(log_mel(mono, SAMPLE_RATE, _MELS, _HOP).clip(-3.0))
        segments.append(np.stack([timbre_embedding(part) for part in _segments(mono)]))
    length = min(one.shape[1] for one in spectra)
    return Library(
        styles=np.array([style for style, _, _ in names]),
        songs=np.array([song for _, song, _ in names]),
        sub_genres=np.array([name for _, _, name in names]),
        tags=np.array(tags),
        embeddings=np.stack(embeddings),
        spectra=np.stack([one[:, :length] for one in spectra]),
        segments=segments,
    )


def _segments(audio: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Split audio into its complete segments of 2 s; shorter audio is one segment."""
    size = SEGMENT_S * SAMPLE_RATE
    starts = range(0, max(1, len(audio) - size + 1), size)
    return [audio[start : start + size] for start in starts]
