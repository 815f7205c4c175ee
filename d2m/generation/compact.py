"""The compact model: one coherent piece on the metrical grid of the dance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.audio.beat_ducking import DEPTH_DB
from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path, load_codec, load_generator
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR, StepGrid
from d2m.core.progress import Progress, silent, timed
from d2m.core.styles import Style, songs_of
from d2m.generation.hit_grid import answer_hits
from d2m.generation.soundtrack import Music
from d2m.models.compact_generator import CompactGenerator
from d2m.models.vqvae import JukeboxVQVAE
from d2m.perception.conditioning import Conditioning

CHUNK_SAMPLES = 20 * SAMPLE_RATE
"""Samples decoded at a time, 20 s: bounds the memory of long clips. Chosen by hand."""
OVERLAP_CODES = 256
"""Codes decoded around a chunk, more than the decoder's receptive field of under 200 codes."""


class CompactModel:
    """The compact generator and the codec of one level: from a dance to music.

    Parameters
    ----------
    level
        The level of both networks.
    codec
        VQ-VAE with that level, in evaluation mode.
    generator
        Generator of that level, in evaluation mode.

    Examples
    --------
    >>> from d2m import HIGH, CompactModel, DanceToMusic
    >>> dance = DanceToMusic().perceive("clip.mp4")
    >>> music = CompactModel.from_pretrained(HIGH).generate(dance, seed=3)
    """

    beat_ducking_db = DEPTH_DB

    def __init__(self, level: HopLevel, codec: JukeboxVQVAE, generator: CompactGenerator) -> None:
        self.level = level
        self.codec = codec
        self.generator = generator

    @classmethod
    def from_pretrained(cls, level: HopLevel, *, folder: Path = CHECKPOINTS) -> CompactModel:
        """Load the bundled networks of a level.

        Parameters
        ----------
        level
            `d2m.core.levels.HIGH` or `d2m.core.levels.LOW`.
        folder
            Checkpoints folder.

        Raises
        ------
        CheckpointError
            If weights are missing or damaged.
        """
        codec = load_codec(level, codec_path(level, folder))
        return cls(level, codec, load_generator(level, generator_path(level, folder)))

    def generate(
        self,
        conditioning: Conditioning,
        /,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Music:
        """Generate music for a dance.

        Parameters
        ----------
        conditioning
            The dance; its style chooses among the songs, and its hits get accents, see
            `d2m.generation.hit_grid.answer_hits`.
        seed
            Chooses the song of the style and the bar of its phrase to begin with.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            As long as the conditioning.
        """
        stage = f"Generating music ({self.level.name})"
        seconds: dict[str, float] = {}
        song, first_bar = choose_song(conditioning.style, seed)
        answered = answer_hits(conditioning)
        grid = answered.grid
        position = (grid.position + first_bar * STEPS_PER_BAR) % PHRASE_STEPS
        with timed(seconds, "generate"):
            progress(stage, 0.1)
            codes = self.generate_codes(
                song=song,
                grid=replace(grid, position=position),
                features=answered.features,
                visual=conditioning.visual,
                seed=seed,
            )
        with timed(seconds, "decode"):
            progress(stage, 0.3)
            audio = self.decode(codes)[: round(conditioning.duration_s * SAMPLE_RATE)]
        return Music(audio=audio, codes=codes, song=song, hits_s=answered.hits_s, seconds=seconds)

    @torch.inference_mode()
    def generate_codes(
        self,
        *,
        song: int,
        grid: StepGrid,
        features: NDArray[np.floating[Any]],
        visual: NDArray[np.floating[Any]],
        seed: int = 0,
    ) -> NDArray[np.int64]:
        """Generate the VQ codes of a whole piece.

        Parameters
        ----------
        song
            Index of the song to play.
        grid
            ``S`` steps, whose positions choose the place in the song.
        features, visual : (S, 11), (S, 8)
            The movement in each step.
        seed
            Seed of the codebook lookup, where it draws (`d2m.models.vqvae.Codebook.nearest`).

        Returns
        -------
        (T,)
            Codes, ``grid.n_frames * 128 / level.hop_length`` of them.
        """
        clock = grid.clock()
        latents = self.generator(
            song=torch.tensor([song]),
            position=torch.from_numpy(grid.position)[None],
            movement=torch.from_numpy(features.astype(np.float32))[None],
            visual=torch.from_numpy(visual.astype(np.float32))[None],
            step=torch.from_numpy(clock.step)[None],
            offset_in_step=torch.from_numpy(clock.offset_in_step)[None],
            offset_in_beat=torch.from_numpy(clock.offset_in_beat)[None],
        )
        codes = self.codec.codebook(self.level).nearest(
            latents,
            temperature=self.generator.config.temperature,
            generator=torch.Generator().manual_seed(seed),
        )
        return np.asarray(codes[0].numpy())

    @torch.inference_mode()
    def encode(self, audio: NDArray[np.float32]) -> NDArray[np.int64]:
        """Encode audio (N,) at 22,050 Hz to codes (T,)."""
        return np.asarray(self.codec.encode(torch.from_numpy(audio)[None], self.level)[0])

    @torch.inference_mode()
    def decode(
        self, codes: NDArray[np.int64], *, chunk_samples: int = CHUNK_SAMPLES
    ) -> NDArray[np.float32]:
        """Decode codes to audio, chunk by chunk.

        Chunks overlap by more than the decoder's receptive field, so the result equals that
        of decoding all codes at once.

        Parameters
        ----------
        codes : (T,)
            Codes of the level.
        chunk_samples
            Samples decoded at a time.

        Returns
        -------
        (T * hop_length,)
            Audio at 22,050 Hz.
        """
        hop = self.level.hop_length
        size = chunk_samples // hop
        pieces = []
        for start in range(0, len(codes), size):
            first = max(0, start - OVERLAP_CODES)
            last = min(len(codes), start + size + OVERLAP_CODES)
            part = torch.from_numpy(codes[first:last])[None]
            audio = self.codec.decode(part, self.level)[0].numpy()
            end = min(len(codes), start + size)
            pieces.append(audio[(start - first) * hop : (end - first) * hop])
        return np.concatenate(pieces)


def choose_song(style: Style, seed: int) -> tuple[int, int]:
    """Choose a song of a style and a bar of its phrase (0 to 7) by a seed."""
    rng = np.random.default_rng(seed)
    songs = songs_of(style)
    return songs[int(rng.integers(len(songs)))], 2 * int(rng.integers(4))
