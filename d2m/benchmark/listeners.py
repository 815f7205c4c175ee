"""The networks that listen to music for the figures of the levels: a transcriber and a tagger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.benchmark.transcription import HeardNotes, Transcriber
from d2m.core.levels import SAMPLE_RATE
from d2m.models.music_tagger import MusicTagger

REMEMBERED = 4
"""Results that are kept of each listener; a piece has two originals."""
Transcribe = Callable[[Audio], HeardNotes]
"""What hears the notes of mono audio at 22,050 Hz."""
Embed = Callable[[Audio], NDArray[np.float64]]
"""What describes mono audio at 22,050 Hz by an embedding."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """The networks that listen, if there are any.

    Parameters
    ----------
    transcribe
        What hears notes; None without its library.
    embed
        What describes music.
    """

    transcribe: Transcribe | None = None
    embed: Embed | None = None

    @classmethod
    def from_folder(cls, folder: Path | None) -> Listeners:
        """Load the bundled tagger, and the transcriber from a folder of libraries if there is one.

        Raises
        ------
        CheckpointError
            If the weights of the tagger can't be read.
        ValueError
            If the folder lacks the transcriber.
        """
        tagger = MusicTagger.from_pretrained()
        return cls(
            transcribe=None if folder is None else remembered(Transcriber(folder)),
            embed=remembered(lambda audio: tagger.embed(audio, SAMPLE_RATE)),
        )


def remembered(listen: Callable[[Audio], _Found]) -> Callable[[Audio], _Found]:
    """Return a function that listens only once to the audio it heard in its last calls.

    All figures of a piece compare with the same originals.
    """
    last: dict[bytes, _Found] = {}

    def again(audio: Audio) -> _Found:
        key = np.ascontiguousarray(audio).tobytes()
        found = last.pop(key) if key in last else listen(audio)
        last[key] = found  # the most recent is last
        while len(last) > REMEMBERED:
            del last[next(iter(last))]
        return found

    return again
