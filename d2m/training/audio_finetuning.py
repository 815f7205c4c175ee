"""Fine-tune a generator by how its codes sound, and the decoder with it.

The audio losses of the paper (Eq. 6-7) reach the generator through the lookup and the
decoder (`d2m.models.losses.straight_through`), as spectral, mel and waveform distances from
the music itself. Where codes can't be predicted exactly, as at level low, this teaches
which of them sound right. The decoder learns along, on generated and on true codes in turn,
as vocoders are tuned on what a network predicts; encoder and codebook stay, so that codes
keep their meaning. Against smearing, which distances forgive, a discriminator of waveforms
(Sec. 3.4) can judge what is heard.
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

from d2m.core.levels import Level
from d2m.core.metrical_grid import FRAME
from d2m.models.compact_generator import CompactGenerator
from d2m.models.losses import LogMel, mel_loss, straight_through
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import Adversary
from d2m.training.codec import LOUDNESS, spectral_figures
from d2m.training.data.corpus import Piece
from d2m.training.data.crops import CodeCrops, load_pcm16
from d2m.training.decoder_finetuning import FEATURE_MATCHING
from d2m.training.distributed import Engine
from d2m.training.generator import EDGE_FRAMES, GeneratorConfig, GeneratorTask
from d2m.training.trainer import Sounds, Trainer, Weights

MEL_BANDS = 80
ADVERSARY_RAMP = 300
"""Steps over which the discriminator's say rises: at first it knows nothing."""
TEST_BATCHES = 5
TEST_CROP = 256
"""Frames of the held-out crops that are compared: three seconds."""


@dataclass(frozen=True, kw_only=True)
class AudioFinetuningConfig(GeneratorConfig):
    """How a generator and its decoder are tuned by their sound.

    Parameters
    ----------
    decoder_rate
        Adam's rate for the decoder.
    codes, mel, waveform
        Weights of the codebook's loss, of the mel distance and of the waveform's beside the
        spectral distances.
    true
        Items of each batch that the decoder also plays from their true codes.
    average
        Decay of the moving averages of all weights, which are what is kept.
    adversarial
        Weight of a discriminator of waveforms (Eq. 3, and Eq. 4 three times as much); 0 for
        none. ``scales`` and ``narrow`` are its own.
    """

    crop: int = 128
    learning_rate: float = 1e-3
    table_rate: float = 3e-3
    decoder_rate: float = 2e-4
    codes: float = 0.5
    mel: float = 5.0
    waveform: float = 0.2
    true: int = 3
    average: float = 0.998
    adversarial: float = 0.0

    def rate(self, number: int) -> float:
        """Return the share of the rates at a step: they fall over the last two thirds."""
        fall = min(1.0, 1.5 * (1.0 - number / self.steps) + 1e-3)
        return min(1.0, (number + 1) / 100) * fall


class AudioFinetuningTask(GeneratorTask):
    """A generator and its decoder in tuning, see `GeneratorTask`.

    Parameters
    ----------
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
            {"params": [*self.decoder.parameters()], "lr": config.decoder_rate}
        )
        self._log_mel = LogMel(MEL_BANDS)
        self._adversary: Adversary | None = None
        if config.adversarial > 0:
            self._adversary = Adversary(scales=config.scales, narrow=config.narrow)
        self._average = AveragedModel(
            nn.ModuleDict({"generator": self.generator, "codec": codec}),
            multi_avg_fn=get_ema_multi_avg_fn(config.average),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step of generator and decoder and return its figures."""
        config = self.config
        batch = self.train_crops.draw(config, rng, engine)
        codes, audio = batch.pop("codes"), batch.pop("audio")
        with engine.autocast():
            features = self.generator(**batch)
        loss: Tensor
        figures: dict[str, Tensor]
        loss, figures = self.loss(features.float(), codes)
        book = self.codec.codebook(self.level)
        true = slice(config.true)
        heard = torch.cat([straight_through(features.float(), book), book.entries(codes[true])])
        with engine.autocast():
            decoded = self.codec.decode_latents(heard, self.level)
        decoded, aim = _inner(decoded.float()), _inner(torch.cat([audio, audio[true]]))
        sounds = self._distances(decoded, aim, engine)
        total = config.codes * loss + sounds["convergence"] + sounds["log_magnitude"]
        total = total + config.mel * sounds["mel"] + config.waveform * sounds["waveform"]
        if self._adversary is not None:
            judged = self._judge(decoded, aim, engine)
            share = config.adversarial * min(1.0, number / ADVERSARY_RAMP)
            total = total + share * (
                judged["adversarial"] + FEATURE_MATCHING * judged["feature_matching"]
            )
            sounds |= judged
        engine.update(total, self.optimizer, clip=self._learning())
        self._average.update_parameters(
            nn.ModuleDict({"generator": self.generator, "codec": self.codec})
        )
        return figures | {name: value.detach() for name, value in sounds.items()}

    @property
    def averaged(self) -> tuple[CompactGenerator, JukeboxVQVAE]:
        """The generator and the codec with averaged weights: what is kept."""
        networks = cast(nn.ModuleDict, self._average.module).eval()
        return cast(CompactGenerator, networks["generator"]), cast(JukeboxVQVAE, networks["codec"])

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the mel distances of held-out takes from the music.

        ``held_out_mel`` is that of generated codes, ``codec_mel`` of the true ones,
        ``no_dance_mel`` of those generated with the dance zeroed.
        """
        figures: dict[str, list[float]] = {}
        rng = np.random.default_rng(0)
        for _ in range(TEST_BATCHES):
            batch = self.held_out(rng, engine, TEST_CROP)
            codes, audio = batch.pop("codes"), batch.pop("audio")
            still = {n: v * 0 if n in ("movement", "visual") else v for n, v in batch.items()}
            for name, chosen in (
                ("held_out", self._chosen(batch)),
                ("codec", codes),
                ("no_dance", self._chosen(still)),
            ):
                sound = self.averaged[1].decode(chosen, self.level)
                distance = self._distances(_inner(sound), _inner(audio), engine)["mel"]
                figures.setdefault(f"{name}_mel", []).append(float(distance))
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        own: dict[str, Any] = {
            "codec": self.codec,
            "log_mel": self._log_mel,
            "average": self._average,
        }
        if self._adversary is not None:
            own["discriminator"] = self._adversary.network
            own["discriminator_optimizer"] = self._adversary.optimizer
        return super().modules() | own

    def weights(self) -> dict[str, Weights]:
        """Return the averaged generator, and the codec with the averaged decoder."""
        generator, codec = self.averaged
        return {
            "weights": Weights(generator, generator.config.to_metadata()),
            "codec": Weights(codec, {"level": self.level.name}),
        }

    @torch.no_grad()
    def sounds(self, engine: Engine) -> Sounds:
        """Return a held-out take, and how its codes and the generated ones sound."""
        batch = self.held_out(np.random.default_rng(0), engine, TEST_CROP)
        codes, audio = batch.pop("codes"), batch.pop("audio")
        codec = self.averaged[1]
        played = {
            name: codec.decode(chosen[:1], self.level)[0].cpu().numpy()
            for name, chosen in (("codes", codes), ("generated", self._chosen(batch)))
        }
        return {"original": audio[0].cpu().numpy()} | played

    def _chosen(self, batch: dict[str, Tensor]) -> Tensor:
        return self.codec.codebook(self.level).nearest(self.averaged[0](**batch))

    def _distances(self, decoded: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        return spectral_figures(decoded, audio) | {
            "mel": mel_loss(decoded, audio, self._log_mel.to(engine.device)),
            "waveform": functional.mse_loss(decoded, audio) / LOUDNESS**2,
        }

    def _judge(self, decoded: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        """Let the discriminator learn, and return its losses for the decoded sound."""
        assert self._adversary is not None
        real, own = audio.unsqueeze(1), decoded.unsqueeze(1)
        learned = {"discriminator": self._adversary.learn(real, own, engine)}
        losses = self._adversary.losses(real, own, engine)
        return learned | {name: loss() for name, loss in losses.items()}

    def _learning(self) -> list[nn.Parameter]:
        return [*self.generator.parameters(), *self.decoder.parameters()]

    def _crops(
        self, corpus: Path, pieces: list[Piece], codes: list[NDArray[np.int16]], level: Level
    ) -> CodeCrops:
        return CodeCrops(pieces, codes, level, load_pcm16(corpus, pieces))


def _inner(audio: Tensor) -> Tensor:
    """Return audio (B, N) without the crops' ends."""
    return audio[:, EDGE_FRAMES * FRAME : -EDGE_FRAMES * FRAME]


def train_sound(
    corpus: Path,
    codec: JukeboxVQVAE,
    folder: Path,
    config: AudioFinetuningConfig,
    *,
    start: dict[str, Tensor],
) -> None:
    """Tune a generator and its decoder in a run folder, going on where it stopped.

    Writes ``weights.safetensors`` (the generator), ``codec.safetensors`` and
    ``metrics.jsonl`` there.
    """
    run = Trainer(folder, config)
    with run.engine.main_first():  # codes are made once
        job = AudioFinetuningTask(corpus, codec, config, start=start)
    run.train(job)
