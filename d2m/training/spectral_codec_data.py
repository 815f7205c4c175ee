"""Audio to train a spectral codec on: composed pieces in the studio version, and recorded music.

A corpus folder holds mono FLAC files at 22,050 Hz in ``train/`` and ``held_out/``. Their names
begin with the kind of music: ``score-`` for composed pieces, ``tonal-`` for the same pieces
without drums, and ``music-`` for recorded music.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from d2m.audio.waveform import Audio, mono_at
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.core.metrical_grid import FRAME
from d2m.core.settings import Settings
from d2m.core.styles import STYLES, style_named
from d2m.generation.studio import StudioModel
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.training.data.crops import PCM16_SCALE
from d2m.training.data.dances import procedural_dance, view
from d2m.training.distributed import Engine

KIND_SHARES = {"score": 0.45, "tonal": 0.2, "music": 0.35}
"""Shares of the kinds of music in a batch. Chosen by hand."""
PIECE_SECONDS = (20.0, 30.0)
"""Shortest and longest composed piece (s)."""
PIECE_TEMPI_BPM = (66.0, 145.0)
"""Lowest and highest tempo of the composed pieces (BPM): those of the other training data."""
HELD_OUT_SEED = 70_000
"""Seed of the first held-out piece and of its dancer; those for training count from 2,000."""
_TRAIN_SEED = 2_000
TRACK_PEAK = 0.97
"""Largest absolute sample of recorded music; louder tracks are scaled down."""
GAIN_RANGE_DB = (-12.0, 2.0)
"""Random gain of each training crop (dB), so that a codec knows quiet music too. Chosen by hand."""

PERMISSIVE_MUSIC: dict[str, tuple[str, ...]] = {
    **{f"noiz2sa-{n}": (f"noiz2sa/sounds/stg{n}.ogg",) for n in ("0", "00", "1", "2", "3", "5")},
    **{f"torus-trooper-{n}": (f"torus-trooper/sounds/musics/tt{n}.ogg",) for n in (1, 2, 3)},
    **{
        f"sectoid-{title}": tuple(
            f"fretsonfire/data/songs/sectoid/{title}/{part}.ogg" for part in ("song", "guitar")
        )
        for title in ("Escape from chaosland", "Feelings", "Metal madness")
    },
}
"""Recorded music under the BSD and MIT licences, as paths in ``/usr/share/games`` of the Debian
packages noiz2sa-data, torus-trooper-data and fretsonfire-songs-sectoid. The files of a track
are its parts, which sound together."""
HELD_OUT_MUSIC: dict[str, tuple[str, ...]] = {
    "noiz2sa-4": ("noiz2sa/sounds/stg4.ogg",),
    "torus-trooper-4": ("torus-trooper/sounds/musics/tt4.ogg",),
    "sectoid-War of freedom": tuple(
        f"fretsonfire/data/songs/sectoid/War of freedom/{part}.ogg" for part in ("song", "guitar")
    ),
}
"""Recorded music of the same packages that no training hears."""


@dataclass(frozen=True, kw_only=True)
class ComposedPiece:
    """What determines a composed piece of the corpus.

    Parameters
    ----------
    number
        Its number. Styles follow each other in turn.
    held_out
        Whether no training hears it; then song and dancer are others, too.
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
        return Path("held_out" if self.held_out else "train", f"score-{self.number:03d}.flac")

    def dance(self) -> Conditioning:
        """Return the movement of a procedural dancer, with its style in turn."""
        rng = np.random.default_rng([21, self.seed])
        tempo_bpm, yaw = float(rng.uniform(*PIECE_TEMPI_BPM)), float(rng.uniform(-0.7, 0.7))
        length_s = float(rng.uniform(*PIECE_SECONDS))
        dance = procedural_dance(self.seed, tempo_bpm=tempo_bpm, duration_s=length_s)
        measured = condition(
            view(dance, yaw).keypoints,
            dance.fps,
            rhythm=known_rhythm(dance.beats_s, dance.downbeats_s),
            settings=Settings(),
        )
        style = list(STYLES)[self.number % len(STYLES)]
        return replace(measured, style=style_named(style))


def render_pieces(folder: Path, pieces: Iterable[ComposedPiece]) -> None:
    """Compose, play and master pieces into a corpus folder, skipping those already there.

    Training pieces are also written without their drums, so that the codec hears melodies and
    chords that nothing covers.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    pieces
        What to render.
    """
    model = StudioModel.from_pretrained()
    for piece in tqdm(list(pieces), desc="pieces", unit="piece"):
        path = folder / piece.path
        if path.is_file():
            continue
        music = model.generate(piece.dance(), seed=piece.seed)
        mono = mono_at(music.audio, STUDIO_SAMPLE_RATE)
        if not piece.held_out:
            tonal = sum(stem for name, stem in music.stems.items() if name != "drums")
            other = mono_at(np.asarray(tonal, dtype=np.float32), STUDIO_SAMPLE_RATE)
            level = float(np.sqrt(np.mean(mono**2) / max(1e-9, float(np.mean(other**2)))))
            _write(path.with_name(path.name.replace("score", "tonal")), 0.7 * level * other)
        _write(path, mono)


def add_music(
    folder: Path, root: Path, tracks: dict[str, tuple[str, ...]], *, held_out: bool
) -> None:
    """Add recorded music to a corpus folder, skipping tracks already there.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    root
        Folder that the paths of the tracks start from.
    tracks
        For each name, the files whose sum is the track.
    held_out
        Whether no training may hear them.

    Raises
    ------
    DataError
        If a file is missing.
    """
    import soundfile

    for name, files in tracks.items():
        stem = name.lower().replace(" ", "-")
        path = folder / ("held_out" if held_out else "train") / f"music-{stem}.flac"
        if path.is_file():
            continue
        parts = []
        for file in files:
            if not (root / file).is_file():
                raise DataError(f"The music {file} is missing: install its Debian package.")
            audio, rate = soundfile.read(root / file, dtype="float32", always_2d=True)
            parts.append(mono_at(np.asarray(audio.T, dtype=np.float32), int(rate)))
        length = max(len(part) for part in parts)
        track = np.sum([np.pad(part, (0, length - len(part))) for part in parts], axis=0)
        _write(path, track)


class CorpusCrops:
    """Random crops of the training audio of a corpus folder.

    Parameters
    ----------
    folder
        Corpus folder.

    Raises
    ------
    DataError
        If it holds no training audio.
    """

    def __init__(self, folder: Path) -> None:
        self._tracks = {kind: load_tracks(folder, kind, held_out=False) for kind in KIND_SHARES}
        self._tracks = {kind: tracks for kind, tracks in self._tracks.items() if tracks}
        if not self._tracks:
            raise DataError(f"No audio in the folder {folder.name}: render a corpus first.")

    def draw(self, batch: int, crop: int, rng: np.random.Generator, engine: Engine) -> Tensor:
        """Draw a batch of crops with random gains and signs, on the engine's device.

        Parameters
        ----------
        batch
            Crops of each process.
        crop
            Length of a crop (samples).
        rng
            Random generator, in the same state in all processes.
        engine
            Decides which share of the crops of all processes is returned.

        Returns
        -------
        (batch, crop)
            Audio, mostly in [-1, 1].
        """
        kinds = list(self._tracks)
        shares = np.array([KIND_SHARES[kind] for kind in kinds])
        crops = []
        for _ in range(batch * engine.world_size):
            tracks = self._tracks[kinds[rng.choice(len(kinds), p=shares / shares.sum())]]
            lengths = np.array([max(1, len(track) - crop) for track in tracks], dtype=float)
            track = tracks[rng.choice(len(tracks), p=lengths / lengths.sum())]
            first = int(rng.integers(max(1, len(track) - crop)))
            gain = rng.choice([-1.0, 1.0]) * 10 ** (rng.uniform(*GAIN_RANGE_DB) / 20)
            excerpt = track[first : first + crop] * (gain / PCM16_SCALE)
            crops.append(np.pad(excerpt, (0, crop - len(excerpt))))
        drawn = torch.from_numpy(np.stack(crops).astype(np.float32))
        return drawn[engine.share(batch)].to(engine.device)


def load_tracks(folder: Path, kind: str, *, held_out: bool) -> list[NDArray[np.int16]]:
    """Load the audio of one kind from a corpus folder.

    Parameters
    ----------
    folder
        Corpus folder.
    kind
        A key of `KIND_SHARES`.
    held_out
        Whether to load the held-out tracks or those for training.

    Returns
    -------
    list of (N,)
        16-bit PCM at 22,050 Hz in whole frames of 128 samples, sorted by name.
    """
    import soundfile

    paths = sorted((folder / ("held_out" if held_out else "train")).glob(f"{kind}-*.flac"))
    tracks = [np.asarray(soundfile.read(path, dtype="int16")[0]) for path in paths]
    return [track[: len(track) // FRAME * FRAME] for track in tracks]


def _write(path: Path, audio: Audio) -> None:
    """Write mono audio as FLAC, scaled down to `TRACK_PEAK` if it is louder."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(audio).max(initial=1e-9))
    part = path.with_name(path.name + ".part")
    soundfile.write(part, audio * min(1.0, TRACK_PEAK / peak), SAMPLE_RATE, format="FLAC")
    part.replace(path)
