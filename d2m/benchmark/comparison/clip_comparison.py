"""Compare the music of all systems for one clip, and the trivial rows. Runs in a process."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.benchmark.comparison.compared_dance import ComparedDance
from d2m.benchmark.comparison.embeddings import EmbedAudio, load_audio_embedding
from d2m.benchmark.comparison.music_files import (
    SHORTEST_COMPARED_S,
    MusicFile,
    read_music_file,
    write_player_copy,
)
from d2m.benchmark.comparison.music_scores import MeasuredMusic, compare_music
from d2m.benchmark.comparison.pairing import PairedFile
from d2m.benchmark.comparison.trivial_music import OWN_MUSIC, trivial_pieces
from d2m.core.errors import D2MError
from d2m.core.file_names import plain_name
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.sound_level import QUIETEST_LUFS

FloatArray = NDArray[np.float64]

NOTED_LENGTH_S = 0.5
"""Difference of lengths (s) from which a report says so. Chosen by hand: encoders add less."""
_ALL_SILENT = 0.999  # share of silent time


def _no_numbers() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedPiece:
    """What was measured of one piece.

    Parameters
    ----------
    clip, system
        Names of its clip and of its system or trivial row.
    file
        Name of the file; empty for what the comparison makes itself.
    problem
        Why nothing could be measured; else empty.
    note
        What to know of it, such as that it is silent; empty if there is nothing.
    music
        What was measured, with its length difference (s).
    embedding : (D,)
        Its embedding, see `d2m.benchmark.comparison.embeddings`; empty without music.
    player
        Name of the copy for players; empty without music.
    cpu_s
        Processor time that it took (s).
    """

    clip: str
    system: str
    file: str = ""
    problem: str = ""
    note: str = ""
    music: MeasuredMusic = field(default_factory=MeasuredMusic)
    embedding: FloatArray = field(default_factory=_no_numbers)
    player: str = ""
    cpu_s: float = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """Scores by the keys of `d2m.benchmark.comparison.metric_definitions`."""
        return self.music.scores


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipTask:
    """What a process needs to compare the music for one clip.

    Parameters
    ----------
    dance
        The dance.
    files
        The file of each system.
    reference, other
        The music that belongs to the clip, and to another clip, if there is any.
    players
        Folder for the copies for players.
    label
        Beginning of their names.
    seed
        Seed of the noise.
    """

    dance: ComparedDance
    files: dict[str, PairedFile]
    reference: PairedFile
    other: Path | None
    players: Path
    label: str
    seed: tuple[int, ...]


def compare_clip(task: ClipTask) -> list[ComparedPiece]:
    """Measure all pieces for one clip: those of the systems, then the trivial ones."""
    own, problem = _read(task.reference, task.dance)
    reference = None if own is None else own.scored
    pieces = []
    for system, file in task.files.items():
        started = _cpu_s()
        music, reason = _read(file, task.dance)
        name = file.path.name if file.path else ""
        piece = ComparedPiece(clip=task.dance.name, system=system, file=name, problem=reason)
        pieces.append(piece if music is None else _measured(task, piece, music, reference, started))
    other, _ = _read(PairedFile(path=task.other), task.dance)
    trivial = trivial_pieces(
        task.dance.beats_s,
        task.dance.duration_s,
        reference,
        None if other is None else other.scored,
        task.seed,
    )
    for system, made in trivial.items():
        started, why = _cpu_s(), made.problem
        if system == OWN_MUSIC and own is not None:
            music = own
        else:
            why = problem if problem and why and system.startswith(OWN_MUSIC) else why
            music = None if why else _generated(made.audio)
        piece = ComparedPiece(clip=task.dance.name, system=system, problem=why)
        pieces.append(piece if music is None else _measured(task, piece, music, reference, started))
    return pieces


def _read(file: PairedFile, dance: ComparedDance) -> tuple[MusicFile | None, str]:
    """Read a file; return it, or why it can't be compared."""
    if file.path is None:
        return None, file.problem
    try:
        return read_music_file(file.path, dance.duration_s), ""
    except D2MError as error:
        return None, str(error)


def _generated(audio: Audio) -> MusicFile:
    """Return mono audio (N,) at 22,050 Hz as if it had been read."""
    return MusicFile(audio=audio, sample_rate=SAMPLE_RATE, duration_s=len(audio) / SAMPLE_RATE)


def _measured(
    task: ClipTask,
    piece: ComparedPiece,
    music: MusicFile,
    reference: Audio | None,
    started_s: float,
) -> ComparedPiece:
    """Measure one piece, and write its copy for players."""
    end_s = min(task.dance.duration_s, music.duration_s)
    if end_s < SHORTEST_COMPARED_S:
        return replace(piece, problem=f"It shares only {end_s:.2f} s with its clip.")
    mono = music.scored[: round(task.dance.duration_s * SAMPLE_RATE)]
    difference_s = music.duration_s - task.dance.duration_s
    measured = compare_music(mono, SAMPLE_RATE, task.dance, reference)
    scores = measured.scores | {"length_difference_s": difference_s}
    player = f"{task.label}.{plain_name(piece.system, 'system')}.m4a"
    size = round(task.dance.duration_s * music.sample_rate)
    write_player_copy(task.players / player, music.audio[:size], music.sample_rate)
    return replace(
        piece,
        note=_note(scores, difference_s),
        music=replace(measured, scores=scores),
        embedding=_embed()(mono, SAMPLE_RATE),
        player=player,
        cpu_s=_cpu_s() - started_s,
    )


def _note(scores: dict[str, float], difference_s: float) -> str:
    notes = []
    silent = scores["loudness_lufs"] <= QUIETEST_LUFS or scores["silent_share"] >= _ALL_SILENT
    if silent:
        notes.append("It is silent.")
    if abs(difference_s) >= NOTED_LENGTH_S:
        word = "longer" if difference_s > 0 else "shorter"
        notes.append(f"It is {abs(difference_s):.1f} s {word} than its clip.")
    return " ".join(notes)


def _cpu_s() -> float:
    """Return the processor time (s) of this process and of its children that ended."""
    return sum(os.times()[:4])


@cache
def _embed() -> EmbedAudio:
    return load_audio_embedding()[0]
