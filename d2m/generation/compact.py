"""The compact model: networks play the score that is composed for the dance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path, load_codec, load_generator
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.generation.soundtrack import Music
from d2m.models.score_generator import FRAME_S, ScoreGenerator, SoundingNotes
from d2m.models.spectral_codec import SpectralCodec
from d2m.perception.conditioning import Conditioning
from d2m.score.dance_score import score_of
from d2m.score.note_table import NoteTable, note_table, sounding_notes, time_features
from d2m.score.notes import Score

CHUNK_FRAMES = 861
"""Coding frames (20 s) that run through the networks at a time: bounds the memory of long clips.
Chosen by hand."""
CONTEXT_FRAMES = 24
"""Coding frames around a chunk that run with it: more than the 20 that a frame depends on."""


class CompactModel:
    """The generator and the codec of one hop level: from a dance to music.

    Parameters
    ----------
    level
        The level of both networks.
    codec
        Codec of that level, in evaluation mode.
    generator
        Generator of that level, in evaluation mode.
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
        generator: ScoreGenerator,
        settings: Settings | None = None,
    ) -> None:
        self.level = level
        self.codec = codec
        self.generator = generator
        self.settings = settings or Settings()

    @classmethod
    def from_pretrained(
        cls, level: HopLevel, settings: Settings | None = None, *, folder: Path = CHECKPOINTS
    ) -> CompactModel:
        """Load the bundled networks of a level.

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
        """
        codec = load_codec(level, codec_path(level, folder))
        return cls(level, codec, load_generator(level, generator_path(level, folder)), settings)

    def with_settings(self, settings: Settings) -> CompactModel:
        """Return a model with the same networks that makes scores in another way."""
        return CompactModel(self.level, self.codec, self.generator, settings)

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
            Mono at 22,050 Hz with its score, as long as the conditioning.
        """
        stage = f"Generating music ({self.level.name})"
        seconds: dict[str, float] = {}
        with timed(seconds, "compose"):
            progress(stage, 0.05)
            score = score_of(conditioning, self.settings, seed)
        with timed(seconds, "generate"):
            progress(stage, 0.1)
            codes = self.generate_codes(score)
        with timed(seconds, "decode"):
            progress(stage, 0.4)
            audio = self.decode(codes)[: round(conditioning.duration_s * SAMPLE_RATE)]
        return Music(audio=audio, codes=codes, score=score, seconds=seconds)

    @torch.inference_mode()
    def generate_codes(
        self, score: Score, *, chunk_frames: int = CHUNK_FRAMES
    ) -> NDArray[np.int64]:
        """Generate the VQ codes of a whole piece.

        Parameters
        ----------
        score
            What to play.
        chunk_frames
            Coding frames that are generated at a time. The result does not depend on it.

        Returns
        -------
        (T,)
            Codes of whole coding frames that cover the piece.
        """
        count = max(1, int(np.ceil(score.duration_s / FRAME_S)))
        table = note_table(score, brightness=self.settings.brightness)
        pairs = sounding_notes(table, FRAME_S, count)
        time = torch.from_numpy(time_features(score, FRAME_S, count))
        piece = torch.from_numpy(table.piece.astype(np.float32))[None]
        codes = []
        for start in range(0, count, chunk_frames):
            first, last = _with_context(start, start + chunk_frames, count)
            notes = _notes_between(table, pairs, first, last)
            features = self.generator(notes, time[None, first:last], piece)
            per_frame = self.generator.codes_per_frame
            kept = slice(
                (start - first) * per_frame, (min(start + chunk_frames, count) - first) * per_frame
            )
            codes.append(self.codec.codebook.nearest(features[..., kept])[0])
        return np.asarray(torch.cat(codes).numpy())

    @torch.inference_mode()
    def encode(self, audio: NDArray[np.float32]) -> NDArray[np.int64]:
        """Encode audio (N,) at 22,050 Hz to the codes (T,) of its whole coding frames."""
        return np.asarray(self.codec.encode(torch.from_numpy(audio)[None])[0].numpy())

    def decode(
        self, codes: NDArray[np.int64], *, chunk_frames: int = CHUNK_FRAMES
    ) -> NDArray[np.float32]:
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
) -> NDArray[np.float32]:
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


def _notes_between(
    table: NoteTable,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    first: int,
    last: int,
) -> SoundingNotes:
    """Return what the frames from one to another read, as one item of a batch."""
    span = slice(*np.searchsorted(pairs[1], [first, last]).tolist())
    notes, frames = pairs[0][span], pairs[1][span]
    times = (table.start_s, table.end_s, (frames + 0.5) * FRAME_S)
    start_s, end_s, pair_time_s = (torch.from_numpy(x.astype(np.float32)) for x in times)
    return SoundingNotes(
        start_s=start_s,
        end_s=end_s,
        pitch=torch.from_numpy(table.pitch),
        velocity=torch.from_numpy(table.velocity),
        instrument=torch.from_numpy(table.instrument),
        part=torch.from_numpy(table.part),
        pair_note=torch.from_numpy(notes),
        pair_frame=torch.from_numpy(frames - first),
        pair_time_s=pair_time_s,
    )
