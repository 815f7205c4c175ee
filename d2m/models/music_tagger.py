"""A music tagger: the probabilities of 50 tags, and a 200-d embedding, of a piece of music.

The network is *musicnn* (Pons and Serra, "musicnn: Pre-trained convolutional neural networks for
music audio tagging", 2019), trained on the Million Song Dataset, whose tags are mostly genres and
decades: filters of two heights and three lengths, three layers over time, and a dense layer over
the maximum and the mean over time. The embedding, the output of the dense layer, describes kinds
of sound and of music. The weights are those of the package ``musicnn`` 0.1.0, which is under the
ISC licence (see NOTICE).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from d2m.audio.waveform import validate_channels
from d2m.core.errors import CheckpointError
from d2m.core.librosa_loader import load_librosa
from d2m.models.weight_files import read_weights

MUSIC_TAGGER_WEIGHTS = Path(__file__).parent / "weights" / "music_tagger.safetensors"
"""The bundled weights; the header holds the names of the tags."""
TAGGER_RATE = 16_000
"""Sample rate of the audio that the network reads (Hz); this and the next as it was trained."""
TAGGER_FFT, TAGGER_HOP, TAGGER_MELS = 512, 256, 96
"""Window and hop (samples) and bands of the mel spectrogram."""
PATCH_FRAMES = 187
"""Frames of a patch, the input of the network: 3 s."""
PATCH_STEP = 94
"""Frames from one patch to the next: half a patch. Chosen by hand."""
PATCHES_AT_ONCE = 16
"""Patches that are computed together, which bounds the memory to about 0.3 GB."""
LEVEL_RMS = 0.1
"""Level that all audio is brought to before it is tagged (full scale is 1), so that the
embeddings of loud and quiet pieces can be compared. Chosen by hand."""
TAGS, TAGGER_EMBEDDING = 50, 200
"""Number of tags, and of values of an embedding."""
_EPSILON = 1e-3  # of the batch normalisation, as trained
_LOG_FACTOR = 10_000.0  # of the mel power before its logarithm
_FILTERS = ((7, 38, 204), (7, 67, 204), (128, 1, 51), (64, 1, 51), (32, 1, 51))
_CHANNELS, _LAYERS, _KERNEL = 64, 3, 7  # of the layers over time


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


class FilteredBands(nn.Module):
    """A convolution over time and frequency, of which the strongest frequency is kept.

    Parameters
    ----------
    length, height
        Frames and mel bands of the filters.
    channels
        Number of filters.
    """

    def __init__(self, length: int, height: int, channels: int) -> None:
        super().__init__()
        self.filters = nn.Conv2d(1, channels, (length, height))
        self.normalise = nn.BatchNorm2d(channels, eps=_EPSILON)
        # Of an even length, one frame more is added after the patch than before.
        self.padding = (0, 0, (length - 1) // 2, length // 2)

    def forward(self, image: Tensor) -> Tensor:
        """Map normalised patches (B, 1, T, 96) to (B, C, T)."""
        found = functional.relu(self.filters(functional.pad(image, self.padding)))
        strongest: Tensor = self.normalise(found).amax(dim=3)
        return strongest


class MusicTagger(nn.Module):
    """The network; `from_pretrained` gives it its weights.

    Parameters
    ----------
    labels
        Names of the 50 tags.
    """

    def __init__(self, labels: list[str]) -> None:
        super().__init__()
        self.labels = labels
        width = sum(channels for _, _, channels in _FILTERS)
        pooled = 2 * (width + _LAYERS * _CHANNELS)
        self.normalise_input = nn.BatchNorm2d(1, eps=_EPSILON)
        self.bands = nn.ModuleList(FilteredBands(*size) for size in _FILTERS)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(width if first else _CHANNELS, _CHANNELS, _KERNEL, padding=_KERNEL // 2),
                nn.ReLU(),
                nn.BatchNorm1d(_CHANNELS, eps=_EPSILON),
            )
            for first in (True, *[False] * (_LAYERS - 1))
        )
        self.normalise_pooled = nn.BatchNorm1d(pooled, eps=_EPSILON)
        self.dense = nn.Linear(pooled, TAGGER_EMBEDDING)
        self.normalise_dense = nn.BatchNorm1d(TAGGER_EMBEDDING, eps=_EPSILON)
        self.output = nn.Linear(TAGGER_EMBEDDING, TAGS)

    @classmethod
    def from_pretrained(cls, path: Path = MUSIC_TAGGER_WEIGHTS) -> MusicTagger:
        """Load the network from a safetensors file.

        Parameters
        ----------
        path
            The file; the bundled one by default.

        Returns
        -------
        MusicTagger
            On the CPU, in evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or holds other weights.
        """
        try:
            weights, metadata = read_weights(path)
            labels = [str(label) for label in json.loads(metadata["labels"])]
            tagger = cls(labels)
            counts = {name: v for name, v in tagger.state_dict().items() if "num_batches" in name}
            tagger.load_state_dict(weights | counts)
        except (CheckpointError, KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"The weights of the music tagger can't be read from {path}: install D2M again."
            ) from error
        return tagger.eval().requires_grad_(False)

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Map log-mel patches (B, T, 96) to logits (B, 50) and embeddings (B, 200)."""
        image = self.normalise_input(patches[:, None])
        found = [torch.cat([band(image) for band in self.bands], dim=1)]
        for index, layer in enumerate(self.layers):
            after = layer(found[-1])
            found.append(after + found[-1] if index else after)
        features = torch.cat(found, dim=1)
        pooled = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
        dense = functional.relu(self.dense(self.normalise_pooled(pooled)))
        embedding = self.normalise_dense(dense)
        return self.output(embedding), embedding

    @torch.inference_mode()
    def tag(
        self, audio: NDArray[Any], sample_rate: int, *, most_patches: int | None = None
    ) -> Tagging:
        """Tag a piece.

        Parameters
        ----------
        audio : (N,) or (2, N)
            Mono or stereo audio, of which the mean of the channels is tagged. Audio shorter
            than a patch is repeated.
        sample_rate
            Its sample rate (Hz).
        most_patches
            Number of patches, evenly spaced, that are read of a long piece; by default all.

        Returns
        -------
        Tagging
            Silence has one too, which says nothing about music.

        Raises
        ------
        AudioError
            If the audio is empty, has another shape or is not finite.
        """
        patches = torch.from_numpy(_patches(_prepare(audio, sample_rate)))
        if most_patches is not None and len(patches) > most_patches:
            patches = patches[torch.linspace(0, len(patches) - 1, most_patches).round().long()]
        each = [self(part) for part in torch.split(patches, PATCHES_AT_ONCE)]
        logits, embeddings = (torch.cat(parts) for parts in zip(*each, strict=True))
        probabilities = torch.sigmoid(logits).mean(dim=0).tolist()
        return Tagging(
            probabilities=dict(zip(self.labels, probabilities, strict=True)),
            embedding=embeddings.mean(dim=0).numpy().astype(float),
        )

    def embed(
        self, audio: NDArray[Any], sample_rate: int, *, most_patches: int | None = None
    ) -> NDArray[np.float64]:
        """Return the embedding (200,) of a piece; see `tag`."""
        return self.tag(audio, sample_rate, most_patches=most_patches).embedding


def _prepare(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float32]:
    """Mix to mono, resample, and bring to `LEVEL_RMS`; repeat audio shorter than a patch."""
    mono = validate_channels(audio).mean(axis=0)
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
        n_fft=TAGGER_FFT,
        hop_length=TAGGER_HOP,
        n_mels=TAGGER_MELS,
        pad_mode="reflect",
    )
    frames = np.log10(_LOG_FACTOR * mel.T + 1.0).astype(np.float32)
    starts = range(0, len(frames) - PATCH_FRAMES + 1, PATCH_STEP)
    return np.stack([frames[start : start + PATCH_FRAMES] for start in starts])
