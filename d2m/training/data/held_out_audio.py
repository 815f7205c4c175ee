"""Excerpts of held-out music, by which a codec is measured during its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from d2m.core.levels import SAMPLE_RATE
from d2m.models.spectral_codec import CODING_FRAME
from d2m.training.data.audio_pool import PCM16_FULL_SCALE, load_pcm

HELD_OUT_KINDS = ("score", "music")
"""Kinds of held-out music that are measured, each on its own."""
HELD_OUT_EXCERPT_S = 8.0
"""Length (s) of the excerpt of each held-out track that is measured, from its middle."""
HELD_OUT_TRACKS = 10
"""Tracks of each kind that are measured during a training, at most."""


def held_out_excerpts(corpus: Path) -> dict[str, list[Tensor]]:
    """Return excerpts of the held-out tracks of a corpus folder.

    Returns
    -------
    dict of list of (N,)
        Audio in [-1, 1] in whole coding frames, by kind.
    """
    return {
        kind: [
            _middle(path)
            for path in sorted((corpus / "held_out").glob(f"{kind}-*.flac"))[:HELD_OUT_TRACKS]
        ]
        for kind in HELD_OUT_KINDS
    }


def _middle(path: Path) -> Tensor:
    """Return the middle of a track, at most `HELD_OUT_EXCERPT_S` long."""
    track = load_pcm(path)
    length = min(len(track), int(HELD_OUT_EXCERPT_S * SAMPLE_RATE)) // CODING_FRAME * CODING_FRAME
    first = (len(track) - length) // 2
    return torch.from_numpy(track[first : first + length].astype(np.float32) / PCM16_FULL_SCALE)
