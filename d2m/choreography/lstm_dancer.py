"""LSTM baseline: from the sound of a song, frame by frame, to poses (Lee et al., 2019, Sec. 4.3).

After Shlizerman et al., "Audio to Body Dynamics" (CVPR 2018): one recurrent layer that sees the
sound a little before it dances to it. There is no randomness, so the same song always gives the
same dance. Shapes: ``B`` songs, ``T`` frames at 15 fps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.choreography.joints import N_JOINTS
from d2m.choreography.music_features import MUSIC_FEATURES
from d2m.choreography.stored_network import stored_network
from d2m.choreography.unit_vae import POSE_VALUES
from d2m.models.weight_files import StoredConfig

FloatArray = NDArray[np.float64]
LSTM_FILE = "dance/lstm.safetensors"
"""File of the weights in a checkpoints folder."""


@dataclass(frozen=True, kw_only=True)
class LstmDancerConfig(StoredConfig):
    """Sizes of an `LstmDancer`.

    Parameters
    ----------
    features
        Audio features of a frame.
    hidden
        Values of the recurrent state. Chosen by hand.
    delay
        Frames that the sound is ahead of the pose. Chosen by hand.
    """

    features: int = MUSIC_FEATURES
    hidden: int = 192
    delay: int = 4


class LstmDancer(nn.Module):
    """Poses from audio features.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: LstmDancerConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(config.features))
        self.register_buffer("feature_scale", torch.ones(config.features))
        self.register_buffer("pose_mean", torch.zeros(POSE_VALUES))
        self.lstm = nn.LSTM(config.features, config.hidden, batch_first=True)
        self.head = nn.Linear(config.hidden, POSE_VALUES)

    feature_mean: Tensor
    feature_scale: Tensor
    pose_mean: Tensor

    def normalise(self, features: Tensor, poses: Tensor) -> None:
        """Learn mean and scale of features (N, D), and the mean of poses (N, 42)."""
        self.feature_mean.copy_(features.mean(dim=0))
        self.feature_scale.copy_(1 / features.std(dim=0).clamp(min=1e-3))
        self.pose_mean.copy_(poses.mean(dim=0))

    def forward(self, features: Tensor) -> Tensor:
        """Return poses (B, T, 42) in torso lengths for audio features (B, T, D)."""
        scaled = (features - self.feature_mean) * self.feature_scale
        late = nn.functional.pad(scaled, (0, 0, 0, self.config.delay))
        states, _ = self.lstm(late)
        poses: Tensor = self.pose_mean + self.head(states[:, self.config.delay :])
        return poses

    @classmethod
    def from_pretrained(cls, folder: Path) -> LstmDancer:
        """Load the network of a checkpoints folder.

        Raises
        ------
        CheckpointError
            If its file is missing, damaged, or of another network.
        """
        return stored_network(cls, LstmDancerConfig, folder / LSTM_FILE)

    @torch.inference_mode()
    def dance(self, features: NDArray[np.float32]) -> FloatArray:
        """Return the dance to a song.

        Parameters
        ----------
        features : (T, D)
            Audio features at 15 fps.

        Returns
        -------
        (T, 14, 3)
            Joints in torso lengths; the hips begin above the origin of the floor.
        """
        poses = self(torch.as_tensor(features, dtype=torch.float32)[None])[0]
        return np.asarray(poses.reshape(-1, N_JOINTS, 3).numpy(), dtype=float)
