"""Random crops of the corpus: of its sound, and of its codes with what the dance gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.metrical_grid import FRAME, STEPS_PER_BAR
from d2m.training.data.corpus import Piece, load_audio
from d2m.training.distributed import Engine

ALIGNMENT = 128
"""Crops begin on the code grid, as all onsets do."""
CONTEXT_STEPS = STEPS_PER_BAR
"""Steps of clock and movement that the step network sees on each side of a crop."""


PEAK = 32767
"""What a sample of 1 is kept as: 16 bits hold hours of sound in memory."""


def load_sounds(corpus: Path, pieces: list[Piece]) -> list[NDArray[np.int16]]:
    """Load the audio of pieces, each (N,), as 16-bit numbers."""
    return [np.round(load_audio(corpus, piece) * PEAK).astype(np.int16) for piece in pieces]


class AudioCrops:
    """Random aligned crops of the corpus's audio."""

    def __init__(self, corpus: Path, pieces: list[Piece]) -> None:
        self._audio = load_sounds(corpus, pieces)

    def draw(
        self, batch: int, crop: int, rng: np.random.Generator, engine: Engine | None = None
    ) -> Tensor:
        """Draw crops (batch, crop) in [-1, 1], of all processes' draw an engine's share."""
        total = batch if engine is None else batch * engine.processes
        crops = []
        for index in rng.integers(len(self._audio), size=total):
            audio = self._audio[int(index)]
            first = int(rng.integers((len(audio) - crop) // ALIGNMENT)) * ALIGNMENT
            crops.append(audio[first : first + crop])
        drawn = torch.from_numpy(np.stack(crops).astype(np.float32) / PEAK)
        return drawn if engine is None else drawn[engine.share(batch)].to(engine.device)

    def first(self, seconds: float) -> Tensor:
        """Return the beginning of the first piece, (1, N)."""
        n_samples = int(seconds * SAMPLE_RATE) // ALIGNMENT * ALIGNMENT
        return torch.from_numpy(self._audio[0][None, :n_samples].astype(np.float32) / PEAK)


Batch = dict[str, Tensor]


class CropSize(Protocol):
    """What of a training's settings says how crops are drawn."""

    @property
    def batch(self) -> int:
        """Crops in a batch of each process."""

    @property
    def crop(self) -> int:
        """Frames in a crop."""

    @property
    def drop_motion(self) -> float:
        """Share of crops in which the movement is hidden."""

    @property
    def drop_visual(self) -> float:
        """Share of crops in which the directogram is hidden."""


class Crops:
    """Random crops of pieces, as the generator's inputs and target codes.

    Parameters
    ----------
    pieces, codes
        The pieces, and the codes (T,) of each.
    level
        The level of the codes.
    sounds
        The sound of each, if crops are to have their ``audio`` (batch, N) too.
    """

    def __init__(
        self,
        pieces: list[Piece],
        codes: list[NDArray[np.int16]],
        level: Level,
        sounds: list[NDArray[np.int16]] | None = None,
    ) -> None:
        self._pieces = pieces
        self._codes = codes
        self._sounds = sounds
        self._clocks = [piece.grid.clock() for piece in pieces]
        self._ratio = FRAME // level.hop_length

    def draw(self, size: CropSize, rng: np.random.Generator, engine: Engine | None = None) -> Batch:
        """Draw a batch, of all processes' draw an engine's share.

        See `d2m.models.compact_generator.CompactGenerator.forward` for its entries.
        """
        total = size.batch if engine is None else size.batch * engine.processes
        items = [self._item(int(i), size, rng) for i in rng.integers(len(self._pieces), size=total)]
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
        share = engine.share(size.batch)
        return {name: values[share].to(engine.device) for name, values in batch.items()}

    def _item(self, index: int, size: CropSize, rng: np.random.Generator) -> dict[str, Any]:
        piece, codes, clock = self._pieces[index], self._codes[index], self._clocks[index]
        first = int(rng.integers(piece.grid.n_frames - size.crop))
        part = slice(first, first + size.crop)
        sound = slice(part.start * self._ratio, part.stop * self._ratio)
        step = clock.step[part]
        from_step = max(0, int(step[0]) - CONTEXT_STEPS)
        steps = slice(from_step, int(step[-1]) + CONTEXT_STEPS + 1)
        shown, seen = rng.random(2) >= (size.drop_motion, size.drop_visual)
        heard: dict[str, Any] = {}
        if self._sounds is not None:
            samples = slice(part.start * FRAME, part.stop * FRAME)
            heard["audio"] = self._sounds[index][samples].astype(np.float32) / PEAK
        return heard | {
            "song": np.int64(piece.song),
            "position": piece.grid.position[steps],
            "movement": piece.features[steps] * np.float32(shown),
            "visual": piece.visual[steps] * np.float32(seen or not shown),
            "step": step - from_step,
            "offset_in_step": clock.offset_in_step[part],
            "offset_in_beat": clock.offset_in_beat[part],
            "codes": codes[sound].astype(np.int64),
        }
