"""Fine-tune a compact generator by the audio decoded from its codes, together with the decoder.

The generator gets the gradient of spectral, mel and waveform distances from the original music
through the decoder and the straight-through lookup (`d2m.models.losses.straight_through`, and
Zhu et al. 2022, Eq. 6-7). Where the codes themselves are hardly predictable, as at level low,
the generator thereby learns codes that sound right. The decoder learns on generated and on true
codes, as vocoders are fine-tuned on predicted spectrograms. Encoder and codebook are not
changed, so that codes keep their meaning. Distances tolerate smeared audio; an optional
discriminator of waveforms (Sec. 3.4) can penalise it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from d2m.core.levels import HopLevel
from d2m.core.metrical_grid import FRAME
from d2m.models.compact_generator import CompactGenerator
from d2m.models.losses import LogMel, mel_loss, straight_through
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import DiscriminatorTrainer
from d2m.training.data.corpus import Piece
from d2m.training.data.crops import CodeCrops, load_pcm16
from d2m.training.decoder_finetuning import FEATURE_MATCHING_WEIGHT
from d2m.training.distributed import Engine
from d2m.training.generator import EDGE_FRAMES, GeneratorConfig, GeneratorTask
from d2m.training.reconstruction import SONG_RMS, spectral_distances
from d2m.training.trainer import (
    FINAL_RATE_FACTOR,
    RATE_WARM_UP_STEPS,
    AudioExamples,
    Trainer,
    Weights,
)

FINETUNING_MEL_BANDS = 80
"""Mel bands of the mel distance; chosen by hand."""
ADVERSARIAL_RAMP_STEPS = 300
"""Steps over which the weight of the still untrained discriminator rises; chosen by hand."""
N_AUDIO_BATCHES = 5
"""Held-out batches of an evaluation; chosen by hand."""
HELD_OUT_CROP_FRAMES = 256
"""Length (frames) of held-out crops: 1.5 s; chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class AudioFinetuningConfig(GeneratorConfig):
    """Settings of the fine-tuning of a generator and its decoder by audio losses.

    Parameters
    ----------
    decoder_learning_rate
        Adam's learning rate for the decoder.
    codebook, mel, waveform
        Weights of the codebook loss and of the mel and waveform distances; the spectral
        distances have the weight 1.
    true_items
        Items of each batch whose true codes are decoded too.
    ema_decay
        Decay per step of the exponential moving averages of all weights. The averages are
        what is evaluated and written.
    adversarial
        Weight of the adversarial loss of a discriminator of waveforms (Eq. 3), with feature
        matching (Eq. 4) at three times this weight; 0 for no discriminator. ``scales`` and
        ``channel_divisor`` are those of this discriminator.
    """

    crop: int = 128
    learning_rate: float = 1e-3
    table_learning_rate: float = 3e-3
    decoder_learning_rate: float = 2e-4
    codebook: float = 0.5
    mel: float = 5.0
    waveform: float = 0.2
    true_items: int = 3
    ema_decay: float = 0.998
    adversarial: float = 0.0

    def learning_rate_factor(self, number: int) -> float:
        """Return the factor of the learning rates at a step.

        As in `GeneratorConfig`, but the decay takes the last two thirds of the steps.
        """
        decay = min(1.0, 1.5 * (1.0 - number / self.steps) + FINAL_RATE_FACTOR)
        return min(1.0, (number + 1) / RATE_WARM_UP_STEPS) * decay


class AudioFinetuningTask(GeneratorTask):
    """Fine-tune a compact generator and its decoder by audio losses.

    Parameters
    ----------
    corpus
        Corpus folder.
    codec
        The codec of the generator; its decoder is fine-tuned in place.
    config
        Settings of the training.
    start
        Weights of a generator of the same level.
    """

    config: AudioFinetuningConfig

    def __init__(
        self,
        corpus: Path,
        codec: JukeboxVQVAE,
        config: AudioFinetuningConfig,
        *,
        start: dict[str, Tensor],
    ) -> None:
        super().__init__(corpus, codec, config, start=start)
        self.decoder = codec.requires_grad_(False).decoders[str(self.level.vqvae_level)]
        self.decoder.requires_grad_(True)
        self.optimizer.add_param_group(
            {"params": [*self.decoder.parameters()], "lr": config.decoder_learning_rate}
        )
        self._log_mel = LogMel(FINETUNING_MEL_BANDS)
        self._discriminator_trainer: DiscriminatorTrainer | None = None
        if config.adversarial > 0:
            self._discriminator_trainer = DiscriminatorTrainer(
                scales=config.scales, channel_divisor=config.channel_divisor
            )
        self._average = AveragedModel(
            nn.ModuleDict({"generator": self.generator, "codec": codec}),
            multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step of generator and decoder and return its metrics."""
        config = self.config
        batch = self.train_crops.draw(config, rng, engine)
        codes, audio = batch.pop("codes"), batch.pop("audio")
        with engine.autocast():
            features = self.generator(**batch)
        codebook_loss: Tensor
        metrics: dict[str, Tensor]
        codebook_loss, metrics = self.loss(features.float(), codes)
        decoded, target = self._decode(features.float(), codes, audio, engine)
        distances = self._distances(decoded, target, engine)
        total = config.codebook * codebook_loss
        total = total + distances["convergence"] + distances["log_magnitude"]
        total = total + config.mel * distances["mel"] + config.waveform * distances["waveform"]
        if self._discriminator_trainer is not None:
            losses = self._adversarial_losses(decoded, target, engine)
            weight = config.adversarial * min(1.0, number / ADVERSARIAL_RAMP_STEPS)
            total = total + weight * (
                losses["adversarial"] + FEATURE_MATCHING_WEIGHT * losses["feature_matching"]
            )
            distances |= losses
        trained = [*self.generator.parameters(), *self.decoder.parameters()]
        engine.backward_and_step(total, self.optimizer, clip=trained)
        self._average.update_parameters(
            nn.ModuleDict({"generator": self.generator, "codec": self.codec})
        )
        return metrics | {name: value.detach() for name, value in distances.items()}

    @property
    def averaged(self) -> tuple[CompactGenerator, JukeboxVQVAE]:
        """The generator and the codec with the moving averages of their weights."""
        networks = cast(nn.ModuleDict, self._average.module).eval()
        return cast(CompactGenerator, networks["generator"]), cast(JukeboxVQVAE, networks["codec"])

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return mel distances of decoded held-out crops from the original music.

        ``held_out_mel`` is that of generated codes, ``codec_mel`` that of the true codes, and
        ``no_dance_mel`` that of codes generated with the dance zeroed.
        """
        metrics: dict[str, list[float]] = {}
        rng = np.random.default_rng(0)
        for _ in range(N_AUDIO_BATCHES):
            batch = self.held_out(rng, engine, HELD_OUT_CROP_FRAMES)
            codes, audio = batch.pop("codes"), batch.pop("audio")
            no_dance = {n: v * 0 if n in ("movement", "visual") else v for n, v in batch.items()}
            for name, chosen in (
                ("held_out", self._generate_codes(batch)),
                ("codec", codes),
                ("no_dance", self._generate_codes(no_dance)),
            ):
                decoded = self.averaged[1].decode(chosen, self.level)
                distances = self._distances(_without_edges(decoded), _without_edges(audio), engine)
                metrics.setdefault(f"{name}_mel", []).append(float(distances["mel"]))
        return {name: float(np.mean(values)) for name, values in metrics.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        stored: dict[str, Any] = {
            "codec": self.codec,
            "log_mel": self._log_mel,
            "average": self._average,
        }
        if self._discriminator_trainer is not None:
            stored["discriminator"] = self._discriminator_trainer.discriminator
            stored["discriminator_optimizer"] = self._discriminator_trainer.optimizer
        return super().modules() | stored

    def weights(self) -> dict[str, Weights]:
        """Return the averaged generator, and the codec with the averaged decoder."""
        generator, codec = self.averaged
        return {
            "weights": Weights(generator, generator.config.to_metadata()),
            "codec": Weights(codec, {"level": self.level.name}),
        }

    @torch.no_grad()
    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return a held-out crop: original, and decoded from true and from generated codes."""
        batch = self.held_out(np.random.default_rng(0), engine, HELD_OUT_CROP_FRAMES)
        codes, audio = batch.pop("codes"), batch.pop("audio")
        codec = self.averaged[1]
        decoded = {
            name: codec.decode(chosen[:1], self.level)[0].cpu().numpy()
            for name, chosen in (("codes", codes), ("generated", self._generate_codes(batch)))
        }
        return {"original": audio[0].cpu().numpy()} | decoded

    def _generate_codes(self, batch: dict[str, Tensor]) -> Tensor:
        return self.codec.codebook(self.level).nearest(self.averaged[0](**batch))

    def _decode(
        self, features: Tensor, codes: Tensor, audio: Tensor, engine: Engine
    ) -> tuple[Tensor, Tensor]:
        """Decode generated features, and the true codes of some items.

        Return the decoded audio and the original, both without the edges of the crops.
        """
        book = self.codec.codebook(self.level)
        true = slice(self.config.true_items)
        entries = torch.cat([straight_through(features, book), book.entries(codes[true])])
        with engine.autocast():
            decoded = self.codec.decode_latents(entries, self.level)
        target = torch.cat([audio, audio[true]])
        return _without_edges(decoded.float()), _without_edges(target)

    def _distances(self, decoded: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        return spectral_distances(decoded, audio) | {
            "mel": mel_loss(decoded, audio, self._log_mel.to(engine.device)),
            "waveform": functional.mse_loss(decoded, audio) / SONG_RMS**2,
        }

    def _adversarial_losses(
        self, decoded: Tensor, audio: Tensor, engine: Engine
    ) -> dict[str, Tensor]:
        """Take one step of the discriminator; return its loss and those of the generator."""
        assert self._discriminator_trainer is not None
        real, generated = audio.unsqueeze(1), decoded.unsqueeze(1)
        step_loss = self._discriminator_trainer.step(real, generated, engine)
        losses = self._discriminator_trainer.generator_losses(real, generated, engine)
        return {"discriminator": step_loss} | {name: loss() for name, loss in losses.items()}

    def _crops(
        self, corpus: Path, pieces: list[Piece], codes: list[NDArray[np.int16]], level: HopLevel
    ) -> CodeCrops:
        return CodeCrops(pieces, codes, level, load_pcm16(corpus, pieces))


def _without_edges(audio: Tensor) -> Tensor:
    """Return the audio (B, N) of crops without `EDGE_FRAMES` frames at each end."""
    return audio[:, EDGE_FRAMES * FRAME : -EDGE_FRAMES * FRAME]


def finetune_audio(
    corpus: Path,
    codec: JukeboxVQVAE,
    folder: Path,
    config: AudioFinetuningConfig,
    *,
    start: dict[str, Tensor],
) -> None:
    """Fine-tune a generator and its decoder, resuming from the run folder's checkpoint if any.

    Parameters
    ----------
    corpus, codec, config, start
        See `AudioFinetuningTask`.
    folder
        Run folder, to which ``weights.safetensors`` (the generator), ``codec.safetensors`` and
        ``metrics.jsonl`` are written.
    """
    trainer = Trainer(folder, config)
    with trainer.engine.main_process_first():  # one process encodes the corpus, the others load
        task = AudioFinetuningTask(corpus, codec, config, start=start)
    trainer.train(task)
