"""The paired corpus: songs played for dances, on the code grid, with their codes.

A corpus folder holds ``pieces/SS-TT.npz`` (the clock and the movement of take TT of song
SS), ``audio/SS-TT.flac`` and, for each codec that trained on it, ``codes/LEVEL.npz``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.metrical_grid import (
    BARS_PER_PHRASE,
    PHRASE_STEPS,
    STEPS_PER_BAR,
    StepGrid,
    grid_from_beats,
)
from d2m.models.vqvae import JukeboxVQVAE
from d2m.perception.step_features import FEATURES
from d2m.score.arrangement import arrange
from d2m.score.composition import N_SONGS, UNSEEN_SONGS, Song, compose
from d2m.score.synthesizer import SOUNDFONT, Band, band, gain_of
from d2m.training.data.motion_bank import Movement, draw_movement

TEMPI = (64.0, 146.0)
"""Range of tempi (BPM) that the songs are played in."""
HELD_OUT_TEMPI = ((84.0, 88.0), (114.0, 118.0))
"""Bands of tempi (BPM) that only held-out takes are played in."""
N_TAKES = 12
UNSEEN_TAKES = 2
"""Takes of each song that no training sees."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One take of a song.

    Parameters
    ----------
    name
        ``"SS-TT"``.
    song
        Index of the song.
    tempo_bpm
        Tempo.
    held_out
        Whether training must not see it: its dance and its tempo are unknown to training.
    grid
        ``S`` steps from frame 0 on.
    features, visual : (S, 11), (S, 8)
        Movement that the music answers.
    """

    name: str
    song: int
    tempo_bpm: float
    held_out: bool
    grid: StepGrid
    features: NDArray[np.float32]
    visual: NDArray[np.float32]


def take(song: int, number: int, bank: list[Movement]) -> Piece:
    """Draw tempo, start in the phrase and movement of one take; take 0 is held out.

    All takes of an unseen song are held out.
    """
    rng = np.random.default_rng([song, number])
    held_out = number == 0 or song in UNSEEN_SONGS
    tempo = _tempo(rng, held_out=held_out)
    beats = np.arange(4 * BARS_PER_PHRASE + 1) * (60.0 / tempo)
    grid = grid_from_beats(beats, float(beats[-1])).window(0, PHRASE_STEPS)
    first_bar = int(rng.integers(BARS_PER_PHRASE))
    grid = replace(grid, position=(grid.position + first_bar * STEPS_PER_BAR) % PHRASE_STEPS)
    allowed = [movement for movement in bank if movement.held_out == held_out]
    features, visual = draw_movement(allowed, BARS_PER_PHRASE, rng)
    return Piece(
        name=f"{song:02d}-{number:02d}",
        song=song,
        tempo_bpm=tempo,
        held_out=held_out,
        grid=grid,
        features=features,
        visual=visual,
    )


def render_corpus(
    folder: Path,
    bank: list[Movement],
    *,
    takes: int = N_TAKES,
    songs: Sequence[int] = (*UNSEEN_SONGS, *range(N_SONGS)),
    soundfont: Path = SOUNDFONT,
) -> None:
    """Play all takes of all songs into a corpus folder; those already there stay.

    Raises
    ------
    DataError
        If FluidSynth or the soundfont is missing.
    """
    import soundfile

    for name in ("pieces", "audio"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with band(soundfont) as players:
        for index in tqdm(songs, desc="songs", unit="song"):
            song = compose(index)
            gain = gain_of(_full_band(players, song))
            for number in range(UNSEEN_TAKES if index in UNSEEN_SONGS else takes):
                piece = take(index, number, bank)
                target = folder / "pieces" / f"{piece.name}.npz"
                if target.is_file():
                    continue
                events = arrange(song, piece.grid, piece.features)
                audio = gain * players.play(song, events, piece.grid.n_frames)
                audio = np.clip(audio, -1.0, 1.0)
                soundfile.write(folder / "audio" / f"{piece.name}.flac", audio, SAMPLE_RATE)
                _save(piece, target)


def load_pieces(folder: Path, *, unseen: bool = False) -> list[Piece]:
    """Load the pieces of a corpus folder, ordered by name.

    Parameters
    ----------
    folder
        Corpus folder.
    unseen
        Load the takes of the songs that no training sees, instead of all others.

    Raises
    ------
    DataError
        If there are none.
    """
    paths = sorted((folder / "pieces").glob("*.npz"))
    pieces = [_load(path) for path in paths]
    pieces = [piece for piece in pieces if (piece.song in UNSEEN_SONGS) == unseen]
    if not pieces:
        raise DataError(
            f"No corpus in the folder {folder.name}: make one with `python -m d2m train corpus`."
        )
    return pieces


def load_audio(folder: Path, piece: Piece) -> NDArray[np.float32]:
    """Load the audio of a piece, (n_frames * 128,)."""
    import soundfile

    audio, _ = soundfile.read(folder / "audio" / f"{piece.name}.flac", dtype="float32")
    return np.asarray(audio, dtype=np.float32)


def corpus_codes(
    folder: Path, pieces: list[Piece], codec: JukeboxVQVAE, level: Level
) -> list[NDArray[np.int16]]:
    """Encode all pieces with a codec, or load the codes if this codec made them before."""
    target = folder / "codes" / f"{level.name}.npz"
    mark = codec.codebook(level).k.double().sum().item()
    names = [piece.name for piece in pieces]
    if target.is_file():
        with np.load(target) as stored:
            if stored["mark"] == mark and list(stored["names"]) == names:
                bounds = np.cumsum(stored["lengths"])[:-1]
                return list(np.split(stored["codes"], bounds))
    codes = [
        _encode(codec, load_audio(folder, piece), level)
        for piece in tqdm(pieces, desc=f"codes {level.name}", unit="piece")
    ]
    target.parent.mkdir(exist_ok=True)
    np.savez(
        target,
        mark=mark,
        names=names,
        lengths=[len(piece_codes) for piece_codes in codes],
        codes=np.concatenate(codes),
    )
    return codes


@torch.inference_mode()
def _encode(codec: JukeboxVQVAE, audio: NDArray[np.float32], level: Level) -> NDArray[np.int16]:
    # Half the time of float32, and 95-98 % of the same codes; what matters is only that
    # the same sound gets the same codes throughout.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        latents = codec.latents(torch.from_numpy(audio)[None], level)
    return codec.codebook(level).nearest(latents.float())[0].numpy().astype(np.int16)


def _tempo(rng: np.random.Generator, *, held_out: bool) -> float:
    if held_out:
        return float(rng.uniform(*HELD_OUT_TEMPI[int(rng.integers(len(HELD_OUT_TEMPI)))]))
    while True:
        tempo = float(rng.uniform(*TEMPI))
        if not any(low <= tempo <= high for low, high in HELD_OUT_TEMPI):
            return tempo


def _full_band(players: Band, song: Song) -> NDArray[np.float32]:
    """Play a song's phrase with all layers and some stabs: what sets its gain."""
    grid = grid_from_beats(np.arange(4 * BARS_PER_PHRASE + 1) * 0.5, 16.0)
    features = np.ones((grid.n_steps, len(FEATURES)))
    features[:, FEATURES.index("freeze")] = 0.0
    features[:, FEATURES.index("accent")] = np.arange(grid.n_steps) % STEPS_PER_BAR == 0
    features[:, FEATURES.index("turn")] = 0.0
    return players.play(song, arrange(song, grid, features), grid.n_frames)


def _save(piece: Piece, target: Path) -> None:
    with target.with_suffix(".part").open("wb") as file:
        np.savez(
            file,
            song=piece.song,
            tempo_bpm=piece.tempo_bpm,
            held_out=piece.held_out,
            starts=piece.grid.starts,
            position=piece.grid.position,
            features=piece.features.astype(np.float16),
            visual=piece.visual.astype(np.float16),
        )
    target.with_suffix(".part").replace(target)


def _load(path: Path) -> Piece:
    with np.load(path) as stored:
        starts = stored["starts"]
        return Piece(
            name=path.stem,
            song=int(stored["song"]),
            tempo_bpm=float(stored["tempo_bpm"]),
            held_out=bool(stored["held_out"]),
            grid=StepGrid(starts=starts, position=stored["position"], n_frames=int(starts[-1])),
            features=stored["features"].astype(np.float32),
            visual=stored["visual"].astype(np.float32),
        )
