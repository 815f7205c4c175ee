"""VGGish audio embeddings, with the log-mel spectrograms that the network reads.

Hershey et al., "CNN Architectures for Large-Scale Audio Classification", ICASSP 2017, as
released with AudioSet. D2M-GAN's genre accuracy is measured with it. All parameters have the
names and shapes of the PyTorch port harritaylor/torchvggish, so its files load strictly.
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
"""Sample rate that the network was trained at (Hz)."""
WINDOW_SAMPLES, HOP_SAMPLES, N_FFT = 400, 160, 512
"""Window (25 ms), hop (10 ms) and FFT of the spectrogram (samples), as released."""
N_BANDS, LOW_HZ, HIGH_HZ = 64, 125.0, 7500.0
"""Number of mel bands and their range (Hz), as released."""
LOG_OFFSET = 0.01
"""Added to mel amplitudes before the logarithm, as released."""
FRAMES_PER_EXAMPLE = 96
"""Spectrogram frames of one example (0.96 s), as released."""
EMBEDDING_SIZE = 128
"""Values of an embedding."""
PCA_PREFIX = "pproc."
"""Prefix of the parameters of the post-processing, which some files do not have."""
_PCA_CLIP = 2.0  # limit of whitened values, as released
_CHANNELS = ((64,), (128,), (256, 256), (512, 512))


class Whitening(nn.Module):
    """AudioSet's post-processing: PCA with whitening, clipped to [-2, 2].

    The release also quantises the values to 8 bits, which is omitted here: it would only add
    noise to distances.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pca_eigen_vectors = nn.Parameter(torch.empty(EMBEDDING_SIZE, EMBEDDING_SIZE))
        self.pca_means = nn.Parameter(torch.empty(EMBEDDING_SIZE, 1))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Map embeddings (B, 128) to whitened ones (B, 128)."""
        components = (embeddings - self.pca_means.T) @ self.pca_eigen_vectors.T
        return components.clamp(-_PCA_CLIP, _PCA_CLIP)


class VGGish(nn.Module):
    """The VGGish network.

    Parameters
    ----------
    pca
        Whether to append AudioSet's post-processing.
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
        positions = (FRAMES_PER_EXAMPLE // 16) * (N_BANDS // 16)
        self.embeddings = nn.Sequential(
            nn.Linear(positions * before, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, EMBEDDING_SIZE),
            nn.ReLU(),
        )
        self.pproc: Whitening | None = Whitening() if pca else None

    def forward(self, examples: Tensor) -> Tensor:
        """Map log-mel examples (B, 1, 96, 64) to embeddings (B, 128)."""
        # The linear layers were trained with channels last.
        flat = self.features(examples).permute(0, 2, 3, 1).flatten(1)
        embeddings: Tensor = self.embeddings(flat)
        return embeddings if self.pproc is None else self.pproc(embeddings)


def log_mel_examples(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float32]:
    """Compute the log-mel spectrogram of audio, in consecutive whole examples of 0.96 s.

    Parameters
    ----------
    audio : (N,)
        Mono, in [-1, 1]. Audio shorter than one example is padded with silence.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (B, 1, 96, 64)
        Natural log of (mel amplitude + 0.01).
    """
    samples = _resample(np.asarray(audio, dtype=float), sample_rate)
    shortest = WINDOW_SAMPLES + (FRAMES_PER_EXAMPLE - 1) * HOP_SAMPLES
    samples = np.pad(samples, (0, max(0, shortest - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW_SAMPLES)[::HOP_SAMPLES]
    periodic = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES)
    mel = np.abs(np.fft.rfft(frames * periodic, N_FFT)) @ mel_filterbank()
    count = len(mel) // FRAMES_PER_EXAMPLE
    log_mel = np.log(mel[: count * FRAMES_PER_EXAMPLE] + LOG_OFFSET)
    examples: NDArray[np.float32] = log_mel.reshape(count, 1, FRAMES_PER_EXAMPLE, N_BANDS).astype(
        "f4"
    )
    return examples


@cache
def mel_filterbank() -> FloatArray:
    """Return the weights (257, 64) of FFT bins in mel bands, on HTK's mel scale.

    The triangles are linear in mel, not in Hz as in librosa. The bin at 0 Hz has no weight.
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
    """Compute the mean embedding of each of several sounds, over its examples.

    Parameters
    ----------
    network
        Network with weights.
    sounds
        Mono audio, ``n`` arrays (N,) in [-1, 1].
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (n, 128)
        One mean embedding per sound.
    """
    examples = [torch.from_numpy(log_mel_examples(sound, sample_rate)) for sound in sounds]
    embeddings = network(torch.cat(examples)).split([len(one) for one in examples])
    means = torch.stack([one.mean(dim=0) for one in embeddings])
    return np.asarray(means.double().numpy())


def _mel(hertz: Any) -> Any:
    """Convert frequencies (Hz) to HTK's mel scale."""
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


def _resample(audio: FloatArray, sample_rate: int) -> FloatArray:
    if sample_rate == VGGISH_SAMPLE_RATE:
        return audio
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(sample_rate, VGGISH_SAMPLE_RATE)
    return np.asarray(resample_poly(audio, VGGISH_SAMPLE_RATE // common, sample_rate // common))
