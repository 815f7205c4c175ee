"""Batches of the published data sets, drawn from the seed and the number of the step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from d2m.core.errors import DataError
from d2m.core.levels import LEVELS
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.dataset import PublishedSegments, Segment, collate, vary_loudness
from d2m.training.distributed import Engine


class Batches:
    """A data set's two splits, as batches on the training's device.

    Parameters
    ----------
    folder
        Of the lists.
    config
        Data set, level, length, batch and seed.
    """

    def __init__(self, folder: Path, config: D2MGANConfig) -> None:
        self._train, self._test = (
            PublishedSegments(folder, config.dataset, split, LEVELS[config.level], config.seconds)
            for split in ("train", "test")
        )
        self._config = config

    def draw(self, number: int, rng: np.random.Generator, engine: Engine) -> Segment:
        """Return this process's share of the batch of a step.

        The segments come in a new order in each epoch, which is what all processes need to
        see all of them once; what is left after the last whole batch waits for the next.

        Raises
        ------
        DataError
            If the batch of all processes is larger than the data set.
        """
        batch, segments = self._config.batch, self._train
        total = batch * engine.processes
        if total > len(segments):
            raise DataError(
                f"A batch of {total} is larger than the {len(segments)} training segments: "
                "choose a smaller --batch or add data."
            )
        epoch, place = divmod(number, len(segments) // total)
        order = np.random.default_rng([self._config.seed, epoch, 1]).permutation(len(segments))
        share = engine.share(batch)
        drawn = order[place * total : (place + 1) * total][share]
        whole = collate([segments[int(index)] for index in drawn])
        gains = vary_loudness(torch.ones(total, 1), rng)[share]
        return _to(whole._replace(audio=whole.audio * gains), engine.device)

    def held_out(self, count: int, device: torch.device) -> Segment:
        """Return the first segments of the test split, or all if there are fewer."""
        count = min(count, len(self._test))
        return _to(collate([self._test[index] for index in range(count)]), device)


def _to(batch: Segment, device: torch.device) -> Segment:
    return Segment(
        motion=batch.motion.to(device),
        visual=batch.visual.to(device),
        audio=batch.audio.to(device),
        genre=None if batch.genre is None else batch.genre.to(device),
    )
