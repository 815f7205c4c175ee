"""The style of a song, found by a network that heard songs of each style (Sec. 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.choreography.music_features import MUSIC_FEATURES
from d2m.choreography.stored_network import stored_network
from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.styles import STYLES
from d2m.models.weight_files import StoredConfig

STYLE_FRAMES = 120
"""Frames that the network hears at a time: 8 s at 15 fps. Chosen by hand."""
STYLE_WINDOWS = 12
"""Most parts of a song that are heard, spread evenly. Chosen by hand."""
MUSIC_STYLE_FILE = "dance/music_style.safetensors"
"""File of the weights in a checkpoints folder."""


@dataclass(frozen=True, kw_only=True)
class MusicStyleConfig(StoredConfig):
    """Sizes of a `MusicStyleClassifier`.

    Parameters
    ----------
    hidden
        Channels of its convolutions. Chosen by hand.
    """

    hidden: int = 96


class MusicStyleClassifier(nn.Module):
    """A convolutional network on audio features.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: MusicStyleConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden
        self.register_buffer("mean", torch.zeros(MUSIC_FEATURES))
        self.register_buffer("scale", torch.ones(MUSIC_FEATURES))
        self.layers = nn.Sequential(
            *(nn.Conv1d(MUSIC_FEATURES, width, 5, padding=2), nn.GroupNorm(1, width), nn.ReLU()),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.GroupNorm(1, width), nn.ReLU()),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.GroupNorm(1, width), nn.ReLU()),
        )
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * width, len(STYLES)))

    mean: Tensor
    scale: Tensor

    def normalise(self, features: Tensor) -> None:
        """Learn the mean and the scale of features (N, 28)."""
        self.mean.copy_(features.mean(dim=0))
        self.scale.copy_(1 / features.std(dim=0).clamp(min=1e-3))

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits (B, 10) of the genres for audio features (B, T, 28)."""
        hidden = self.layers(((features - self.mean) * self.scale).transpose(1, 2))
        pooled = torch.cat([hidden.mean(dim=-1), hidden.std(dim=-1)], dim=-1)
        logits: Tensor = self.head(pooled)
        return logits

    @classmethod
    def from_pretrained(cls, folder: Path) -> MusicStyleClassifier:
        """Load the network from a checkpoints folder.

        Raises
        ------
        CheckpointError
            If its file is missing, damaged, or of another network.
        """
        return stored_network(cls, MusicStyleConfig, folder / MUSIC_STYLE_FILE)

    @torch.inference_mode()
    def style_vector(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each style (12,) of a song.

        Salsa and Indian, of which no songs were heard, have none.

        Parameters
        ----------
        features : (F, 28)
            Audio features of the song.
        """
        count = max(1, min(STYLE_WINDOWS, len(features) // STYLE_FRAMES))
        starts = np.linspace(0, max(0, len(features) - STYLE_FRAMES), count).astype(int)
        rows = np.minimum(starts[:, None] + np.arange(STYLE_FRAMES), len(features) - 1)
        shares = self(torch.from_numpy(features[rows])).softmax(dim=-1).mean(dim=0).numpy()
        vector: NDArray[np.float32] = np.zeros(len(DANCE_STYLES), dtype=np.float32)
        vector[: len(STYLES)] = shares
        return vector


def one_style(name: str) -> NDArray[np.float32]:
    """Return the style vector (12,) of a style."""
    return np.asarray(np.eye(len(DANCE_STYLES), dtype=np.float32)[list(DANCE_STYLES).index(name)])
