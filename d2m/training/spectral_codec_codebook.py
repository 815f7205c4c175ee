"""Update the codebook of a spectral codec by slow moving averages."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from d2m.models.vqvae import CODEBOOK_SIZE
from d2m.training.codebook_trainer import CodebookTrainer

ENTRY_DECAY = 0.98
"""Decay of the moving averages per step. Chosen by hand; faster ones follow single batches."""
FINAL_ENTRY_DECAY = 0.995
"""The decay when entries are no longer restarted."""
RESTART_SHARE = 0.05
"""Share of its expected use below which an entry is restarted. Chosen by hand."""


class SlowCodebookTrainer(CodebookTrainer):
    """Update a codebook from few latents a step.

    The batches of a CPU hold half a latent for each entry, so an average over ten steps, as in
    the base class, would restart entries that are merely rare.
    """

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
