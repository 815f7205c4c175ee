"""Embed music for genre accuracy, diversity and the Frechet audio distance.

D2M-GAN measures genre accuracy with VGGish, whose weights are not bundled. Where they are not
installed, the bundled music tagger takes its place. Figures by different embeddings can't be
compared, so the name of the embedding goes with every figure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import validate_channels
from d2m.checkpoints import CHECKPOINTS, load_vggish
from d2m.checkpoints.installed import installed_path

VGGISH, MUSICNN = "vggish", "musicnn"
"""Names of the embeddings: `d2m.models.vggish` (128 values) and `d2m.models.music_tagger` (200)."""
EMBEDDED_PATCHES = 5
"""Patches of 3 s that the tagger reads of a piece, evenly spaced: 15 s. Chosen by hand, so that
embedding a piece takes no longer than hearing its beats."""
EmbedAudio = Callable[[NDArray[Any], int], NDArray[np.float64]]
"""From audio, (N,) or (2, N), and its sample rate (Hz) to an embedding (D,)."""


def embedding_name(folder: Path = CHECKPOINTS) -> str:
    """Return the name of the embedding that is used.

    Parameters
    ----------
    folder
        Checkpoints folder.

    Returns
    -------
    str
        `VGGISH` if its weights are installed, else `MUSICNN`.
    """
    return VGGISH if installed_path(VGGISH, folder).is_file() else MUSICNN


@lru_cache(maxsize=1)
def load_audio_embedding(folder: Path = CHECKPOINTS) -> tuple[EmbedAudio, str]:
    """Load the embedding that is used, once in a process.

    Parameters
    ----------
    folder
        Checkpoints folder.

    Returns
    -------
    embed, name
        What embeds a sound, and the name of the embedding, which goes with every figure. A sound
        that is empty, has another shape or is not finite raises an `AudioError`.

    Raises
    ------
    CheckpointError
        If the weights can't be read.
    """
    name = embedding_name(folder)
    if name == MUSICNN:
        from d2m.models.music_tagger import MusicTagger

        tagger = MusicTagger.from_pretrained()
        return partial(tagger.embed, most_patches=EMBEDDED_PATCHES), name
    from d2m.models.vggish import mean_embeddings

    network = load_vggish(folder)

    def embed(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float64]:
        mono = validate_channels(audio).mean(axis=0)
        return np.asarray(mean_embeddings(network, [mono], sample_rate)[0])

    return embed, name
