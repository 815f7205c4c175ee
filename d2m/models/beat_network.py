"""A small recurrent network that hears beats and downbeats in a spectrogram.

It is the network of BeatNet (M. Heydari, F. Cwitkowitz, Z. Duan, "BeatNet: CRNN and Particle
Filtering for Online Joint Beat, Downbeat and Meter Tracking", ISMIR 2021) with its published
weights, which are under CC BY 4.0 (see NOTICE).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.core.errors import CheckpointError

BEAT_WEIGHTS = Path(__file__).parent / "weights" / "beat_network.safetensors"
"""The bundled weights."""
BEAT_FEATURES = 272
"""Values of a frame that the network reads (`d2m.audio.log_filterbank.log_bands_and_rise`)."""
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

    @classmethod
    def from_pretrained(cls, path: Path = BEAT_WEIGHTS) -> BeatNetwork:
        """Load the network from a safetensors file.

        Parameters
        ----------
        path
            The file; the bundled one by default.

        Returns
        -------
        BeatNetwork
            On the CPU, in evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or holds other weights.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        network = cls()
        try:
            network.load_state_dict({k: v.float() for k, v in load_file(path).items()})
        except (OSError, SafetensorError, RuntimeError) as error:
            raise CheckpointError(
                f"The weights of the beat network can't be read from {path}: install D2M again."
            ) from error
        return network.eval().requires_grad_(False)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (B, T, 272) to logits (B, T, 3): beat, downbeat, neither."""
        batch, time, _ = features.shape
        bands = self.conv1(features.reshape(batch * time, 1, BEAT_FEATURES))
        pooled = nn.functional.max_pool1d(torch.relu(bands), 2)
        hidden: Tensor = self.linear0(pooled.reshape(batch, time, -1))
        hidden, _ = self.lstm(hidden)
        logits: Tensor = self.linear(hidden)
        return logits

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
        logits = self(torch.from_numpy(features)[None])[0]
        return np.asarray(logits.softmax(dim=-1)[:, :2].double().numpy())
