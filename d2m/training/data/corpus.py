"""The training corpus: songs arranged for dances, as audio and as codes of the codecs.

A corpus folder holds ``pieces/SS-TT.npz`` (grid and movement of piece TT of song SS),
``audio/SS-TT.flac`` and, for each level that has been encoded, ``codes/LEVEL.npz``.
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
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.metrical_grid import (
    BARS_PER_PHRASE,
    BEATS_PER_BAR,
    PHRASE_STEPS,
    STEPS_PER_BAR,
    StepGrid,
    grid_from_beats,
)
from d2m.models.vqvae import JukeboxVQVAE
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.training.data.motion_bank import MotionFeatures, sample_motion
from d2m.training.loops.loop_arrangement import arrange_loop
from d2m.training.loops.loop_songs import N_SONGS, UNSEEN_SONGS, LoopSong, compose_loop
from d2m.training.loops.loop_synthesizer import SOUNDFONT, SoundfontSynthesizer, normalisation_gain

TEMPO_RANGE_BPM = (64.0, 146.0)
"""Range of the pieces' tempi (BPM). Chosen by hand."""
HELD_OUT_TEMPO_RANGES_BPM = ((84.0, 88.0), (114.0, 118.0))
"""Ranges of tempi (BPM) that only held-out pieces have. Chosen by hand."""
PIECES_PER_SONG = 12
"""Number of pieces of each song that generators learn, one of them held out."""
PIECES_PER_UNSEEN_SONG = 2
"""Number of pieces of each song in `UNSEEN_SONGS`, all held out."""

_PHRASE_BEATS = BEATS_PER_BAR * BARS_PER_PHRASE


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One song, arranged for one dance at one tempo.

    Parameters
    ----------
    name
        ``"SS-TT"``: piece TT of song SS.
    song
        Index of the song, see `d2m.training.loops.loop_songs.compose_loop`.
    tempo_bpm
        Tempo (BPM).
    held_out
        Whether the piece is excluded from training. Its dance and its tempo occur in no
        training piece.
    grid
        ``S`` steps, starting at frame 0.
    features, visual : (S, 11), (S, 8)
        Movement features and directogram of the dance in each step.
    """

    name: str
    song: int
    tempo_bpm: float
    held_out: bool
    grid: StepGrid
    features: NDArray[np.float32]
    visual: NDArray[np.float32]


def sample_piece(song: int, number: int, bank: list[MotionFeatures]) -> Piece:
    """Choose tempo, first bar and dance of a piece at random, seeded by song and number.

    Parameters
    ----------
    song
        Index of the song.
    number
        Number of the piece. Piece 0 of each song is held out, and so are all pieces of the
        songs in `UNSEEN_SONGS`.
    bank
        Dances to choose from, with held-out ones for held-out pieces.
    """
    rng = np.random.default_rng([song, number])
    held_out = number == 0 or song in UNSEEN_SONGS
    tempo = _sample_tempo(rng, held_out=held_out)
    beats = np.arange(_PHRASE_BEATS + 1) * (60.0 / tempo)
    grid = grid_from_beats(beats, float(beats[-1])).window(0, PHRASE_STEPS)
    first_bar = int(rng.integers(BARS_PER_PHRASE))
    grid = replace(grid, position=(grid.position + first_bar * STEPS_PER_BAR) % PHRASE_STEPS)
    allowed = [motion for motion in bank if motion.held_out == held_out]
    features, visual = sample_motion(allowed, BARS_PER_PHRASE, rng)
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
    bank: list[MotionFeatures],
    *,
    pieces_per_song: int = PIECES_PER_SONG,
    songs: Sequence[int] = (*UNSEEN_SONGS, *range(N_SONGS)),
    soundfont: Path = SOUNDFONT,
) -> None:
    """Render the pieces of all songs into a corpus folder, skipping those already there.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    bank
        Dances to arrange the songs for, both held-out and training ones.
    pieces_per_song
        Number of pieces of each song, except for `UNSEEN_SONGS`.
    songs
        Indices of the songs.
    soundfont
        Path of a General MIDI soundfont.

    Raises
    ------
    DataError
        If FluidSynth or the soundfont is missing.
    """
    import soundfile

    for name in ("pieces", "audio"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with SoundfontSynthesizer(soundfont) as synthesizer:
        for index in tqdm(songs, desc="songs", unit="song"):
            song = compose_loop(index)
            gain = normalisation_gain(_full_arrangement(synthesizer, song))
            count = PIECES_PER_UNSEEN_SONG if index in UNSEEN_SONGS else pieces_per_song
            for number in range(count):
                piece = sample_piece(index, number, bank)
                target = folder / "pieces" / f"{piece.name}.npz"
                if target.is_file():
                    continue
                events = arrange_loop(song, piece.grid, piece.features)
                audio = gain * synthesizer.render(song, events, piece.grid.n_frames)
                audio = np.clip(audio, -1.0, 1.0)
                soundfile.write(folder / "audio" / f"{piece.name}.flac", audio, SAMPLE_RATE)
                _save(piece, target)


def load_pieces(folder: Path, *, unseen: bool = False) -> list[Piece]:
    """Load the pieces of a corpus folder, sorted by name.

    Parameters
    ----------
    folder
        Corpus folder.
    unseen
        Load the pieces of `UNSEEN_SONGS` instead of all others.

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
    """Load the audio of a piece, (n_frames * 128,), at 22,050 Hz."""
    import soundfile

    audio, _ = soundfile.read(folder / "audio" / f"{piece.name}.flac", dtype="float32")
    return np.asarray(audio, dtype=np.float32)


def corpus_codes(
    folder: Path, pieces: list[Piece], codec: JukeboxVQVAE, level: HopLevel
) -> list[NDArray[np.int16]]:
    """Return the codes of all pieces, from the corpus folder if this codec encoded them before.

    Parameters
    ----------
    folder
        Corpus folder; newly encoded codes are stored in its ``codes/LEVEL.npz``.
    pieces
        Pieces of that folder.
    codec
        Codec with the codebook of the level.
    level
        Hop level of the codes.

    Returns
    -------
    list of (T,)
        Codes of each piece.
    """
    target = folder / "codes" / f"{level.name}.npz"
    # The sum of the codebook's entries identifies the codec.
    checksum = codec.codebook(level).k.double().sum().item()
    names = [piece.name for piece in pieces]
    if target.is_file():
        with np.load(target) as stored:
            if stored["mark"] == checksum and list(stored["names"]) == names:
                bounds = np.cumsum(stored["lengths"])[:-1]
                return list(np.split(stored["codes"], bounds))
    codes = [
        _encode(codec, load_audio(folder, piece), level)
        for piece in tqdm(pieces, desc=f"codes {level.name}", unit="piece")
    ]
    target.parent.mkdir(exist_ok=True)
    np.savez(
        target,
        mark=checksum,
        names=names,
        lengths=[len(piece_codes) for piece_codes in codes],
        codes=np.concatenate(codes),
    )
    return codes


@torch.inference_mode()
def _encode(codec: JukeboxVQVAE, audio: NDArray[np.float32], level: HopLevel) -> NDArray[np.int16]:
    # bfloat16 takes half the time of float32 and gives 95-98 % of the same codes. Training
    # only needs the same sound to have the same codes throughout the corpus.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        latents = codec.latents(torch.from_numpy(audio)[None], level)
    return codec.codebook(level).nearest(latents.float())[0].numpy().astype(np.int16)


def _sample_tempo(rng: np.random.Generator, *, held_out: bool) -> float:
    if held_out:
        ranges = HELD_OUT_TEMPO_RANGES_BPM
        return float(rng.uniform(*ranges[int(rng.integers(len(ranges)))]))
    while True:
        tempo = float(rng.uniform(*TEMPO_RANGE_BPM))
        if not any(low <= tempo <= high for low, high in HELD_OUT_TEMPO_RANGES_BPM):
            return tempo


def _full_arrangement(synthesizer: SoundfontSynthesizer, song: LoopSong) -> NDArray[np.float32]:
    """Render a song at 120 BPM with all layers and a stab in each bar, to measure its level."""
    beats = np.arange(_PHRASE_BEATS + 1) * 0.5
    grid = grid_from_beats(beats, float(beats[-1]))
    features = np.ones((grid.n_steps, len(MOVEMENT_FEATURES)))
    features[:, MOVEMENT_FEATURES.index("freeze")] = 0.0
    features[:, MOVEMENT_FEATURES.index("accent")] = np.arange(grid.n_steps) % STEPS_PER_BAR == 0
    features[:, MOVEMENT_FEATURES.index("turn")] = 0.0
    return synthesizer.render(song, arrange_loop(song, grid, features), grid.n_frames)


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
