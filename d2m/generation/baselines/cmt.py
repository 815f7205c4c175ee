"""CMT: bars of music that are as dense and as strong as the movement of a video.

After Di et al., "Video Background Music Generation with Controllable Music Transformer" (ACM MM
2021), in two forms. The Transformer writes compound words and is steered by the video. The
retrieval form has no network: it takes bars from a library of composed music. Both play CMT's
five instruments at the tempo of the movement, which the method measures itself.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.core.levels import BASELINES
from d2m.core.progress import Progress, silent, timed
from d2m.core.styles import STYLES
from d2m.generation.baselines.bar_library import AskedBars, BarLibrary
from d2m.generation.baselines.cmt_sampling import CONTROL, WordSampler
from d2m.generation.baselines.play_tracks import play_tracks
from d2m.generation.soundtrack import Music
from d2m.perception.conditioning import Conditioning
from d2m.perception.step_features import joint_directogram
from d2m.perception.video_rhythm import VideoRhythm, measure_video_rhythm
from d2m.score.compound_words import IntegerTable, decode_words, played_tracks
from d2m.score.notes import Track
from d2m.score.sound_bank import SoundBank

if TYPE_CHECKING:
    from typing_extensions import Self

    from d2m.models.compound_transformer import CompoundTransformer

MAX_BARS = 96
"""Most bars that are written; a longer clip hears them again. Two minutes have 80 at most."""
TRANSPOSITIONS = (-5, 7)
"""Semitones from C to the key of the piece, the second excluded: all keys."""


class CMTModel:
    """Music for a dance by the movement's tempo, flow and visual beats.

    Parameters
    ----------
    bank
        The sampled instruments.
    library
        Composed bars, with the percentiles that translate movement to music.
    network
        The Transformer; without it, bars of the library are played.
    control
        Degree of control C, 0 to 1: how often the video replaces what the network has drawn.
    """

    level = BASELINES["cmt"]

    def __init__(
        self,
        bank: SoundBank,
        library: BarLibrary,
        network: CompoundTransformer | None = None,
        *,
        control: float = CONTROL,
    ) -> None:
        self.bank, self.library, self.network, self.control = bank, library, network, control

    @classmethod
    def from_pretrained(
        cls, *, bank: SoundBank, folder: Path = CHECKPOINTS, retrieval: bool = False
    ) -> Self:
        """Load the library, and the network unless bars are to be retrieved.

        Parameters
        ----------
        bank
            The sampled instruments.
        folder
            Checkpoints folder.
        retrieval
            Whether to take bars from the library instead of writing new ones.

        Raises
        ------
        CheckpointError
            If a file is missing or damaged.
        """
        library = BarLibrary.from_pretrained(folder)
        if retrieval:
            return cls(bank, library)
        from d2m.models.compound_transformer import CompoundTransformer as Network

        return cls(bank, library, Network.from_pretrained(folder))

    def generate(
        self, conditioning: Conditioning, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Write music for a dance and play it.

        Parameters
        ----------
        conditioning
            The dance: its optical flow, or else its key points, and its style are read.
        seed
            Another seed draws other bars and another key.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Stereo at 44.1 kHz, as long as the conditioning.

        Raises
        ------
        DataError
            If the dance has neither optical flow nor key points.
        """
        stage, seconds = f"Generating music ({self.level.name})", dict[str, float]()
        with timed(seconds, "compose"):
            progress(stage, 0.0)
            tracks = self.compose_tracks(conditioning, seed=seed, progress=progress)
        with timed(seconds, "play"):
            progress(stage, 0.9)
            music = play_tracks(self.bank, tracks, conditioning.duration_s)
        return replace(music, seconds=seconds)

    def compose_tracks(
        self, conditioning: Conditioning, *, seed: int = 0, progress: Progress = silent
    ) -> tuple[Track, ...]:
        """Write the notes for a dance.

        Parameters
        ----------
        conditioning, seed, progress
            See `generate`.
        """
        rhythm = rhythm_of_dance(conditioning)
        style = list(STYLES).index(conditioning.style.name)
        asked = self.library.asked_bars(rhythm, style)
        rng = np.random.default_rng([24, seed])
        transposition = int(rng.integers(*TRANSPOSITIONS))
        n_bars = len(asked.density)
        written = AskedBars(*(part[:MAX_BARS] for part in asked))
        notes = self.compose_bars(written, style, rng, progress)
        repeats = [notes + np.array([first, 0, 0, 0, 0]) for first in range(0, n_bars, MAX_BARS)]
        return played_tracks(
            np.concatenate(repeats),
            tempo_bpm=rhythm.tempo_bpm,
            duration_s=conditioning.duration_s,
            transposition=transposition,
        )

    def compose_bars(
        self,
        asked: AskedBars,
        style: int,
        rng: np.random.Generator,
        progress: Progress = silent,
    ) -> IntegerTable:
        """Write or retrieve the notes (N, 5) of the bars that a video asks for, in C.

        Parameters
        ----------
        asked
            Density and strength of each bar.
        style
            Number of the style.
        rng
            Random numbers.
        progress
            Called with the name of the stage and the share done.
        """
        if self.network is None:
            return self.library.retrieve(asked, style, rng)
        sampler = WordSampler(self.network, style, asked, self.control, rng)
        stage = f"Generating music ({self.level.name})"
        return decode_words(sampler.sample(lambda name, share: progress(name, 0.9 * share), stage))


def rhythm_of_dance(conditioning: Conditioning) -> VideoRhythm:
    """Measure a dance as CMT does, by its optical flow or else its key points.

    Raises
    ------
    DataError
        If it has neither.
    """
    flow = conditioning.flow
    if flow is None and conditioning.keypoints is not None and len(conditioning.keypoints) > 1:
        flow = joint_directogram(conditioning.keypoints, conditioning.fps)
    return measure_video_rhythm(flow, conditioning.fps, conditioning.duration_s)
