"""VGGish: the network by whose features D2M-GAN tells genres, and what it hears.

Hershey et al., "CNN Architectures for Large-Scale Audio Classification", ICASSP 2017, as
released with AudioSet. Names and shapes of the parameters are those of the port to PyTorch
that is in common use (harritaylor/torchvggish), so its files load strictly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FloatArray = NDArray[np.float64]

VGGISH_SAMPLE_RATE = 16_000
"""What the network hears (Hz)."""
WINDOW_SAMPLES, HOP_SAMPLES, N_FFT = 400, 160, 512
"""Frames of 25 ms every 10 ms (samples)."""
N_BANDS, LOW_HZ, HIGH_HZ = 64, 125.0, 7500.0
LOG_OFFSET = 0.01
EXAMPLE_FRAMES = 96
"""Frames of an example: 0.96 s."""
EMBEDDING_SIZE = 128
PCA_PREFIX = "pproc."
"""Begin of the names of the post-processing, which a file may lack."""
_PCA_CLIP = 2.0
_CHANNELS = ((64,), (128,), (256, 256), (512, 512))


class Whitening(nn.Module):
    """AudioSet's post-processing: principal components, whitened, cut to [-2, 2].

    The release goes on to round the values to 8 bits, which distances have no use for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pca_eigen_vectors = nn.Parameter(torch.empty(EMBEDDING_SIZE, EMBEDDING_SIZE))
        self.pca_means = nn.Parameter(torch.empty(EMBEDDING_SIZE, 1))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Turn (B, 128) to (B, 128)."""
        components = (embeddings - self.pca_means.T) @ self.pca_eigen_vectors.T
        return components.clamp(-_PCA_CLIP, _PCA_CLIP)


class VGGish(nn.Module):
    """The network, untrained.

    Parameters
    ----------
    pca
        Whether AudioSet's post-processing follows.
    """

    def __init__(self, *, pca: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for block in _CHANNELS:
            for channels in block:
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        places = (EXAMPLE_FRAMES // 16) * (N_BANDS // 16)
        self.embeddings = nn.Sequential(
            nn.Linear(places * before, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, EMBEDDING_SIZE),
            nn.ReLU(),
        )
        self.pproc: Whitening | None = Whitening() if pca else None

    def forward(self, examples: Tensor) -> Tensor:
        """Embed log-mel examples (B, 1, 96, 64) as (B, 128)."""
        # The linear layers were trained where channels come last.
        seen = self.features(examples).permute(0, 2, 3, 1).flatten(1)
        embeddings: Tensor = self.embeddings(seen)
        return embeddings if self.pproc is None else self.pproc(embeddings)


def log_mel_examples(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float32]:
    """Return what the network hears of a sound: whole examples of 0.96 s, one after another.

    Parameters
    ----------
    audio : (N,)
        Mono, in [-1, 1]. What is shorter than an example is followed by silence.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    (B, 1, 96, 64)
        Natural log of (mel amplitude + 0.01).
    """
    sound = _resampled(np.asarray(audio, dtype=float), sample_rate)
    shortest = WINDOW_SAMPLES + (EXAMPLE_FRAMES - 1) * HOP_SAMPLES
    sound = np.pad(sound, (0, max(0, shortest - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW_SAMPLES)[::HOP_SAMPLES]
    periodic = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES)
    mel = np.abs(np.fft.rfft(frames * periodic, N_FFT)) @ mel_filterbank()
    count = len(mel) // EXAMPLE_FRAMES
    heard = np.log(mel[: count * EXAMPLE_FRAMES] + LOG_OFFSET)
    examples: NDArray[np.float32] = heard.reshape(count, 1, EXAMPLE_FRAMES, N_BANDS).astype("f4")
    return examples


@cache
def mel_filterbank() -> FloatArray:
    """Return the weights (257, 64) of frequencies in bands: triangles on HTK's mel scale.

    Straight lines are straight in mel, not in Hz as with librosa, and the constant part of
    a sound is in no band.
    """
    at = _mel(np.linspace(0.0, VGGISH_SAMPLE_RATE / 2, N_FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), N_BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(
        0.0, np.minimum((at - low) / (centre - low), (high - at) / (high - centre))
    )
    weights[0] = 0.0
    weights.flags.writeable = False
    return np.asarray(weights)


@torch.inference_mode()
def mean_embeddings(
    network: VGGish, sounds: Sequence[NDArray[Any]], sample_rate: int
) -> NDArray[np.float64]:
    """Return the mean embeddings (n, 128) of the examples of sounds.

    Parameters
    ----------
    network
        With its weights.
    sounds : n of (N,)
        Mono.
    sample_rate
        Samples a second (Hz).
    """
    examples = [torch.from_numpy(log_mel_examples(sound, sample_rate)) for sound in sounds]
    found = network(torch.cat(examples)).split([len(one) for one in examples])
    return np.asarray(torch.stack([one.mean(dim=0) for one in found]).double().numpy())


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


def _resampled(sound: FloatArray, sample_rate: int) -> FloatArray:
    if sample_rate == VGGISH_SAMPLE_RATE:
        return sound
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(sample_rate, VGGISH_SAMPLE_RATE)
    return np.asarray(resample_poly(sound, VGGISH_SAMPLE_RATE // common, sample_rate // common))
