"""Audio of a corpus folder, held on the device of a training."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.errors import DataError
from d2m.training.distributed import Engine

KIND_SHARES = {"score": 0.55, "tonal": 0.2, "music": 0.25}
"""Shares of the kinds of music in a batch. Chosen by hand."""
GAIN_RANGE_DB = (-12.0, 2.0)
"""Random gain of each crop (dB), so that a codec knows quiet music too. Chosen by hand."""
PCM16_FULL_SCALE = 32767.0
"""Value of 16-bit PCM for a sample of 1."""
NEW_FILES = 40
"""Files of a kind that are read at most between two looks for new ones."""


class AudioPool:
    """Random crops of all training audio in a corpus folder, which may still grow.

    Parameters
    ----------
    folder
        Corpus folder, see `d2m.training.data.composed_pieces`.
    device
        Where the audio is held.

    Raises
    ------
    DataError
        If it holds no training audio.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._folder, self._device = folder, device
        self._known: set[Path] = set()
        self._reader = ThreadPoolExecutor(1)
        self._reading: Future[dict[str, NDArray[np.int16]]] | None = None
        self._tapes = {
            kind: torch.zeros(0, dtype=torch.int16, device=device) for kind in KIND_SHARES
        }
        self._add(self._read(1 << 30))
        if not self._known:
            raise no_pieces(folder)

    @property
    def seconds(self) -> dict[str, float]:
        """Length (s) of the audio of each kind."""
        return {kind: len(tape) / 22_050 for kind, tape in self._tapes.items()}

    def look_for_new(self) -> None:
        """Add the files that were read since the last look, and start to read newer ones."""
        if self._reading is None or self._reading.done():
            if self._reading is not None:
                self._add(self._reading.result())
            self._reading = self._reader.submit(self._read, NEW_FILES)

    def _read(self, most: int) -> dict[str, NDArray[np.int16]]:
        """Read files that are not known yet, at most so many of each kind."""
        found = {}
        for kind in KIND_SHARES:
            paths = sorted(set((self._folder / "train").glob(f"{kind}-*.flac")) - self._known)
            if chosen := paths[:most]:
                self._known |= set(chosen)
                found[kind] = np.concatenate([load_pcm(path) for path in chosen])
        return found

    def _add(self, found: dict[str, NDArray[np.int16]]) -> None:
        for kind, audio in found.items():
            new = torch.from_numpy(audio).to(self._device)
            self._tapes[kind] = torch.cat([self._tapes[kind], new])

    def draw(self, batch: int, crop: int, rng: np.random.Generator, engine: Engine) -> Tensor:
        """Draw a batch of crops with random gains and signs.

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
        tapes = {kind: tape for kind, tape in self._tapes.items() if len(tape) > crop}
        shares = np.array([KIND_SHARES[kind] for kind in tapes])
        total = batch * engine.world_size
        kinds = rng.choice(len(tapes), size=total, p=shares / shares.sum())
        places, gains = rng.random(total), 10 ** (rng.uniform(*GAIN_RANGE_DB, total) / 20)
        gains *= rng.choice([-1.0, 1.0], size=total) / PCM16_FULL_SCALE
        own = engine.share(batch)
        crops = []
        for kind, place in zip(kinds[own], places[own], strict=True):
            tape = [*tapes.values()][kind]
            first = int(place * (len(tape) - crop))
            crops.append(tape[first : first + crop])
        factors = torch.from_numpy(gains[own].astype(np.float32)).to(self._device)
        return torch.stack(crops).float() * factors[:, None]


def load_pcm(path: Path) -> NDArray[np.int16]:
    """Read a mono FLAC file of a corpus as 16-bit PCM (N,)."""
    import soundfile

    return np.asarray(soundfile.read(path, dtype="int16")[0])


def no_pieces(folder: Path) -> DataError:
    """Return the error of a corpus folder without audio to train on."""
    return DataError(
        f"No audio in the folder {folder.name}: render pieces with `python -m d2m train pieces`."
    )


def check_corpus(folder: Path) -> None:
    """Check that a corpus folder holds audio to train on.

    Raises
    ------
    DataError
        If it holds none.
    """
    if not any((folder / "train").glob("*.flac")):
        raise no_pieces(folder)
