"""The songs that dances are measured on: composed ones whose seeds no training used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import mono_at
from d2m.benchmark.unseen_pieces import FIRST_NUMBER
from d2m.choreography.song_analysis import SongAnalysis, analyse_song
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.studio import StudioModel
from d2m.training.data.composed_pieces import ComposedPiece, write_track

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class EvaluationSong:
    """A song with its true beats.

    Parameters
    ----------
    number, seed
        Number and seed of the piece.
    style
        Name of its style, in which it is danced to.
    tempo_bpm
        Its tempo (BPM).
    analysis
        What a dancer is told about it: its sound and the beats that were found in it.
    beats_s, downbeats_s : (N,), (M,)
        The beats that it was composed on (s), by which dances are judged.
    duration_s
        Time up to which dances are judged (s); the song rings out later.
    """

    number: int
    seed: int
    style: str
    tempo_bpm: float
    analysis: SongAnalysis
    beats_s: FloatArray
    downbeats_s: FloatArray
    duration_s: float

    @property
    def title(self) -> str:
        """Number, style, tempo and length."""
        return (
            f"song {self.number}: {self.style}, {self.tempo_bpm:.0f} BPM, {self.duration_s:.0f} s"
        )


def evaluation_songs(count: int, folder: Path) -> Iterator[EvaluationSong]:
    """Compose and play songs, whose styles follow each other in turn.

    Parameters
    ----------
    count
        Number of songs.
    folder
        Their audio is written here, as ``song-NUMBER.flac``.
    """
    model = StudioModel.from_pretrained()
    for number in range(FIRST_NUMBER, FIRST_NUMBER + count):
        piece = ComposedPiece(number=number, held_out=True)
        dance = piece.dance()
        music = model.generate(dance, seed=piece.seed)
        path = folder / f"song-{number}.flac"
        write_track(path, mono_at(music.audio, STUDIO_SAMPLE_RATE))
        analysis = analyse_song(path)
        yield EvaluationSong(
            number=number,
            seed=piece.seed,
            style=dance.style.name,
            tempo_bpm=dance.rhythm.tempo_bpm,
            analysis=analysis,
            beats_s=dance.rhythm.beats_s,
            downbeats_s=dance.rhythm.downbeats_s,
            duration_s=min(dance.duration_s, analysis.duration_s),
        )
