"""Causal linear attention, all words at once or word by word in constant time.

Katharopoulos et al., "Transformers are RNNs: Fast Autoregressive Transformers with Linear
Attention" (ICML 2020), with elu + 1. Shapes: ``B`` pieces, ``T`` words, ``D`` values, ``H`` heads,
``E = D / H``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

ATTENTION_CHUNK = 64
"""Words that the parallel form of the attention takes at a time."""
DROPOUT = 0.1
"""Share of values that training drops from the embedded words and the feed-forward networks."""


class LinearAttentionState:
    """What linear attention keeps of the words so far, for one layer.

    Parameters
    ----------
    batch, heads, size
        Pieces, heads, and values of a head.
    """

    def __init__(self, batch: int, heads: int, size: int) -> None:
        self.sums = torch.zeros(batch, heads, size, size)
        self.normaliser = torch.zeros(batch, heads, size)


class LinearAttentionLayer(nn.Module):
    """Causal linear attention and a feed-forward network, each after a layer norm.

    Parameters
    ----------
    width, heads
        Values of a state, and heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.to_out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
            nn.Dropout(DROPOUT),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return states (B, T, D) of words (B, T, D), each from those up to its own."""
        q, k, v = (part.float() for part in self._projected(x))
        mixed = causal_linear_attention(q, k, v)
        return self._finish(x, mixed.transpose(1, 2).flatten(2).to(x.dtype))

    def step(self, x: Tensor, state: LinearAttentionState) -> Tensor:
        """Return the state (B, D) of the next word (B, D), and add the word to the state."""
        q, k, v = (part[:, :, 0] for part in self._projected(x[:, None]))
        state.sums += k[..., :, None] * v[..., None, :]
        state.normaliser += k
        weight = (q * state.normaliser).sum(-1, keepdim=True)
        mixed = (q[..., None, :] @ state.sums)[..., 0, :] / weight
        out: Tensor = self._finish(x[:, None], mixed.flatten(1)[:, None])[:, 0]
        return out

    def _projected(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values (B, H, T, E); the first two are positive."""
        batch, length, width = x.shape
        parts = self.to_qkv(self.before_attention(x)).view(batch, length, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        assert q.shape[-1] * self.heads == width
        return functional.elu(q) + 1, functional.elu(k) + 1, v

    def _finish(self, x: Tensor, mixed: Tensor) -> Tensor:
        x = x + self.to_out(mixed)
        out: Tensor = x + self.mlp(self.before_mlp(x))
        return out


def causal_linear_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return the causal linear attention of positive queries and keys, chunk by chunk.

    Parameters
    ----------
    q, k, v : (B, H, T, E)
        Queries, keys and values.

    Returns
    -------
    (B, H, T, E)
        At each word, the values up to it, weighted by the products of its query with their
        keys; the weights sum to 1.
    """
    length, out = q.shape[2], []
    sums = q.new_zeros(*q.shape[:2], q.shape[3], v.shape[3])
    total = q.new_zeros(*q.shape[:2], q.shape[3])
    mask = torch.ones(ATTENTION_CHUNK, ATTENTION_CHUNK, dtype=torch.bool, device=q.device).tril()
    for begin in range(0, length, ATTENTION_CHUNK):
        part = slice(begin, min(length, begin + ATTENTION_CHUNK))
        queries, keys, values = q[:, :, part], k[:, :, part], v[:, :, part]
        size = queries.shape[2]
        weights = (queries @ keys.transpose(-1, -2)).masked_fill(~mask[:size, :size], 0.0)
        mixed = weights @ values + queries @ sums
        normaliser = weights.sum(-1) + (queries * total[:, :, None]).sum(-1)
        out.append(mixed / normaliser[..., None])
        sums = sums + keys.transpose(-1, -2) @ values
        total = total + keys.sum(2)
    return torch.cat(out, dim=2)
