"""Train the VQ-VAE of one level on the songs.

The codebook learns by exponential moving averages with restarts (Dhariwal et al. 2020,
Sec. 3 and B.1), the rest by spectral and waveform losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.levels import LEVELS, Level
from d2m.models.losses import LogMel, mel_loss
from d2m.models.vqvae import CODEBOOK_SIZE, LATENT_CHANNELS, Codebook, JukeboxVQVAE
from d2m.training.data.corpus import load_pieces
from d2m.training.data.crops import AudioCrops
from d2m.training.distributed import Engine
from d2m.training.trainer import RunConfig, Sounds, Trainer, Weights

FFT_SIZES = (2048, 512, 128)
LOUDNESS = 0.115
"""Root mean square that the songs are brought to."""
SAMPLE_S = 4.0
"""Length of the sounds that a run leaves to listen to (s)."""


@dataclass(frozen=True, kw_only=True)
class CodecConfig(RunConfig):
    """How a codec is trained.

    Parameters
    ----------
    level
        Name of the level.
    batch, crop
        Crops in a batch; samples in a crop.
    learning_rate
        AdamW's rate.
    commitment, latent_size
        Weights of the pull of latents towards their entries, and towards zero.
    mel
        Weight of the L1 distance of log10-mel spectrograms: it hears what is quiet.
    warm_up
        Steps without rounding, before the codebook is laid through the latents.
    ramp
        Steps over which the rounded share of the items rises to all of them.
    restart_until
        Share of the run after which unused entries are no longer replaced.
    decoder_only
        Train the decoder alone, on codes that stay as they are.
    """

    level: str = "high"
    precision: str = "bf16"  # a third faster on CPUs that have it, too
    batch: int = 8
    crop: int = 8192
    learning_rate: float = 1e-3
    commitment: float = 1.0
    latent_size: float = 1e-3
    mel: float = 3.0
    warm_up: int = 150
    ramp: int = 200
    restart_until: float = 0.6
    decoder_only: bool = False


class CodebookTrainer(nn.Module):
    """Moves a codebook along with the latents that choose its entries.

    Parameters
    ----------
    codebook
        Changed in place.
    """

    counts: Tensor
    sums: Tensor

    def __init__(self, codebook: Codebook) -> None:
        super().__init__()
        self._book = [codebook]  # in a list, so that its parameters are not counted twice
        self.register_buffer("counts", torch.ones(CODEBOOK_SIZE))
        self.register_buffer("sums", codebook.k.clone())

    @torch.no_grad()
    def lay(self, latents: Tensor, rng: np.random.Generator) -> None:
        """Place the entries by a few rounds of k-means on latents (N, 64)."""
        book = self._book[0]
        chosen = rng.choice(len(latents), CODEBOOK_SIZE, replace=len(latents) < CODEBOOK_SIZE)
        book.k.copy_(latents[torch.from_numpy(chosen)])
        for _ in range(5):
            codes = book.nearest(latents.t()[None])[0]
            counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
            sums = torch.zeros_like(book.k).index_add_(0, codes, latents)
            used = counts > 0
            book.k[used] = sums[used] / counts[used, None]
        self.counts.copy_(counts.clamp(min=0.5))
        self.sums.copy_(book.k * self.counts[:, None])

    @torch.no_grad()
    def follow(
        self, latents: Tensor, codes: Tensor, rng: np.random.Generator, *, restart: bool
    ) -> None:
        """Move entries towards the latents (N, 64) that chose them, codes (N,)."""
        mu = 0.9 if restart else 0.99
        counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
        sums = torch.zeros_like(self.sums).index_add_(0, codes, latents)
        self.counts.mul_(mu).add_(counts, alpha=1 - mu)
        self.sums.mul_(mu).add_(sums, alpha=1 - mu)
        self._book[0].k.copy_(self.sums / self.counts.clamp(min=1e-4)[:, None])
        if restart:
            # JukeBox restarts below one use a step; at this batch that would be every entry.
            expected = len(latents) / CODEBOOK_SIZE
            dead = torch.nonzero(self.counts < 0.08 * expected).flatten()
            picks = torch.from_numpy(rng.integers(len(latents), size=len(dead)))
            self._book[0].k[dead] = latents[picks.to(latents.device)]
            self.sums[dead] = self._book[0].k[dead] * expected
            self.counts[dead] = expected


class CodecTask:
    """A codec in training: network, data and one optimisation step."""

    def __init__(
        self, corpus: Path, config: CodecConfig, *, start: dict[str, Tensor] | None = None
    ) -> None:
        pieces = load_pieces(corpus)
        self._train = AudioCrops(corpus, [piece for piece in pieces if not piece.held_out])
        self._test = AudioCrops(corpus, load_pieces(corpus, unseen=True))
        self._level = LEVELS[config.level]
        self._config = config
        torch.manual_seed(config.seed)
        self.codec = JukeboxVQVAE([self._level])
        self._warm = start is not None
        if start is not None:
            self.codec.load_published_state(start)
        index = str(self._level.vqvae_level)
        trained: nn.Module = self.codec.decoders[index] if config.decoder_only else self.codec
        self.codec.requires_grad_(False)
        trained.requires_grad_(True)
        self._log_mel = LogMel()
        self._codebook = CodebookTrainer(self.codec.codebook(self._level))
        self._optimizer = torch.optim.AdamW(
            trained.parameters(), lr=config.learning_rate, betas=(0.9, 0.99)
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its figures."""
        config = self._config
        audio = self._train.draw(config.batch, config.crop, rng, engine)
        with engine.autocast():
            latents = self.codec.latents(audio, self._level)
        latents = latents.float()
        rounded, commitment = self._round(latents, number, rng, engine)
        with engine.autocast():
            decoded = self.codec.decode_latents(rounded, self._level)
        figures = spectral_figures(decoded.float(), audio)
        figures["mel"] = mel_loss(decoded.float(), audio, self._log_mel.to(engine.device))
        waveform = functional.mse_loss(decoded.float(), audio) / LOUDNESS**2
        loss = figures["convergence"] + figures["log_magnitude"] + waveform
        loss = loss + config.mel * figures["mel"] + config.commitment * commitment
        loss = loss + config.latent_size * latents.square().mean()
        engine.update(loss, self._optimizer, clip=self.codec.parameters())
        return {name: value.detach() for name, value in (figures | {"loss": loss}).items()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return reconstruction figures on unseen songs, and the codebook's use."""
        return reconstruction(self.codec, self._level, self._test, self._config, engine.device)

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        return {
            "codec": self.codec,
            "codebook": self._codebook,
            "optimizer": self._optimizer,
        }

    def weights(self) -> dict[str, Weights]:
        """Return the codec, in its published names."""
        return {"weights": Weights(self.codec, {"level": self._level.name})}

    def sounds(self, engine: Engine) -> Sounds:
        """Return an unseen song, and what the codec makes of it."""
        return sound_and_copy(self.codec, self._level, self._test, engine.device)

    def _round(
        self, latents: Tensor, done: int, rng: np.random.Generator, engine: Engine
    ) -> tuple[Tensor, Tensor]:
        """Round latents to entries, straight-through, as far as the run has come."""
        config, book = self._config, self.codec.codebook(self._level)
        flat = latents.detach().transpose(1, 2).reshape(-1, LATENT_CHANNELS)
        if not self._warm and done < config.warm_up:
            return latents, latents.new_zeros(())
        if not self._warm and done == config.warm_up:
            self._codebook.lay(engine.gather(flat), rng)
        codes = book.nearest(latents.detach())
        entries = book.entries(codes)
        commitment = functional.mse_loss(latents, entries)
        if not config.decoder_only:
            restart = done < config.restart_until * config.steps
            everywhere = engine.gather(flat), engine.gather(codes.flatten())
            self._codebook.follow(*everywhere, rng, restart=restart)
        share = 1.0 if self._warm else min(1.0, 0.3 + 0.7 * (done - config.warm_up) / config.ramp)
        rounded = latents + (entries - latents).detach()
        drawn = rng.random(len(latents) * engine.processes)[engine.share(len(latents))]
        keep = torch.from_numpy(drawn >= share).to(latents.device)
        return torch.where(keep[:, None, None], latents, rounded), commitment


@torch.no_grad()
def reconstruction(
    codec: JukeboxVQVAE,
    level: Level,
    crops: AudioCrops,
    config: CodecConfig,
    device: torch.device,
) -> dict[str, float]:
    """Return a codec's mean figures on held-out crops, and the perplexity of its codes."""
    rng = np.random.default_rng(0)
    figures: dict[str, list[float]] = {}
    used = torch.zeros(CODEBOOK_SIZE)
    for _ in range(12):
        audio = crops.draw(config.batch, config.crop, rng).to(device)
        codes = codec.encode(audio, level)
        used += torch.bincount(codes.flatten().cpu(), minlength=CODEBOOK_SIZE)
        decoded = codec.decode(codes, level)
        for name, value in spectral_figures(decoded, audio).items():
            figures.setdefault(f"held_out_{name}", []).append(float(value))
    share = used / used.sum()
    entropy = -(share * share.clamp(min=1e-12).log()).sum()
    means = {name: float(np.mean(values)) for name, values in figures.items()}
    return means | {"perplexity": float(entropy.exp())}


@torch.no_grad()
def sound_and_copy(
    codec: JukeboxVQVAE, level: Level, crops: AudioCrops, device: torch.device
) -> Sounds:
    """Return four seconds of a held-out piece, and what a codec makes of them."""
    audio = crops.first(SAMPLE_S)
    copy = codec.decode(codec.encode(audio.to(device), level), level)
    return {"original": audio[0].numpy(), "reconstructed": copy[0].float().cpu().numpy()}


def spectral_figures(decoded: Tensor, audio: Tensor) -> dict[str, Tensor]:
    """Compare audio (B, N) over three resolutions.

    Returns
    -------
    dict
        ``convergence``: relative Frobenius distance of magnitudes; ``log_magnitude``: mean
        absolute difference of natural logarithms (floor 1e-3).
    """
    convergence, log_magnitude = [], []
    for size in FFT_SIZES:
        window = torch.hann_window(size, device=audio.device)
        one, other = (
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs()
            for x in (decoded, audio)
        )
        convergence.append((one - other).norm() / other.norm().clamp(min=1e-6))
        log_magnitude.append((one.clamp(min=1e-3).log() - other.clamp(min=1e-3).log()).abs().mean())
    return {
        "convergence": torch.stack(convergence).mean(),
        "log_magnitude": torch.stack(log_magnitude).mean(),
    }


def train_codec(
    corpus: Path,
    folder: Path,
    config: CodecConfig,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a codec in a run folder, going on where an earlier run stopped.

    Writes ``weights.safetensors`` (published names) and ``metrics.jsonl`` there.
    """
    Trainer(folder, config).train(CodecTask(corpus, config, start=start))
