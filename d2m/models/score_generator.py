"""The generator: from the notes of a score to VQ features.

Each coding frame reads the notes that sound in it. A perceptron turns each of them, with the
time since it began, into a vector; their sum, like the sum of sounds, does not depend on how many
there are. ConvNeXt blocks then turn the frames into VQ features (Zhu et al., ECCV 2022, Sec. 3),
which are rounded to the nearest codebook entries. All of it is convolutional, so pieces may be of
any length. Shapes: ``N`` notes, ``P`` pairs of a note and a frame that reads it, ``F`` coding
frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE
from d2m.models.convnext import FrameLinear, convnext_blocks
from d2m.models.spectral_codec import CODING_FRAME
from d2m.models.vqvae import LATENT_CHANNELS
from d2m.models.weight_files import LevelConfig, read_weights

FRAME_S = CODING_FRAME / SAMPLE_RATE
"""Length of a coding frame (s)."""
PITCHES = 128
"""MIDI note numbers."""
HARMONICS = 4
"""Harmonics whose phases a frame reads of each note. A codec keeps the phase of low ones."""
AGE_WAVES = 8
"""Cosines and sines that tell the time since a note began, and since it ended."""
SHORTEST_AGE_S, LONGEST_AGE_S = 0.003, 4.0
"""Times (s) between which the logarithm of an age is told apart. Chosen by hand."""


class SoundingNotes(NamedTuple):
    """The notes of a batch, and which frame reads which.

    Parameters
    ----------
    start_s, end_s : (N,)
        Onset and end (s) in their piece.
    pitch, velocity, instrument, part : (N,)
        Integers.
    pair_note, pair_frame : (P,)
        Row of a note, and the frame that reads it, counted through the batch: ``b * F + f``. The
        frame ``B * F`` does not exist; pairs with it have no effect.
    pair_time_s : (P,)
        Time (s) of the middle of that frame in the piece.
    """

    start_s: Tensor
    end_s: Tensor
    pitch: Tensor
    velocity: Tensor
    instrument: Tensor
    part: Tensor
    pair_note: Tensor
    pair_frame: Tensor
    pair_time_s: Tensor


@dataclass(frozen=True, kw_only=True)
class ScoreGeneratorConfig(LevelConfig):
    """Sizes of a score generator.

    Parameters
    ----------
    instruments, parts
        Number of instruments and of parts.
    time_features, piece_features
        Values that tell a frame's place in time, and values of the whole piece.
    movement
        Movement features of a frame that are read beside the score; 0 for none.
    embedding, note_width
        Values of a note's embeddings, and of its vector.
    width, blocks
        Channels of the frames, and ConvNeXt blocks.
    """

    instruments: int = 50
    parts: int = 17
    time_features: int = 8
    piece_features: int = 63
    movement: int = 0
    embedding: int = 48
    note_width: int = 256
    width: int = 384
    blocks: int = 6


class NoteEncoder(nn.Module):
    """Turn the notes that frames read into one vector for each frame.

    Parameters
    ----------
    config
        Sizes of the generator.
    """

    def __init__(self, config: ScoreGeneratorConfig) -> None:
        super().__init__()
        size = config.embedding
        self.instrument = nn.Embedding(config.instruments, size)
        self.part = nn.Embedding(config.parts, size)
        self.pitch = nn.Embedding(PITCHES, size)
        self.drum = nn.Embedding(config.instruments * PITCHES, size)
        self.lasting = nn.Linear(4 * size + 2, config.note_width)
        self.passing = nn.Linear(2 + 4 * AGE_WAVES + 2 * HARMONICS, config.note_width)
        self.notes = nn.Sequential(
            nn.GELU(),
            nn.Linear(config.note_width, config.note_width),
            nn.GELU(),
            nn.Linear(config.note_width, config.note_width),
        )
        nn.init.normal_(self.drum.weight, std=0.1)

    def forward(self, notes: SoundingNotes, frames: int) -> Tensor:
        """Return the sum of the notes' vectors in each frame, (frames, note_width).

        Parameters
        ----------
        notes
            The notes and pairs of a batch.
        frames
            Frames of the batch.
        """
        row = notes.pair_note
        age_s, rest_s = (notes.pair_time_s - times[row] for times in (notes.start_s, notes.end_s))
        hz = 440.0 * torch.exp2((notes.pitch - 69) / 12.0)
        cycles = (age_s * hz[row])[:, None] * torch.arange(1, HARMONICS + 1, device=hz.device)
        angle = 2.0 * math.pi * torch.frac(cycles)
        scalars = torch.stack([(rest_s < 0).float(), torch.tanh(age_s / 0.01)], dim=1)
        passing = [scalars, _age_waves(age_s), _age_waves(rest_s), angle.cos(), angle.sin()]
        lasting = self.lasting(self._lasting(notes)).index_select(0, row)
        vectors = self.notes(lasting + self.passing(torch.cat(passing, dim=1)))
        summed = vectors.new_zeros((frames + 1, vectors.shape[1]), dtype=torch.float32)
        out: Tensor = summed.index_add_(0, notes.pair_frame, vectors.float())[:frames]
        return out

    def _lasting(self, notes: SoundingNotes) -> Tensor:
        """Return what does not change while a note sounds, (N, C)."""
        loud = notes.velocity / 100.0
        embedded = [
            # Rows are selected in a way whose gradient a CUDA graph can contain.
            table.weight.index_select(0, rows)
            for table, rows in (
                (self.instrument, notes.instrument),
                (self.part, notes.part),
                (self.pitch, notes.pitch),
                (self.drum, notes.instrument * PITCHES + notes.pitch),
            )
        ]
        return torch.cat([*embedded, loud[:, None], loud.square()[:, None]], dim=1)


class ScoreGenerator(nn.Module):
    """Generate the VQ features of a score.

    Parameters
    ----------
    config
        Hop level and sizes.
    """

    def __init__(self, config: ScoreGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.codes_per_frame = CODING_FRAME // HOP_LEVELS[config.level].hop_length
        self.notes = NoteEncoder(config)
        inputs = config.note_width + config.time_features + config.movement
        self.piece = nn.Sequential(
            nn.Linear(config.piece_features, config.width), nn.GELU(),
            nn.Linear(config.width, 2 * config.width),
        )  # fmt: skip
        self.first = nn.Conv1d(inputs, config.width, 5, padding=2)
        self.blocks = convnext_blocks(config.width, config.blocks)
        self.last = FrameLinear(config.width, self.codes_per_frame * LATENT_CHANNELS)

    @classmethod
    def from_pretrained(cls, path: str | Path) -> ScoreGenerator:
        """Load a generator from a safetensors file that its training wrote.

        Returns
        -------
        ScoreGenerator
            On the CPU, in float32 and evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or holds other weights.
        """
        path = Path(path)
        tensors, metadata = read_weights(path)
        try:
            config = ScoreGeneratorConfig.from_metadata(metadata)
            generator = cls(config)
            generator.load_state_dict(tensors)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path.name} holds no score generator: expected a file written by "
                "`python -m d2m train generator`."
            ) from error
        return generator.eval().requires_grad_(False)

    def forward(self, notes: SoundingNotes, time: Tensor, piece: Tensor) -> Tensor:
        """Generate VQ features.

        Parameters
        ----------
        notes
            The notes of a batch.
        time : (B, F, C)
            Time features, and movement features if the generator reads any.
        piece : (B, piece_features)
            Features of the whole pieces.

        Returns
        -------
        (B, 64, F * codes_per_frame)
            To be rounded to the nearest codebook entries.
        """
        batch, count, _ = time.shape
        summed = self.notes(notes, batch * count).reshape(batch, count, -1)
        x = self.first(torch.cat([summed, time], dim=2).transpose(1, 2))
        gain, bias = self.piece(piece)[:, :, None].chunk(2, dim=1)
        frames: Tensor = self.last(self.blocks(x * (1.0 + gain) + bias))
        split = frames.reshape(batch, LATENT_CHANNELS, self.codes_per_frame, count)
        return split.transpose(2, 3).flatten(2)


def _age_waves(age_s: Tensor) -> Tensor:
    """Return cosines and sines (P, 2 * AGE_WAVES) of the logarithm of an age, with its sign."""
    size = torch.log(age_s.abs() / SHORTEST_AGE_S + 1.0)
    place = torch.sign(age_s) * size / math.log(LONGEST_AGE_S / SHORTEST_AGE_S + 1.0)
    angle = math.pi * torch.outer(place, torch.arange(AGE_WAVES, device=place.device) + 0.5)
    return torch.cat([angle.cos(), angle.sin()], dim=1)


def nearest_features(features: Tensor, codebook: Tensor) -> Tensor:
    """Round VQ features (B, 64, T) to entries of a codebook (K, 64), passing gradients on."""
    flat = features.detach().transpose(1, 2).reshape(-1, LATENT_CHANNELS)
    with torch.autocast(flat.device.type, enabled=False):
        flat = flat.float()
        scores = torch.addmm(-codebook.square().sum(1), flat, codebook.t(), alpha=2.0)
        entries = functional.embedding(scores.argmax(1), codebook)
    entries = entries.view(features.shape[0], -1, LATENT_CHANNELS).transpose(1, 2)
    return features + (entries - features).detach()
