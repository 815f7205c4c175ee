"""Train the generator of one hop level: from the notes of composed pieces to their VQ features.

Its target are the codes of the studio version. As in D2M-GAN (Zhu et al., ECCV 2022, Sec. 3.3),
VQ features and the decoded audio are compared; the audio by the losses of the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.models.score_generator import (
    ScoreGenerator,
    ScoreGeneratorConfig,
    SoundingNotes,
    nearest_features,
)
from d2m.models.spectral_codec import CODING_FRAME, SpectralCodec
from d2m.training.codec_losses import (
    CODEC_LOW_BAND_HZ,
    CODEC_WEIGHTS,
    GENERATOR_WEIGHTS,
    SpectralLoss,
    SpectralLossWeights,
)
from d2m.training.data.audio_pool import check_corpus
from d2m.training.data.piece_crops import PieceCrop, PieceCrops, pad_notes
from d2m.training.distributed import Engine
from d2m.training.learning_rates import cosine_factor
from d2m.training.step_graph import StepGraph
from d2m.training.trainer import AudioExamples, Trainer, TrainerConfig, Weights

EDGE_FRAMES = 16
"""Coding frames (0.37 s) at each end of a crop that the losses ignore: the network does not see
what is beyond. Chosen by hand."""
MEASURED_FRAMES = 345
"""Coding frames (8 s) of each held-out piece that are measured, from its middle."""
HELD_OUT_PIECES = 10
"""Held-out pieces that are measured during a training."""
PIECE_LOOK_STEPS = 50
"""Steps between two looks for new pieces."""
FIRST_PIECES = 600
"""Pieces that are loaded before the first step, at most; the rest follows during the training."""
FIRST_RATE = 1e-3
"""AdamW's learning rate from random weights. Chosen by hand."""
FINE_TUNING_RATE = 5e-4
"""AdamW's learning rate from trained weights. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class GeneratorTrainingConfig(TrainerConfig):
    """Settings of the training of a score generator.

    Parameters
    ----------
    generator
        Level and sizes of the generator.
    weights
        Weights of the losses of the decoded audio, see
        `d2m.training.codec_losses.GENERATOR_WEIGHTS`.
    features
        Weight of the distance of VQ features from the entries of the true codes.
    batch, crop
        Crops in a batch, and their length (coding frames).
    learning_rate
        AdamW's largest learning rate: `FIRST_RATE` or `FINE_TUNING_RATE`.
    low_band_hz
        Frequency (Hz) up to which the waveform counts.
    decoder_rate
        Learning rate of the codec's decoder as a share of the generator's; at 0, the decoder
        stays as it is. D2M-GAN fine-tunes its synthesizer likewise.
    copies
        Weight of the losses of copies, which keep a trained decoder good at true codes.
    copy_weights
        Weights of the losses of copies, relative to each other.
    """

    generator: ScoreGeneratorConfig = field(default_factory=ScoreGeneratorConfig)
    weights: SpectralLossWeights = GENERATOR_WEIGHTS
    features: float = 1.0
    batch: int = 8
    crop: int = 128
    learning_rate: float = FIRST_RATE
    low_band_hz: float = CODEC_LOW_BAND_HZ["high"]
    decoder_rate: float = 0.0
    copies: float = 0.5
    copy_weights: SpectralLossWeights = CODEC_WEIGHTS["high"]

    def learning_rate_factor(self, number: int, share: float) -> float:
        """Return the factor of the learning rate at a step: a short rise, then a cosine."""
        return cosine_factor(number, share)


class GeneratorTask:
    """Train a score generator on the composed pieces of a corpus folder.

    Parameters
    ----------
    corpus
        Corpus folder, see `d2m.training.data.composed_pieces`.
    codec
        The codec of the level. It stays as it is, but for its decoder if that is trained, too.
    config
        Settings of the training.
    start
        Weights of a generator of this level to start from; random ones by default.
    """

    def __init__(
        self,
        corpus: Path,
        codec: SpectralCodec,
        config: GeneratorTrainingConfig,
        *,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        self._config, self._corpus = config, corpus
        self.codec = codec.eval().requires_grad_(False)
        torch.manual_seed(config.seed)
        self.generator = ScoreGenerator(config.generator)
        if start is not None:
            self.generator.load_state_dict(start)
        entries = codec.codebook.k
        self._scale = float((entries - entries.mean(0)).square().mean().sqrt())
        self._loss = SpectralLoss(config.low_band_hz)
        self._pieces: PieceCrops | None = None
        self._steps: StepGraph | None = None
        self._held_out: PieceCrops | None = None
        groups = [{"params": [*self.generator.parameters()], "lr": config.learning_rate}]
        if config.decoder_rate:
            codec.decoder.requires_grad_(True)
            rate = config.decoder_rate * config.learning_rate
            groups.append({"params": [*codec.decoder.parameters()], "lr": rate})
        self._trained = nn.ModuleList([self.generator, codec.decoder][: len(groups)])
        self._optimizer = torch.optim.AdamW(groups, betas=(0.8, 0.95), fused=True)

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its metrics."""
        config = self._config
        pieces = self._loaded(engine)
        if number and number % PIECE_LOOK_STEPS == 0:
            pieces.look_for_new()
        batch = pieces.draw(config.batch, config.crop, rng, engine)
        if self._steps is None:
            compute = partial(self._compute, engine=engine)
            self._steps = StepGraph(compute, self._optimizer, self._trained, engine)
        notes = pad_notes(batch.notes, config.batch, config.batch * config.crop)
        rest = {n: getattr(batch, n) for n in ("time", "piece", "audio", "codes")}
        return self._steps(notes._asdict() | rest)

    def _compute(self, inputs: Mapping[str, Tensor], engine: Engine) -> dict[str, Tensor]:
        """Generate a batch; return the distances and the loss."""
        config, book = self._config, self.codec.codebook
        notes = SoundingNotes(**{name: inputs[name] for name in SoundingNotes._fields})
        with engine.autocast():
            features = self.generator(notes, inputs["time"], inputs["piece"])
        inner = self._inner(features.shape[-1])
        distance = (features.float() - book.entries(inputs["codes"]))[..., inner] / self._scale
        metrics = {"features": functional.smooth_l1_loss(distance, torch.zeros_like(distance))}
        with engine.autocast():
            decoded = self.codec.decode_latents(nearest_features(features, book.k))
        samples = slice(EDGE_FRAMES * CODING_FRAME, -EDGE_FRAMES * CODING_FRAME)
        metrics |= self._loss(decoded[:, samples], inputs["audio"][:, samples])
        loss = config.features * metrics["features"]
        for name in config.weights.__dataclass_fields__:
            loss = loss + getattr(config.weights, name) * metrics[name]
        if config.decoder_rate:
            with engine.autocast():
                copied = self.codec.decode_latents(book.entries(inputs["codes"]))
            distances = self._loss(copied[:, samples], inputs["audio"][:, samples])
            for name, value in distances.items():
                loss = loss + config.copies * getattr(config.copy_weights, name) * value
            metrics["copied_mel"] = distances["mel"]
        right = self._right_codes(features, inputs["codes"])
        return metrics | {"loss": loss, "right_codes": right}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the distances of generated and of copied held-out pieces from the studio's."""
        self._loaded(engine)
        found = []
        for batch in self._measured():
            features = self.generator(batch.notes, batch.time, batch.piece)
            generated = self.codec.decode(self.codec.codebook.nearest(features))
            copied = self.codec.decode(batch.codes)
            right = float(self._right_codes(features, batch.codes))
            found.append(
                [
                    *(v for x in (generated, copied) for v in self._loss.distances(x, batch.audio)),
                    right,
                ]
            )
        means = np.mean(found, axis=0).tolist()
        names = ("log_mel", "convergence", "codec_log_mel", "codec_convergence", "right_codes")
        metrics = {f"held_out_{n}": v for n, v in zip(names, means, strict=True)}
        return metrics | {"log_mel_over_codec": means[0] / means[2]}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name; of the codec only a trained decoder."""
        return {"networks": self._trained, "optimizer": self._optimizer}

    def weights(self) -> dict[str, Weights]:
        """Return the generator with its configuration, and the codec if it is trained."""
        weights = {"weights": Weights(self.generator, self._config.generator.metadata())}
        if self._config.decoder_rate:
            weights["codec"] = Weights(self.codec, self.codec.config.metadata())
        return weights

    @torch.no_grad()
    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the first held-out piece: studio version, copy and generated."""
        self._loaded(engine)
        batch = next(iter(self._measured()))
        features = self.generator(batch.notes, batch.time, batch.piece)
        generated = self.codec.decode(self.codec.codebook.nearest(features))
        examples = {
            "studio": batch.audio, "copied": self.codec.decode(batch.codes), "generated": generated
        }  # fmt: skip
        return {name: audio[0].cpu().numpy() for name, audio in examples.items()}

    def _loaded(self, engine: Engine) -> PieceCrops:
        """Load the pieces, now that the device is known, and return those to train on."""
        if self._pieces is None:
            self.codec.to(engine.device)
            self._loss.to(engine.device)
            movement = self._config.generator.movement > 0
            self._pieces, self._held_out = (
                PieceCrops(
                    self._corpus, self.codec.encode, engine.device,
                    movement=movement, held_out=held_out, limit=FIRST_PIECES,
                )
                for held_out in (False, True)
            )  # fmt: skip
        return self._pieces

    def _measured(self) -> list[PieceCrop]:
        """Return the middles of the held-out pieces, one by one."""
        assert self._held_out is not None
        crops = []
        for index, piece in enumerate(self._held_out.pieces[:HELD_OUT_PIECES]):
            frames = min(MEASURED_FRAMES, piece.frames)
            crops.append(self._held_out.crops([(index, (piece.frames - frames) // 2)], frames))
        return crops

    def _inner(self, codes: int) -> slice:
        edge = EDGE_FRAMES * self.generator.codes_per_frame
        return slice(edge, codes - edge)

    def _right_codes(self, features: Tensor, codes: Tensor) -> Tensor:
        """Return the share of the codes that are those of the studio version."""
        inner = self._inner(features.shape[-1])
        nearest = self.codec.codebook.nearest(features.detach().float())
        return (nearest == codes)[..., inner].float().mean()


def train_generator(
    corpus: Path,
    codec: SpectralCodec,
    folder: Path,
    config: GeneratorTrainingConfig,
    *,
    start: Mapping[str, Tensor] | None = None,
) -> None:
    """Train a score generator, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus, codec, config, start
        See `GeneratorTask`.
    folder
        Run folder, to which ``weights.safetensors``, ``metrics.jsonl`` and, if the decoder is
        trained, ``codec.safetensors`` are written.
    """
    check_corpus(corpus)
    Trainer(folder, config).train(GeneratorTask(corpus, codec, config, start=start))
