"""Pieces that are composed for procedural dances and played by the studio, to train on.

A corpus folder holds mono FLAC files at 22,050 Hz in ``train/`` and ``held_out/``. Their names
begin with the kind of music: ``score-`` for composed pieces, ``tonal-`` for the same pieces
without drums, and ``music-`` for recorded music.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from d2m.audio.waveform import Audio, mono_at
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import STYLES, style_named
from d2m.generation.score_player import ScorePlayer
from d2m.generation.studio import StudioModel
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.training.data.dances import AnnotatedDance, procedural_dance, view

PIECE_SECONDS = (8.0, 30.0)
"""Shortest and longest composed piece (s)."""
HELD_OUT_LEAST_S = 20.0
"""Length (s) of the shortest held-out piece."""
PIECE_TEMPI_BPM = (62.0, 165.0)
"""Lowest and highest tempo of the composed pieces (BPM)."""
HELD_OUT_SEED = 70_000
"""Seed of the first held-out piece and of its dancer; those for training count from 100,000."""
TRACK_PEAK = 0.97
"""Largest absolute sample; louder tracks are scaled down."""
TONAL_EVERY = 3
"""Every third training piece is also written without drums, for the codec."""
_TRAIN_SEED = 100_000
_PLAIN_SHARE = 0.6  # of the pieces that are arranged with the default settings


@dataclass(frozen=True, kw_only=True)
class ComposedPiece:
    """What determines a composed piece of the corpus.

    Parameters
    ----------
    number
        Its number.
    held_out
        Whether no training hears it; then song and dancer are others, too, and the piece is at
        least `HELD_OUT_LEAST_S` long with the default settings.
    """

    number: int
    held_out: bool = False

    @property
    def seed(self) -> int:
        """Seed of the song and of the dancer."""
        return (HELD_OUT_SEED if self.held_out else _TRAIN_SEED) + self.number

    @property
    def path(self) -> Path:
        """Path of its audio in the corpus folder."""
        return Path("held_out" if self.held_out else "train", f"score-{self.number:05d}.flac")

    def dancer(self) -> AnnotatedDance:
        """Return the procedural dance that it is composed for, as its camera sees it."""
        rng = np.random.default_rng([21, self.seed])
        tempo_bpm, yaw = float(rng.uniform(*PIECE_TEMPI_BPM)), float(rng.uniform(-0.7, 0.7))
        shortest = HELD_OUT_LEAST_S if self.held_out else PIECE_SECONDS[0]
        length_s = float(rng.uniform(shortest, PIECE_SECONDS[1]))
        dance = procedural_dance(self.seed, tempo_bpm=tempo_bpm, duration_s=length_s)
        return view(dance, yaw)

    @property
    def style(self) -> str:
        """Name of its style: styles follow each other in turn."""
        return list(STYLES)[self.number % len(STYLES)]

    def dance(self) -> Conditioning:
        """Return the movement of its dancer, and its style."""
        seen = self.dancer()
        measured = condition(
            seen.keypoints,
            seen.fps,
            rhythm=known_rhythm(seen.beats_s, seen.downbeats_s),
            settings=Settings(),
        )
        return replace(measured, style=style_named(self.style))

    def settings(self) -> Settings:
        """Return how the piece is arranged: with random settings in two pieces of five."""
        rng = np.random.default_rng([22, self.seed])
        if self.held_out or rng.random() < _PLAIN_SHARE:
            return Settings()
        stems = ("drums", "bass", "chords", "lead")
        silent = stems[rng.integers(4)] if rng.random() < 0.4 else ""
        energy, density, brightness = rng.uniform(0.4, 1.6, 3).round(2).tolist()
        return Settings(
            energy=energy,
            density=density,
            brightness=brightness,
            drums=silent != "drums",
            bass=silent != "bass",
            chords=silent != "chords",
            lead=silent != "lead",
        )


def render_piece(folder: Path, piece: ComposedPiece) -> None:
    """Compose, play and master a piece, and write its audio.

    One in `TONAL_EVERY` training pieces is also written without its drums, so that the codec
    hears melodies and chords that nothing covers.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    piece
        What to render.
    """
    path = folder / piece.path
    path.parent.mkdir(parents=True, exist_ok=True)
    settings, dance = piece.settings(), piece.dance()
    music = StudioModel(_player(), settings).generate(dance, seed=piece.seed)
    audio = mono_at(music.audio, STUDIO_SAMPLE_RATE)
    if not piece.held_out and piece.number % TONAL_EVERY == 0 and settings.drums:
        tonal = sum(stem for name, stem in music.stems.items() if name != "drums")
        other = mono_at(np.asarray(tonal, dtype=np.float32), STUDIO_SAMPLE_RATE)
        level = float(np.sqrt(np.mean(audio**2) / max(1e-9, float(np.mean(other**2)))))
        write_track(path.with_name(path.name.replace("score", "tonal")), 0.7 * level * other)
    write_track(path, audio)


def write_track(path: Path, audio: Audio) -> None:
    """Write mono audio as FLAC at 22,050 Hz, scaled down to `TRACK_PEAK` if it is louder."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(audio).max(initial=1e-9))
    part = path.with_name(path.name + ".part")
    soundfile.write(part, audio * min(1.0, TRACK_PEAK / peak), SAMPLE_RATE, format="FLAC")
    part.replace(path)


@cache
def _player() -> ScorePlayer:
    return ScorePlayer.from_folder()
