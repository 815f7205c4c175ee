"""Measure how well a codec reconstructs audio during a training."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from d2m.core.levels import HopLevel
from d2m.models.vqvae import CODEBOOK_SIZE, JukeboxVQVAE
from d2m.training.data.crops import AudioCrops
from d2m.training.trainer import AudioExamples

STFT_WINDOWS = (2048, 512, 128)
"""Window lengths (samples) of the spectral losses: 93, 23 and 6 ms; chosen by hand."""
SONG_RMS = 0.115
"""RMS (full scale is 1) that songs are normalised to; waveform losses are divided by its square."""
AUDIO_EXAMPLE_S = 4.0
"""Length (s) of the audio examples that a run writes."""
N_RECONSTRUCTION_BATCHES = 12
"""Held-out batches that `reconstruction_metrics` averages over; chosen by hand."""


@torch.no_grad()
def reconstruction_metrics(
    codec: JukeboxVQVAE,
    level: HopLevel,
    crops: AudioCrops,
    *,
    batch: int,
    crop: int,
    device: torch.device,
) -> dict[str, float]:
    """Return a codec's reconstruction metrics on held-out crops.

    Parameters
    ----------
    codec
        The codec to evaluate.
    level
        Its hop level.
    crops
        Held-out audio.
    batch, crop
        Crops in a batch, and length of a crop (samples).
    device
        Device of the codec.

    Returns
    -------
    dict
        The means of `spectral_distances`, each name prefixed by ``held_out_``, and
        ``perplexity``: the exponential of the entropy of the codes, at most 2,048.
    """
    rng = np.random.default_rng(0)
    metrics: dict[str, list[float]] = {}
    used = torch.zeros(CODEBOOK_SIZE)
    for _ in range(N_RECONSTRUCTION_BATCHES):
        audio = crops.draw(batch, crop, rng).to(device)
        codes = codec.encode(audio, level)
        used += torch.bincount(codes.flatten().cpu(), minlength=CODEBOOK_SIZE)
        decoded = codec.decode(codes, level)
        for name, value in spectral_distances(decoded, audio).items():
            metrics.setdefault(f"held_out_{name}", []).append(float(value))
    share = used / used.sum()
    entropy = -(share * share.clamp(min=1e-12).log()).sum()
    means = {name: float(np.mean(values)) for name, values in metrics.items()}
    return means | {"perplexity": float(entropy.exp())}


@torch.no_grad()
def reconstruction_examples(
    codec: JukeboxVQVAE, level: HopLevel, crops: AudioCrops, device: torch.device
) -> AudioExamples:
    """Return the first `AUDIO_EXAMPLE_S` seconds of a piece, original and reconstructed."""
    audio = crops.first(AUDIO_EXAMPLE_S)
    decoded = codec.decode(codec.encode(audio.to(device), level), level)
    return {"original": audio[0].numpy(), "reconstructed": decoded[0].float().cpu().numpy()}


def spectral_distances(decoded: Tensor, audio: Tensor) -> dict[str, Tensor]:
    """Compare the magnitude spectrograms of decoded and original audio at three resolutions.

    Parameters
    ----------
    decoded, audio : (B, N)
        Audio in [-1, 1].

    Returns
    -------
    dict
        The means over `STFT_WINDOWS` of ``convergence``, the Frobenius norm of the difference
        of magnitudes divided by that of the original, and of ``log_magnitude``, the mean
        absolute difference of their natural logarithms (floor 1e-3).
    """
    convergence, log_magnitude = [], []
    for size in STFT_WINDOWS:
        window = torch.hann_window(size, device=audio.device)
        one, other = (
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs()
            for x in (decoded, audio)
        )
        convergence.append((one - other).norm() / other.norm().clamp(min=1e-6))
        log_magnitude.append((one.clamp(min=1e-3).log() - other.clamp(min=1e-3).log()).abs().mean())
    return {
        "convergence": torch.stack(convergence).mean(),
        "log_magnitude": torch.stack(log_magnitude).mean(),
    }
