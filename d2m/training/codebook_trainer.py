"""Update the codebook of a VQ-VAE by exponential moving averages.

Dhariwal et al., "Jukebox: A Generative Model for Music", 2020, Sec. 3 and B.1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from d2m.models.vqvae import CODEBOOK_SIZE, Codebook

KMEANS_ROUNDS = 5
"""Rounds of k-means that place the codebook's entries; chosen by hand."""
MIN_ENTRY_USE = 0.08
"""Share of its expected use below which a codebook entry is restarted; chosen by hand."""


class CodebookTrainer(nn.Module):
    """Update a codebook from the latents that are rounded to its entries.

    Parameters
    ----------
    codebook
        Updated in place.
    """

    counts: Tensor
    sums: Tensor

    def __init__(self, codebook: Codebook) -> None:
        super().__init__()
        self._book = [codebook]  # a list hides the codebook's parameters from this module
        self.register_buffer("counts", torch.ones(CODEBOOK_SIZE))
        self.register_buffer("sums", codebook.k.clone())

    @torch.no_grad()
    def init_kmeans(self, latents: Tensor, rng: np.random.Generator) -> None:
        """Place the entries by `KMEANS_ROUNDS` rounds of k-means.

        Parameters
        ----------
        latents : (N, 64)
            Latents to cluster.
        rng
            Draws the latents that the entries start from.
        """
        book = self._book[0]
        chosen = rng.choice(len(latents), CODEBOOK_SIZE, replace=len(latents) < CODEBOOK_SIZE)
        book.k.copy_(latents[torch.from_numpy(chosen)])
        for _ in range(KMEANS_ROUNDS):
            codes = book.nearest(latents.t()[None])[0]
            counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
            sums = torch.zeros_like(book.k).index_add_(0, codes, latents)
            used = counts > 0
            book.k[used] = sums[used] / counts[used, None]
        self.counts.copy_(counts.clamp(min=0.5))
        self.sums.copy_(book.k * self.counts[:, None])

    @torch.no_grad()
    def ema_update(
        self, latents: Tensor, codes: Tensor, rng: np.random.Generator, *, restart: bool
    ) -> None:
        """Move each entry to the exponential moving average of its latents.

        Parameters
        ----------
        latents : (N, 64)
            Latents of all processes.
        codes : (N,)
            Index of the entry that each latent is rounded to.
        rng
            Draws the latents that unused entries are moved to.
        restart
            Whether to restart unused entries. The moving average then decays by 0.9 per step
            instead of 0.99, so that the codebook follows a changing encoder.
        """
        decay = 0.9 if restart else 0.99
        counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
        sums = torch.zeros_like(self.sums).index_add_(0, codes, latents)
        self.counts.mul_(decay).add_(counts, alpha=1 - decay)
        self.sums.mul_(decay).add_(sums, alpha=1 - decay)
        self._book[0].k.copy_(self.sums / self.counts.clamp(min=1e-4)[:, None])
        if restart:
            # JukeBox restarts entries used less than once per step. In a batch this small,
            # that would be nearly all entries.
            expected = len(latents) / CODEBOOK_SIZE
            unused = torch.nonzero(self.counts < MIN_ENTRY_USE * expected).flatten()
            drawn = torch.from_numpy(rng.integers(len(latents), size=len(unused)))
            self._book[0].k[unused] = latents[drawn.to(latents.device)]
            self.sums[unused] = self._book[0].k[unused] * expected
            self.counts[unused] = expected
