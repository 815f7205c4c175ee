"""Random crops of the corpus: of its audio, and of its codes with their conditioning."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.metrical_grid import FRAME, STEPS_PER_BAR
from d2m.training.data.corpus import Piece, load_audio
from d2m.training.distributed import Engine

CONTEXT_STEPS = STEPS_PER_BAR
"""16th steps of grid and movement on each side of a crop that the step network also reads."""
PCM16_SCALE = 32767
"""Value of 16-bit PCM for a sample of 1."""

Batch = dict[str, Tensor]


def load_pcm16(corpus: Path, pieces: list[Piece]) -> list[NDArray[np.int16]]:
    """Load the audio of pieces, each (N,), as 16-bit PCM, to halve the memory of float32."""
    return [np.round(load_audio(corpus, piece) * PCM16_SCALE).astype(np.int16) for piece in pieces]


class AudioCrops:
    """Random crops of the corpus's audio, aligned to frames of the code grid.

    Parameters
    ----------
    corpus
        Corpus folder.
    pieces
        Pieces to crop.
    """

    def __init__(self, corpus: Path, pieces: list[Piece]) -> None:
        self._audio = load_pcm16(corpus, pieces)

    def draw(
        self, batch: int, crop: int, rng: np.random.Generator, engine: Engine | None = None
    ) -> Tensor:
        """Draw a batch of crops (batch, crop) in [-1, 1].

        Parameters
        ----------
        batch
            Crops of each process.
        crop
            Length of a crop (samples).
        rng
            Random generator, in the same state in all processes.
        engine
            With it, the batches of all processes are drawn, and this process's share is
            returned on its device.
        """
        total = batch if engine is None else batch * engine.world_size
        crops = []
        for index in rng.integers(len(self._audio), size=total):
            audio = self._audio[int(index)]
            first = int(rng.integers((len(audio) - crop) // FRAME)) * FRAME
            crops.append(audio[first : first + crop])
        drawn = torch.from_numpy(np.stack(crops).astype(np.float32) / PCM16_SCALE)
        return drawn if engine is None else drawn[engine.share(batch)].to(engine.device)

    def first(self, seconds: float) -> Tensor:
        """Return the beginning of the first piece, (1, N), in whole frames."""
        n_samples = int(seconds * SAMPLE_RATE) // FRAME * FRAME
        return torch.from_numpy(self._audio[0][None, :n_samples].astype(np.float32) / PCM16_SCALE)


class CropConfig(Protocol):
    """The settings of a training that decide how crops of codes are drawn."""

    @property
    def batch(self) -> int:
        """Crops in the batch of each process."""

    @property
    def crop(self) -> int:
        """Length of a crop (frames of the code grid)."""

    @property
    def drop_motion(self) -> float:
        """Share of crops whose movement features are zeroed."""

    @property
    def drop_visual(self) -> float:
        """Share of crops whose directogram is zeroed."""


class CodeCrops:
    """Random crops of pieces, as inputs and target codes of the compact generator.

    Parameters
    ----------
    pieces, codes
        The pieces, and the codes (T,) of each.
    level
        Hop level of the codes.
    pcm16
        Audio of each piece as 16-bit PCM. With it, batches also have an entry ``audio``
        (batch, N).
    """

    def __init__(
        self,
        pieces: list[Piece],
        codes: list[NDArray[np.int16]],
        level: HopLevel,
        pcm16: list[NDArray[np.int16]] | None = None,
    ) -> None:
        self._pieces = pieces
        self._codes = codes
        self._pcm16 = pcm16
        self._clocks = [piece.grid.clock() for piece in pieces]
        self._codes_per_frame = FRAME // level.hop_length

    def draw(
        self, config: CropConfig, rng: np.random.Generator, engine: Engine | None = None
    ) -> Batch:
        """Draw a batch of crops.

        Parameters
        ----------
        config
            Size of the batch and of its crops.
        rng
            Random generator, in the same state in all processes.
        engine
            With it, the batches of all processes are drawn, and this process's share is
            returned on its device.

        Returns
        -------
        dict of Tensor
            The inputs of `d2m.models.compact_generator.CompactGenerator.forward` by name,
            ``codes`` (batch, T) and, if there is audio, ``audio`` (batch, N).
        """
        total = config.batch if engine is None else config.batch * engine.world_size
        indices = rng.integers(len(self._pieces), size=total)
        items = [self._item(int(index), config, rng) for index in indices]
        n_steps = max(len(item["position"]) for item in items)
        for item in items:
            for name in ("position", "movement", "visual"):
                missing = n_steps - len(item[name])
                widths = ((0, missing),) + ((0, 0),) * (item[name].ndim - 1)
                item[name] = np.pad(item[name], widths)
        batch = {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }
        if engine is None:
            return batch
        share = engine.share(config.batch)
        return {name: values[share].to(engine.device) for name, values in batch.items()}

    def _item(self, index: int, config: CropConfig, rng: np.random.Generator) -> dict[str, Any]:
        piece, codes, clock = self._pieces[index], self._codes[index], self._clocks[index]
        first = int(rng.integers(piece.grid.n_frames - config.crop))
        frames = slice(first, first + config.crop)
        code = slice(frames.start * self._codes_per_frame, frames.stop * self._codes_per_frame)
        step = clock.step[frames]
        from_step = max(0, int(step[0]) - CONTEXT_STEPS)
        steps = slice(from_step, int(step[-1]) + CONTEXT_STEPS + 1)
        keep_motion, keep_visual = rng.random(2) >= (config.drop_motion, config.drop_visual)
        audio: dict[str, Any] = {}
        if self._pcm16 is not None:
            samples = slice(frames.start * FRAME, frames.stop * FRAME)
            audio["audio"] = self._pcm16[index][samples].astype(np.float32) / PCM16_SCALE
        # At least one of movement and directogram stays, so that crops always show the dance.
        return audio | {
            "song": np.int64(piece.song),
            "position": piece.grid.position[steps],
            "movement": piece.features[steps] * np.float32(keep_motion),
            "visual": piece.visual[steps] * np.float32(keep_visual or not keep_motion),
            "step": step - from_step,
            "offset_in_step": clock.offset_in_step[frames],
            "offset_in_beat": clock.offset_in_beat[frames],
            "codes": codes[code].astype(np.int64),
        }
