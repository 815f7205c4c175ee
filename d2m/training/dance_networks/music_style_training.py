"""Train the classifier of the style of songs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m.choreography.music_style import STYLE_FRAMES, MusicStyleClassifier, MusicStyleConfig
from d2m.core.styles import STYLES
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.song_corpus import StyledSong
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

TIMBRE_CHANGE = 0.3
"""Standard deviation of the random change of a song's mean MFCC in training, so that the network
does not only learn the sound of the project's own instruments. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class MusicStyleTrainingConfig(TrainerConfig):
    """Settings of the training of a `MusicStyleClassifier`.

    Parameters
    ----------
    network
        Its sizes.
    batch
        Parts of songs in a batch.
    learning_rate
        AdamW's learning rate. Chosen by hand.
    """

    network: MusicStyleConfig = field(default_factory=MusicStyleConfig)
    batch: int = 32
    learning_rate: float = 1e-3


class MusicStyleTask(DanceTask):
    """Train a `MusicStyleClassifier`.

    Parameters
    ----------
    songs, held_out
        Songs to train on and to measure.
    config
        Settings of the training.
    """

    def __init__(
        self,
        songs: Sequence[StyledSong],
        held_out: Sequence[StyledSong],
        config: MusicStyleTrainingConfig,
    ) -> None:
        torch.manual_seed(config.seed)
        self._songs, self._held_out, self._config = songs, held_out, config
        self.network = MusicStyleClassifier(config.network)
        self.network.normalise(torch.from_numpy(np.concatenate([s.features for s in songs])))
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=0.05
        )
        stored = {"network": self.network, "optimizer": self._optimizer}
        super().__init__(self.network, config.network, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one optimisation step and return the cross-entropy (nat)."""
        self.network.train()
        chosen = [self._songs[i] for i in rng.integers(len(self._songs), size=self._config.batch)]
        parts = []
        for song in chosen:
            start = int(rng.integers(max(1, len(song.features) - STYLE_FRAMES)))
            rows = np.minimum(start + np.arange(STYLE_FRAMES), len(song.features) - 1)
            change = rng.normal(0, TIMBRE_CHANGE, song.features.shape[1])
            parts.append(song.features[rows] + change / self.network.scale.numpy())
        logits = self.network(torch.from_numpy(np.stack(parts).astype(np.float32)))
        loss = functional.cross_entropy(logits, _labels(chosen), label_smoothing=0.1)
        engine.backward_and_step(loss, self._optimizer, self.network.parameters())
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:  # noqa: ARG002
        """Return the share of held-out songs whose style is found."""
        self.network.eval()
        found = [int(self.network.style_vector(song.features).argmax()) for song in self._held_out]
        right = np.array(found) == _labels(self._held_out).numpy()
        return {"held_out_right": float(right.mean())}


def train_music_style(
    songs: Sequence[StyledSong],
    held_out: Sequence[StyledSong],
    folder: Path,
    config: MusicStyleTrainingConfig,
) -> None:
    """Train the classifier, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    songs, held_out, config
        See `MusicStyleTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(MusicStyleTask(songs, held_out, config))


def _labels(songs: Sequence[StyledSong]) -> Tensor:
    return torch.tensor([list(STYLES).index(song.style) for song in songs])
