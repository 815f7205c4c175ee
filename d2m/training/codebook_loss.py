"""How far features are from the right entries of a codebook.

The cross-entropy of a softmax over the codebook whose logits are negative squared distances,
plus the L1 distance to the right entry: the paper's commitment to the codebook, Eq. 5,
sharpened so that the *nearest* entry becomes the right one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.models.vqvae import LATENT_CHANNELS


class CodebookLoss(nn.Module):
    """Cross-entropy over the codebook by distance, plus L1 to the right entry.

    Parameters
    ----------
    codebook : (2048, 64)
        Entries.
    spacing
        Mean squared distance of an entry to its nearest neighbour; sets the first
        temperature, which is then learned.
    l1
        Weight of the L1 distance, in mean codebook values.
    edge
        Codes at both ends that don't count.
    """

    codebook: Tensor

    def __init__(self, codebook: Tensor, spacing: float, l1: float, edge: int) -> None:
        super().__init__()
        self._edge = edge
        self.register_buffer("codebook", codebook)
        self.log_temperature = nn.Parameter(torch.tensor(4.0 * spacing).log())
        self._l1 = l1

    def forward(self, features: Tensor, codes: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of features (B, 64, T) against codes (B, T), and figures."""
        inner = slice(self._edge, codes.shape[1] - self._edge)
        flat = features[..., inner].transpose(1, 2).reshape(-1, LATENT_CHANNELS)
        target = codes[:, inner].reshape(-1)
        # ||f - k||^2 without ||f||^2, which is the same for all entries.
        closeness = torch.addmm(-self.codebook.square().sum(1), flat, self.codebook.t(), alpha=2.0)
        entropy = functional.cross_entropy(closeness / self.log_temperature.exp(), target)
        l1 = functional.l1_loss(flat, self.codebook[target])
        scale = self.codebook.abs().mean()
        right = (closeness.detach().argmax(1) == target).float().mean()
        figures = {
            "cross_entropy": entropy.detach(),
            "l1": l1.detach() / scale,
            "accuracy": right,
        }
        return entropy + self._l1 * l1 / scale, figures


def nearest_spacing(codebook: Tensor) -> float:
    """Return the mean squared distance of codebook entries to their nearest neighbours."""
    distance = torch.cdist(codebook, codebook)
    distance.fill_diagonal_(float("inf"))
    return float(distance.min(1).values.square().mean())
