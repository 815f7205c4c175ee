"""Songs with dances to them, cut into windows for the trainings of the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.choreography.aud_mocogan import beat_features
from d2m.choreography.dance_units import place_unit
from d2m.core.errors import DataError


class PairedDance(NamedTuple):
    """A song and a dance to it, at 15 fps.

    Parameters
    ----------
    features : (T, 28)
        Audio features.
    style : (12,)
        Shares of the styles.
    beats_s : (N,)
        Beats of the song (s).
    joints : (T, 14, 3)
        The dance (torso lengths).
    """

    features: NDArray[np.float32]
    style: NDArray[np.float32]
    beats_s: NDArray[np.float64]
    joints: NDArray[np.float32]


class DanceWindow(NamedTuple):
    """A batch of windows: features (B, T, 28), styles (B, 12), beats (B, T, 4), poses (B, T, 42).

    The hips of the first pose are above the origin.
    """

    features: Tensor
    style: Tensor
    beats: Tensor
    poses: Tensor


class DanceWindows:
    """Draw windows of dances.

    Parameters
    ----------
    dances
        Songs and dances.

    Raises
    ------
    DataError
        If there are none.
    """

    def __init__(self, dances: Sequence[PairedDance]) -> None:
        if not dances:
            raise DataError("There are no dances to train on: give a corpus with some.")
        self._dances = dances
        self._beats = [beat_features(dance.beats_s, len(dance.joints)) for dance in dances]

    def draw(self, count: int, frames: int, rng: np.random.Generator) -> DanceWindow:
        """Return random windows; in dances that are shorter, the last pose is held."""
        return self._stack([self._window(frames, rng) for _ in range(count)])

    def one_of_each(self, frames: int, rng: np.random.Generator) -> DanceWindow:
        """Return one window of each dance, to learn means and scales from."""
        return self._stack([self._window(frames, rng, index) for index in range(len(self._dances))])

    def _window(
        self, frames: int, rng: np.random.Generator, index: int | None = None
    ) -> tuple[NDArray[Any], ...]:
        chosen = int(rng.integers(len(self._dances))) if index is None else index
        dance = self._dances[chosen]
        start = int(rng.integers(max(1, len(dance.joints) - frames + 1)))
        rows = np.minimum(start + np.arange(frames), len(dance.joints) - 1)
        poses = place_unit(dance.joints[rows].astype(float)).reshape(frames, -1)
        return dance.features[rows], dance.style, self._beats[chosen][rows], poses

    def _stack(self, windows: list[tuple[NDArray[Any], ...]]) -> DanceWindow:
        columns = zip(*windows, strict=True)
        return DanceWindow(
            *(torch.as_tensor(np.stack(each), dtype=torch.float32) for each in columns)
        )
