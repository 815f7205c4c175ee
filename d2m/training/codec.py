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

from d2m.levels import LEVELS
from d2m.models.codec import CODEBOOK_SIZE, EMBEDDING, Codebook, JukeboxVQVAE
from d2m.models.losses import LogMel, mel
from d2m.training.corpus import Piece, load_audio, load_pieces
from d2m.training.run import Run, RunConfig

ALIGNMENT = 128
"""Crops begin on the code grid, as all onsets do."""
FFT_SIZES = (2048, 512, 128)
LOUDNESS = 0.115
"""Root mean square that the songs are brought to."""


@dataclass(frozen=True, kw_only=True)
class CodecTraining(RunConfig):
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


class AudioCrops:
    """Random aligned crops of the corpus's audio."""

    def __init__(self, corpus: Path, pieces: list[Piece]) -> None:
        self._audio = [
            np.round(load_audio(corpus, piece) * 32767).astype(np.int16) for piece in pieces
        ]

    def draw(self, config: CodecTraining, rng: np.random.Generator) -> Tensor:
        """Draw a batch (batch, crop) in [-1, 1]."""
        crops = []
        for index in rng.integers(len(self._audio), size=config.batch):
            audio = self._audio[int(index)]
            first = int(rng.integers((len(audio) - config.crop) // ALIGNMENT)) * ALIGNMENT
            crops.append(audio[first : first + config.crop])
        return torch.from_numpy(np.stack(crops).astype(np.float32) / 32767)


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


class CodecRun:
    """A codec in training: network, data and one optimisation step."""

    def __init__(
        self, corpus: Path, config: CodecTraining, *, start: dict[str, Tensor] | None = None
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
            self.codec.load_published(start)
        index = str(self._level.vqvae_level)
        trained: nn.Module = self.codec.decoders[index] if config.decoder_only else self.codec
        self.codec.requires_grad_(False)
        trained.requires_grad_(True)
        self._log_mel = LogMel()
        self._codebook = CodebookTrainer(self.codec.codebook(self._level))
        self._optimizer = torch.optim.AdamW(
            trained.parameters(), lr=config.learning_rate, betas=(0.9, 0.99)
        )

    def step(self, number: int, rng: np.random.Generator, device: torch.device) -> dict[str, float]:
        """Take one optimisation step and return its figures."""
        config = self._config
        audio = self._train.draw(config, rng).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            latents = self.codec.latents(audio, self._level)
        latents = latents.float()
        rounded, commitment = self._round(latents, number, rng)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            decoded = self.codec.decode_latents(rounded, self._level)
        figures = spectral_figures(decoded.float(), audio)
        figures["mel"] = mel(decoded.float(), audio, self._log_mel.to(device))
        waveform = functional.mse_loss(decoded.float(), audio) / LOUDNESS**2
        loss = figures["convergence"] + figures["log_magnitude"] + waveform
        loss = loss + config.mel * figures["mel"] + config.commitment * commitment
        loss = loss + config.latent_size * latents.square().mean()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.codec.parameters(), 5.0)
        self._optimizer.step()
        return {n: float(v.detach()) for n, v in figures.items()} | {"loss": float(loss.detach())}

    @torch.no_grad()
    def evaluate(self, device: torch.device) -> dict[str, float]:
        """Return reconstruction figures on unseen songs, and the codebook's use."""
        rng = np.random.default_rng(0)
        figures: dict[str, list[float]] = {}
        used = torch.zeros(CODEBOOK_SIZE)
        for _ in range(12):
            audio = self._test.draw(self._config, rng).to(device)
            codes = self.codec.encode(audio, self._level)
            used += torch.bincount(codes.flatten().cpu(), minlength=CODEBOOK_SIZE)
            decoded = self.codec.decode(codes, self._level)
            for name, value in spectral_figures(decoded, audio).items():
                figures.setdefault(f"held_out_{name}", []).append(float(value))
        share = used / used.sum()
        entropy = -(share * share.clamp(min=1e-12).log()).sum()
        return {n: float(np.mean(v)) for n, v in figures.items()} | {
            "perplexity": float(entropy.exp())
        }

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        return {
            "codec": self.codec,
            "codebook": self._codebook,
            "optimizer": self._optimizer,
        }

    def _round(self, latents: Tensor, done: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Round latents to entries, straight-through, as far as the run has come."""
        config, book = self._config, self.codec.codebook(self._level)
        flat = latents.detach().transpose(1, 2).reshape(-1, EMBEDDING)
        if not self._warm and done < config.warm_up:
            return latents, latents.new_zeros(())
        if not self._warm and done == config.warm_up:
            self._codebook.lay(flat, rng)
        codes = book.nearest(latents.detach())
        entries = book.entries(codes)
        commitment = functional.mse_loss(latents, entries)
        if not config.decoder_only:
            restart = done < config.restart_until * config.steps
            self._codebook.follow(flat, codes.flatten(), rng, restart=restart)
        share = 1.0 if self._warm else min(1.0, 0.3 + 0.7 * (done - config.warm_up) / config.ramp)
        rounded = latents + (entries - latents).detach()
        keep = torch.from_numpy(rng.random(len(latents)) >= share).to(latents.device)
        return torch.where(keep[:, None, None], latents, rounded), commitment


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
    config: CodecTraining,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a codec in a run folder, going on where an earlier run stopped.

    Writes ``weights.safetensors`` (published names) and ``metrics.jsonl`` there.
    """
    job = CodecRun(corpus, config, start=start)
    Run(folder, config).train(job, job.codec, {"level": config.level})
