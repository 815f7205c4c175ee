"""Batches of a published data set, drawn from the seed and the number of the step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from d2m.core.errors import DataError
from d2m.core.levels import HOP_LEVELS
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.dataset import D2MGANDataset, Segment, apply_random_gain, collate
from d2m.training.distributed import Engine


class SegmentBatches:
    """Batches from both splits of a data set, on the device of the training.

    Parameters
    ----------
    folder
        Folder with the lists of the published data.
    config
        Data set, level, length, batch size and seed.
    """

    def __init__(self, folder: Path, config: D2MGANConfig) -> None:
        self._train, self._test = (
            D2MGANDataset(folder, config.dataset, split, HOP_LEVELS[config.level], config.seconds)
            for split in ("train", "test")
        )
        self._config = config

    def draw(self, number: int, rng: np.random.Generator, engine: Engine) -> Segment:
        """Return this process's share of the training batch of a step.

        Each epoch shuffles the segments from the seed and the number of the epoch alone, so
        that all processes agree on the order. Segments left over after the last whole batch
        are not used in that epoch.

        Parameters
        ----------
        number
            Number of the step, from 0.
        rng
            Draws the gains of the audio, in the same state in all processes.
        engine
            The process to train in.

        Raises
        ------
        DataError
            If the batch of all processes is larger than the data set.
        """
        batch, segments = self._config.batch, self._train
        total = batch * engine.world_size
        if total > len(segments):
            raise DataError(
                f"A batch of {total} is larger than the {len(segments)} training segments: "
                "choose a smaller --batch or add data."
            )
        epoch, place = divmod(number, len(segments) // total)
        order = np.random.default_rng([self._config.seed, epoch, 1]).permutation(len(segments))
        share = engine.share(batch)
        drawn = order[place * total : (place + 1) * total][share]
        stacked = collate([segments[int(index)] for index in drawn])
        gains = apply_random_gain(torch.ones(total, 1), rng)[share]
        return _to(stacked._replace(audio=stacked.audio * gains), engine.device)

    def held_out(self, count: int, device: torch.device) -> Segment:
        """Return the first segments of the test split, at most ``count``, as a batch."""
        count = min(count, len(self._test))
        return _to(collate([self._test[index] for index in range(count)]), device)


def _to(batch: Segment, device: torch.device) -> Segment:
    return Segment(
        motion=batch.motion.to(device),
        visual=batch.visual.to(device),
        audio=batch.audio.to(device),
        genre=None if batch.genre is None else batch.genre.to(device),
    )
