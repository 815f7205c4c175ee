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
ENTRY_DECAY = 0.98
"""Decay of the moving averages per step. Chosen by hand: the batches of a CPU hold half a latent
for each entry, so faster ones would restart entries that are merely rare."""
FINAL_ENTRY_DECAY = 0.995
"""The decay when entries are no longer restarted. Chosen by hand."""
RESTART_SHARE = 0.05
"""Share of its expected use below which an entry is restarted. Chosen by hand. JukeBox restarts
entries used less than once per step; with small batches that would be nearly all."""


class CodebookTrainer(nn.Module):
    """Update a codebook from the latents that are rounded to its entries.

    Parameters
    ----------
    codebook
        Updated in place.

    Attributes
    ----------
    placed : ()
        Whether the entries are in use: set once k-means has placed them.
    """

    counts: Tensor
    sums: Tensor
    placed: Tensor

    def __init__(self, codebook: Codebook) -> None:
        super().__init__()
        self._book = [codebook]  # a list hides the codebook's parameters from this module
        self.register_buffer("counts", torch.ones(CODEBOOK_SIZE))
        self.register_buffer("sums", codebook.k.clone())
        self.register_buffer("placed", torch.zeros((), dtype=torch.bool))

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
        book.k.copy_(latents[torch.from_numpy(chosen).to(latents.device)])
        for _ in range(KMEANS_ROUNDS):
            codes = book.nearest(latents.t()[None])[0]
            counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
            sums = torch.zeros_like(book.k).index_add_(0, codes, latents)
            used = counts > 0
            book.k[used] = sums[used] / counts[used, None]
        self.placed.fill_(True)
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
            Whether to restart unused entries; if not, the averages are slower.
        """
        decay = ENTRY_DECAY if restart else FINAL_ENTRY_DECAY
        counts = torch.bincount(codes, minlength=CODEBOOK_SIZE).float()
        sums = torch.zeros_like(self.sums).index_add_(0, codes, latents)
        self.counts.mul_(decay).add_(counts, alpha=1 - decay)
        self.sums.mul_(decay).add_(sums, alpha=1 - decay)
        entries = self._book[0].k
        entries.copy_(self.sums / self.counts.clamp(min=1e-4)[:, None])
        if restart:
            expected = len(latents) / CODEBOOK_SIZE
            unused = torch.nonzero(self.counts < RESTART_SHARE * expected).flatten()
            drawn = torch.from_numpy(rng.integers(len(latents), size=len(unused)))
            entries[unused] = latents[drawn.to(latents.device)]
            # Half the expected use: an entry that nothing needs is soon tried elsewhere.
            self.sums[unused] = entries[unused] * (expected / 2)
            self.counts[unused] = expected / 2
