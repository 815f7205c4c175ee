"""Small recurrent networks that hear beats and downbeats in a spectrogram.

They are those of BeatNet (M. Heydari, F. Cwitkowitz, Z. Duan, "BeatNet: CRNN and Particle
Filtering for Online Joint Beat, Downbeat and Meter Tracking", ISMIR 2021) with the three sets
of weights that were published, which are under CC BY 4.0 (see NOTICE). Each set was trained
without another data set; here the three are averaged.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.models.weight_files import read_weights

BEAT_WEIGHTS = Path(__file__).parent / "weights" / "beat_network.safetensors"
"""The bundled weights."""
BEAT_FEATURES = 272
"""Values of a frame that the network reads (`d2m.audio.log_filterbank.log_bands_and_rise`)."""
BEAT_NETWORKS = 3
"""Number of networks that are averaged."""
_KERNEL, _CHANNELS, _HIDDEN, _CLASSES = 10, 2, 150, 3  # as published


class BeatNetwork(nn.Module):
    """Convolution over the bands of a frame, then two LSTM layers over time.

    The parameters have the names and shapes of the published ones. The network hears only the
    past: its activation for a frame depends on this frame and those before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, _CHANNELS, _KERNEL)
        pooled = (BEAT_FEATURES - _KERNEL + 1) // 2
        self.linear0 = nn.Linear(_CHANNELS * pooled, _HIDDEN)
        self.lstm = nn.LSTM(_HIDDEN, _HIDDEN, num_layers=2, batch_first=True)
        self.linear = nn.Linear(_HIDDEN, _CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (B, T, 272) to logits (B, T, 3): beat, downbeat, neither."""
        batch, time, _ = features.shape
        bands = self.conv1(features.reshape(batch * time, 1, BEAT_FEATURES))
        pooled = nn.functional.max_pool1d(torch.relu(bands), 2)
        hidden: Tensor = self.linear0(pooled.reshape(batch, time, -1))
        hidden, _ = self.lstm(hidden)
        logits: Tensor = self.linear(hidden)
        return logits


class BeatEnsemble(nn.Module):
    """Several `BeatNetwork` whose probabilities are averaged.

    Parameters
    ----------
    size
        Number of networks.
    """

    def __init__(self, size: int = BEAT_NETWORKS) -> None:
        super().__init__()
        self.members = nn.ModuleList(BeatNetwork() for _ in range(size))

    @classmethod
    def from_pretrained(cls, path: Path = BEAT_WEIGHTS) -> BeatEnsemble:
        """Load the networks from a safetensors file.

        Parameters
        ----------
        path
            The file; the bundled one by default.

        Returns
        -------
        BeatEnsemble
            On the CPU, in evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or holds other weights.
        """
        networks = cls()
        try:
            networks.load_state_dict(read_weights(path)[0])
        except (CheckpointError, RuntimeError) as error:
            raise CheckpointError(
                f"The weights of the beat network can't be read from {path}: install D2M again."
            ) from error
        return networks.eval().requires_grad_(False)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (B, T, 272) to probabilities (B, T, 3): beat, downbeat, neither."""
        each = [member(features).softmax(dim=-1) for member in self.members]
        return torch.stack(each).mean(dim=0)

    @torch.inference_mode()
    def activations(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probabilities of a beat and of a downbeat in each frame.

        Parameters
        ----------
        features : (T, 272)
            From `d2m.audio.log_filterbank.log_bands_and_rise`.

        Returns
        -------
        (T, 2)
            Of a beat that starts no bar, and of a downbeat.
        """
        probabilities: Tensor = self(torch.from_numpy(features)[None])[0]
        return np.asarray(probabilities[:, :2].double().numpy())
