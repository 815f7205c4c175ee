"""Random codes: what the codec of level high plays when nothing tells it what to play.

Each code is drawn on its own, as often as the codec uses it in composed music. Four codes make
up a coding frame, and the codec uses other entries of the codebook at each of the four places.
A draw from the whole codebook would mix up the places and give sounds that the codec never
gives, so the usage is counted place by place.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.checkpoints import CHECKPOINTS, baseline_path, codec_path, load_codec
from d2m.core.errors import CheckpointError
from d2m.core.levels import BASELINES, HIGH, SAMPLE_RATE
from d2m.core.progress import Progress, silent, timed
from d2m.generation.compact import decode_codes
from d2m.generation.soundtrack import Music
from d2m.models.spectral_codec import CODING_FRAME, SpectralCodec
from d2m.models.weight_files import read_weights, write_weights
from d2m.perception.conditioning import Conditioning

_COUNTS, _CODEBOOK = "counts", "codebook_sha256"
_MEASURE_AGAIN = "measure it with `python -m d2m train code-usage`."


class RandomCodesModel:
    """Draws codes at random and decodes them.

    Parameters
    ----------
    codec
        The bundled codec of level high.
    counts : (P, K)
        How often each of ``K`` codes is used at each of the ``P`` places of a coding frame.
    """

    level = BASELINES["random"]

    def __init__(self, codec: SpectralCodec, counts: NDArray[np.float64]) -> None:
        self.codec = codec
        self.counts = counts

    @classmethod
    def from_pretrained(cls, *, folder: Path = CHECKPOINTS) -> RandomCodesModel:
        """Load the bundled codec and the usage of its codes.

        Parameters
        ----------
        folder
            Checkpoints folder.

        Raises
        ------
        CheckpointError
            If a file is missing or damaged, or the usage is that of another codec.
        """
        codec = load_codec(HIGH, codec_path(HIGH, folder))
        return cls(codec, read_code_usage(baseline_path("random", folder), codec))

    def generate(
        self, conditioning: Conditioning, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Draw codes for the length of a dance, and decode them.

        Parameters
        ----------
        conditioning
            The dance; only its length is read.
        seed
            Another seed draws other codes.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Mono at 22,050 Hz with its codes, as long as the dance.
        """
        seconds: dict[str, float] = {}
        stage = f"Generating music ({self.level.name})"
        samples = round(conditioning.duration_s * SAMPLE_RATE)
        with timed(seconds, "generate"):
            progress(stage, 0.1)
            codes = self.draw(-(-samples // CODING_FRAME), seed)
        with timed(seconds, "decode"):
            progress(stage, 0.3)
            audio = decode_codes(self.codec, codes)[:samples]
        return Music(audio=audio, codes=codes, seconds=seconds)

    def draw(self, frames: int, seed: int) -> NDArray[np.int64]:
        """Draw the codes (frames * P,) of coding frames, all independent of each other."""
        rng = np.random.default_rng(seed)
        places = [
            rng.choice(len(counts), frames, p=counts / counts.sum()) for counts in self.counts
        ]
        return np.asarray(np.stack(places, axis=1).reshape(-1), dtype=np.int64)


def write_code_usage(path: Path, codec: SpectralCodec, counts: NDArray[np.float64]) -> None:
    """Write how often each code of a codec is used at each place (P, K)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {_COUNTS: torch.from_numpy(counts.astype(np.float32))}
    write_weights(path, weights, {_CODEBOOK: _codebook_hash(codec)}, exact=_COUNTS)


def read_code_usage(path: Path, codec: SpectralCodec) -> NDArray[np.float64]:
    """Read how often each code of a codec is used at each place (P, K).

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, or holds the usage of another codec.
    """
    if not path.exists():
        raise CheckpointError(f"The usage of the codes, {path.name}, is missing: {_MEASURE_AGAIN}")
    weights, metadata = read_weights(path)
    if metadata.get(_CODEBOOK) != _codebook_hash(codec) or _COUNTS not in weights:
        raise CheckpointError(
            f"{path.name} does not hold the usage of this codec's codes: {_MEASURE_AGAIN}"
        )
    return np.asarray(weights[_COUNTS].double().numpy())


def _codebook_hash(codec: SpectralCodec) -> str:
    """Return the SHA-256 of the entries of a codebook."""
    return hashlib.sha256(codec.codebook.k.numpy().tobytes()).hexdigest()
