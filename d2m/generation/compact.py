"""The compact model: the composed piece as the VQ codes of a neural codec.

D2M-GAN (Zhu et al., ECCV 2022) maps a dance to VQ features, rounds them to the nearest codebook
entries, and decodes these. Here, a score that is composed for the dance is played, and an encoder
maps its sound to the VQ features; the rest is the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.checkpoints import CHECKPOINTS, codec_path, load_codec
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.generation.score_player import ScorePlayer
from d2m.generation.soundtrack import Music
from d2m.models.spectral_codec import CODING_FRAME, SpectralCodec
from d2m.perception.conditioning import Conditioning
from d2m.score.dance_score import score_of

CHUNK_FRAMES = 861
"""Coding frames (20 s) that run through a network at a time: bounds the memory of long clips.
Chosen by hand."""
CONTEXT_FRAMES = 24
"""Coding frames around a chunk that run with it: more than the 20 that a frame depends on."""


class CompactModel:
    """A composer, a player and the codec of one hop level: from a dance to music.

    Parameters
    ----------
    level
        The level of the codec.
    codec
        Codec of that level, in evaluation mode.
    player
        Plays scores with the sampled instruments.
    settings
        How the score is made; the default settings by default.

    Examples
    --------
    >>> from d2m import HIGH, CompactModel, DanceToMusic
    >>> dance = DanceToMusic().perceive("clip.mp4")
    >>> music = CompactModel.from_pretrained(HIGH).generate(dance, seed=3)
    """

    def __init__(
        self,
        level: HopLevel,
        codec: SpectralCodec,
        player: ScorePlayer,
        settings: Settings | None = None,
    ) -> None:
        self.level = level
        self.codec = codec
        self.player = player
        self.settings = settings or Settings()

    @classmethod
    def from_pretrained(
        cls, level: HopLevel, settings: Settings | None = None, *, folder: Path = CHECKPOINTS
    ) -> CompactModel:
        """Load the bundled codec of a level, and the sampled instruments.

        Parameters
        ----------
        level
            `d2m.core.levels.HIGH` or `d2m.core.levels.LOW`.
        settings
            How the score is made.
        folder
            Checkpoints folder.

        Raises
        ------
        CheckpointError
            If weights are missing or damaged.
        DataError
            If the index of the instruments is missing or damaged.
        """
        codec = load_codec(level, codec_path(level, folder))
        return cls(level, codec, ScorePlayer.from_folder(), settings)

    def with_settings(self, settings: Settings) -> CompactModel:
        """Return a model with the same codec and player that makes scores in another way."""
        return CompactModel(self.level, self.codec, self.player, settings)

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
            The dance; its style is that of the music.
        seed
            Another seed gives another song. The studio version plays the same song.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Mono at 22,050 Hz with its score and its codes, as long as the conditioning.
        """
        stage = f"Generating music ({self.level.name})"
        seconds: dict[str, float] = {}
        with timed(seconds, "compose"):
            progress(stage, 0.05)
            score = score_of(conditioning, self.settings, seed)
        with timed(seconds, "play"):
            progress(stage, 0.1)
            played = self.player.play_mono(score, brightness=self.settings.brightness)
        with timed(seconds, "encode"):
            progress(stage, 0.4)
            codes = self.encode(np.pad(played, (0, -len(played) % CODING_FRAME)))
        with timed(seconds, "decode"):
            progress(stage, 0.5)
            audio = self.decode(codes)[: round(conditioning.duration_s * SAMPLE_RATE)]
        return Music(audio=audio, codes=codes, score=score, seconds=seconds)

    @torch.inference_mode()
    def encode(self, audio: Audio, *, chunk_frames: int = CHUNK_FRAMES) -> NDArray[np.int64]:
        """Encode audio, chunk by chunk.

        Parameters
        ----------
        audio : (N,)
            Audio at 22,050 Hz.
        chunk_frames
            Coding frames that are encoded at a time. The result does not depend on it.

        Returns
        -------
        (T,)
            The codes of the whole coding frames in the audio.
        """
        count, per_frame = len(audio) // CODING_FRAME, self.codec.codes_per_frame
        pieces = [np.zeros(0, dtype=np.int64)]
        for start in range(0, count, chunk_frames):
            end = min(start + chunk_frames, count)
            first, last = _with_context(start, end, count)
            part = audio[first * CODING_FRAME : last * CODING_FRAME]
            codes = self.codec.encode(torch.from_numpy(part)[None])[0].numpy()
            pieces.append(codes[(start - first) * per_frame : (end - first) * per_frame])
        return np.concatenate(pieces)

    def decode(self, codes: NDArray[np.int64], *, chunk_frames: int = CHUNK_FRAMES) -> Audio:
        """Decode codes to audio, chunk by chunk.

        Parameters
        ----------
        codes : (T,)
            Codes of whole coding frames.
        chunk_frames
            Coding frames that are decoded at a time. The result does not depend on it.

        Returns
        -------
        (T * hop_length,)
            Audio at 22,050 Hz.
        """
        return decode_codes(self.codec, codes, chunk_frames=chunk_frames)


@torch.inference_mode()
def decode_codes(
    codec: SpectralCodec, codes: NDArray[np.int64], *, chunk_frames: int = CHUNK_FRAMES
) -> Audio:
    """Decode codes (T,) to audio (T * hop_length,) by a codec, as `CompactModel.decode` does."""
    per_frame, hop = codec.codes_per_frame, codec.level.hop_length
    count = len(codes) // per_frame
    pieces = []
    for start in range(0, count, chunk_frames):
        first, last = _with_context(start, start + chunk_frames, count)
        part = torch.from_numpy(codes[first * per_frame : last * per_frame])[None]
        audio = codec.decode(part)[0].numpy()
        samples = per_frame * hop
        end = min(start + chunk_frames, count)
        pieces.append(audio[(start - first) * samples : (end - first) * samples])
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)


def _with_context(start: int, end: int, count: int) -> tuple[int, int]:
    """Return the first frame and the end of a chunk with what it depends on."""
    return max(0, start - CONTEXT_FRAMES), min(count, end + CONTEXT_FRAMES)
