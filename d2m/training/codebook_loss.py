"""A classification loss over the codebook for generated VQ features.

The loss is the cross-entropy of a softmax over the codebook entries, with negative squared
distances as logits, plus the L1 distance to the target entry. It extends the commitment loss of
D2M-GAN (Zhu et al. 2022, Eq. 5): the target entry must also become the nearest one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.models.vqvae import LATENT_CHANNELS


class CodebookLoss(nn.Module):
    """Compute the cross-entropy over the codebook plus the L1 distance to the target entry.

    Parameters
    ----------
    codebook : (2048, 64)
        Entries.
    spacing
        Mean squared distance of an entry to its nearest neighbour. The learned temperature of
        the softmax starts at 4 times this value.
    l1
        Weight of the L1 distance, which is measured in mean absolute codebook values.
    edge
        Codes at each end of a crop that the loss ignores.
    """

    codebook: Tensor

    def __init__(self, codebook: Tensor, spacing: float, l1: float, edge: int) -> None:
        super().__init__()
        self._edge = edge
        self.register_buffer("codebook", codebook)
        self.log_temperature = nn.Parameter(torch.tensor(4.0 * spacing).log())
        self._l1 = l1

    def forward(self, features: Tensor, codes: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its metrics.

        Parameters
        ----------
        features : (B, 64, T)
            Generated features before rounding.
        codes : (B, T)
            Target codes.

        Returns
        -------
        loss, metrics
            The loss, and ``cross_entropy`` (nats), ``l1`` (mean absolute codebook values) and
            ``accuracy`` (share of features whose nearest entry is the target), detached.
        """
        inner = slice(self._edge, codes.shape[1] - self._edge)
        flat = features[..., inner].transpose(1, 2).reshape(-1, LATENT_CHANNELS)
        target = codes[:, inner].reshape(-1)
        # -||f - k||^2 without the term ||f||^2, which is the same for all entries.
        logits = torch.addmm(-self.codebook.square().sum(1), flat, self.codebook.t(), alpha=2.0)
        entropy = functional.cross_entropy(logits / self.log_temperature.exp(), target)
        l1 = functional.l1_loss(flat, self.codebook[target])
        scale = self.codebook.abs().mean()
        accuracy = (logits.detach().argmax(1) == target).float().mean()
        metrics = {
            "cross_entropy": entropy.detach(),
            "l1": l1.detach() / scale,
            "accuracy": accuracy,
        }
        return entropy + self._l1 * l1 / scale, metrics


def nearest_spacing(codebook: Tensor) -> float:
    """Return the mean squared distance of codebook entries to their nearest neighbours."""
    distance = torch.cdist(codebook, codebook)
    distance.fill_diagonal_(float("inf"))
    return float(distance.min(1).values.square().mean())
