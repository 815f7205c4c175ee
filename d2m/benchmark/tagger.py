"""A music tagger: the probabilities of 50 tags, and a 200-d embedding, of a piece of music.

The network is *musicnn* (Pons and Serra, 2019), trained on tagged music: filters of
two heights and three lengths, three layers over time, and a dense layer over the mean and the
maximum over time. Its weights come with the PyPI package ``musicnn`` 0.1.0 (ISC licence), which
is not installed: its wheel is unpacked, and the checkpoint read without TensorFlow.

    pip download --no-deps musicnn==0.1.0
    python -m zipfile -e musicnn-0.1.0-py3-none-any.whl FOLDER

The embedding, the output of the dense layer, describes kinds of sound and of music.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2m.benchmark.tensor_bundle import INDEX_FILE, read_bundle
from d2m.core.librosa_loader import load_librosa

TAGGER_RATE = 16_000
"""Sample rate of the audio that the network reads (Hz); this and the next as it was trained."""
N_FFT, TAGGER_HOP, TAGGER_MELS = 512, 256, 96
"""Window and hop (samples) and bands of the mel spectrogram."""
PATCH_FRAMES = 187
"""Frames of a patch, the input of the network: 3 s."""
PATCH_STEP = 94
"""Frames from one patch to the next: half a patch. Chosen by hand."""
LEVEL_RMS = 0.1
"""Level that all audio is brought to before it is tagged (full scale is 1), so that the
embeddings of loud and quiet pieces can be compared. Chosen by hand."""
GENRE_TAGS, INSTRUMENT_TAGS = "MSD_musicnn", "MTT_musicnn"
"""The two sets of weights: the tags of the Million Song Dataset are mostly genres and decades,
those of MagnaTagATune mostly instruments and voices."""
_EPSILON = 1e-3  # of TensorFlow's batch normalisation
_LOG_FACTOR = 10_000.0  # of the mel power before its logarithm


@dataclass(frozen=True, kw_only=True, eq=False)
class Tagging:
    """What the tagger says of a piece: means over its patches.

    Parameters
    ----------
    probabilities
        Of each tag, 0 to 1.
    embedding : (200,)
        Output of the dense layer.
    """

    probabilities: dict[str, float]
    embedding: NDArray[np.float64]

    def top(self, count: int = 5) -> list[str]:
        """Return the most probable tags."""
        return sorted(self.probabilities, key=lambda tag: -self.probabilities[tag])[:count]


class Tagger:
    """The network with its weights.

    Parameters
    ----------
    folder
        The unpacked wheel of ``musicnn``.
    weights
        `GENRE_TAGS` or `INSTRUMENT_TAGS`.

    Raises
    ------
    ValueError
        If the folder does not hold it.
    """

    def __init__(self, folder: Path, weights: str = GENRE_TAGS) -> None:
        package = folder / "musicnn"
        if not (package / weights / INDEX_FILE).is_file():
            raise ValueError(f"{folder} does not hold the unpacked wheel of musicnn 0.1.0.")
        self.labels = _labels(package / "configuration.py", weights[:3])
        self._weights = {
            name: torch.from_numpy(values.copy())
            for name, values in read_bundle(package / weights).items()
            if "Adam" not in name
        }

    def __call__(self, audio: NDArray[Any], sample_rate: int) -> Tagging:
        """Tag a piece.

        Parameters
        ----------
        audio : (N,) or (2, N)
            Mono or stereo audio, of which the mean of the channels is tagged.
        sample_rate
            Its sample rate (Hz).
        """
        patches = torch.from_numpy(_patches(_prepare(audio, sample_rate)))
        with torch.inference_mode():
            logits, embedding = self._network(patches)
        probabilities = torch.sigmoid(logits).mean(dim=0).numpy()
        return Tagging(
            probabilities=dict(zip(self.labels, map(float, probabilities), strict=True)),
            embedding=embedding.mean(dim=0).numpy().astype(float),
        )

    def _network(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, 50) and embeddings (B, 200) of patches (B, T, 96)."""
        image = self._normalise(patches[:, None], 0)
        padded = functional.pad(image, (0, 0, 3, 3))
        bands = [self._front(padded, index) for index in (0, 1)]
        # Kernels of even length: one frame more after than before, as in TensorFlow.
        for index, length in ((2, 128), (3, 64), (4, 32)):
            before = (length - 1) // 2
            bands.append(
                self._front(functional.pad(image, (0, 0, before, length - 1 - before)), index)
            )
        layers = [torch.cat(bands, dim=1)]
        for index in (5, 6, 7):
            kernel = self._weights[f"conv2d_{index}/kernel"][:, :, 0].permute(2, 1, 0)
            bias = self._weights[f"conv2d_{index}/bias"]
            found = functional.relu(functional.conv1d(layers[-1], kernel, bias, padding=3))
            found = self._normalise(found, index + 1)
            layers.append(found if index == 5 else found + layers[-1])
        features = torch.cat(layers, dim=1)
        pooled = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
        dense = functional.relu(self._dense(self._normalise(pooled, 9), "dense"))
        embedding = self._normalise(dense, 10)
        return self._dense(embedding, "dense_1"), embedding

    def _front(self, image: Tensor, index: int) -> Tensor:
        """Return filtered bands (B, C, T), each at its strongest frequency, of (B, 1, T, F)."""
        name = f"conv2d_{index}" if index else "conv2d"
        kernel = self._weights[f"{name}/kernel"].permute(3, 2, 0, 1)
        found = functional.relu(functional.conv2d(image, kernel, self._weights[f"{name}/bias"]))
        return self._normalise(found, index + 1).amax(dim=3)

    def _normalise(self, values: Tensor, index: int) -> Tensor:
        """Apply a batch normalisation to values (B, C, ...)."""
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        mean, variance, gamma, beta = (
            self._weights[f"{name}/{part}"]
            for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return functional.batch_norm(values, mean, variance, gamma, beta, eps=_EPSILON)

    def _dense(self, values: Tensor, name: str) -> Tensor:
        return values @ self._weights[f"{name}/kernel"] + self._weights[f"{name}/bias"]


def _labels(configuration: Path, dataset: str) -> list[str]:
    """Return the names of the tags, which the package lists in its configuration."""
    for node in ast.parse(configuration.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == f"{dataset}_LABELS":
            return [str(label) for label in ast.literal_eval(node.value)]
    raise ValueError(f"{configuration.name} lists no tags.")


def _prepare(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float32]:
    """Mix to mono, resample, and bring to `LEVEL_RMS`; repeat audio shorter than a patch."""
    mono = np.atleast_2d(np.asarray(audio, dtype=np.float32)).mean(axis=0)
    sound = load_librosa().resample(mono, orig_sr=sample_rate, target_sr=TAGGER_RATE)
    needed = PATCH_FRAMES * TAGGER_HOP
    if len(sound) < needed:
        sound = np.tile(sound, -(-needed // max(1, len(sound))))
    level = float(np.sqrt(np.mean(np.square(sound, dtype=float))))
    return np.asarray(sound * (LEVEL_RMS / max(level, 1e-9)), dtype=np.float32)


def _patches(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-mel patches (B, T, 96) of a sound (N,)."""
    mel = load_librosa().feature.melspectrogram(
        y=sound,
        sr=TAGGER_RATE,
        n_fft=N_FFT,
        hop_length=TAGGER_HOP,
        n_mels=TAGGER_MELS,
        pad_mode="reflect",
    )
    frames = np.log10(_LOG_FACTOR * mel.T + 1.0).astype(np.float32)
    starts = range(0, len(frames) - PATCH_FRAMES + 1, PATCH_STEP)
    return np.stack([frames[start : start + PATCH_FRAMES] for start in starts])
