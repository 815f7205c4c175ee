"""An action classifier of dances, whose features measure how far dances are from each other.

"Dancing to Music" (Lee et al., NeurIPS 2019, Sec. 4.3) trains a classifier of the styles and
takes its features for FID, diversity and multimodality. Shapes: ``B`` dances, ``T`` frames at
15 fps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.choreography.joints import N_JOINTS, hip_indices
from d2m.choreography.stored_network import stored_network
from d2m.core.dance_styles import DANCE_STYLES
from d2m.models.weight_files import StoredConfig

ACTION_FRAMES = 64
"""Frames that the classifier is trained on and measures: 4.3 s at 15 fps. Chosen by hand."""
ACTION_FILE = "dance/actions.safetensors"
"""File of the weights in a checkpoints folder."""
_CHANNELS = 4 * N_JOINTS  # x and y around the hips, and their speeds


@dataclass(frozen=True, kw_only=True)
class ActionClassifierConfig(StoredConfig):
    """Sizes of an `ActionClassifier`.

    Parameters
    ----------
    hidden
        Channels of its convolutions. Chosen by hand.
    features
        Values of the features. Chosen by hand.
    """

    hidden: int = 96
    features: int = 32


class ActionClassifier(nn.Module):
    """A convolutional network on joints in the image.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: ActionClassifierConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden
        self.layers = nn.Sequential(
            *(nn.Conv1d(_CHANNELS, width, 5, padding=2), nn.GroupNorm(1, width), nn.ReLU()),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.GroupNorm(1, width), nn.ReLU()),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.GroupNorm(1, width), nn.ReLU()),
        )
        self.squeeze = nn.Sequential(nn.Linear(2 * width, config.features), nn.ReLU())
        self.head = nn.Linear(config.features, len(DANCE_STYLES))

    def features(self, joints: Tensor) -> Tensor:
        """Return features (B, D) of dances (B, T, 14, 2) in torso lengths."""
        hips = joints[:, :, hip_indices()].mean(dim=2)
        around = (joints - hips[:, :, None]).flatten(2)
        speed = nn.functional.pad(joints.diff(dim=1).flatten(2), (0, 0, 1, 0))
        inputs = torch.cat([around, 4 * speed], dim=-1)
        hidden = self.layers(inputs.transpose(1, 2))
        pooled = torch.cat([hidden.mean(dim=-1), hidden.amax(dim=-1)], dim=-1)
        features: Tensor = self.squeeze(pooled)
        return features

    def forward(self, joints: Tensor) -> Tensor:
        """Return the logits (B, 12) of the styles."""
        logits: Tensor = self.head(self.features(joints))
        return logits

    @classmethod
    def from_pretrained(cls, folder: Path) -> ActionClassifier:
        """Load the network of a checkpoints folder.

        Raises
        ------
        CheckpointError
            If its file is missing, damaged, or of another network.
        """
        return stored_network(cls, ActionClassifierConfig, folder / ACTION_FILE)

    @torch.inference_mode()
    def features_of(self, dances: NDArray[Any]) -> NDArray[np.float64]:
        """Return features (B, D) of dances (B, T, 14, 2 or more); only x and y are used."""
        joints = torch.as_tensor(np.asarray(dances)[..., :2].copy(), dtype=torch.float32)
        return np.asarray(self.features(joints).numpy(), dtype=float)
