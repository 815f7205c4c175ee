"""Transformer over compound words with causal linear attention, after CMT.

Di et al., "Video Background Music Generation with Controllable Music Transformer" (ACM MM 2021),
Sec. 4.3: the fields of a word are embedded and added; linear attention (Katharopoulos et al.,
2020, elu + 1) reads the words so far; the kind of the next word is predicted first, then its
fields. Here instrument, pitch and duration follow each other, each knowing those before, which a
small network needs. The paper has 12 layers of 512; this one is made to be trained on a CPU.
Shapes: ``B`` pieces, ``T`` words, ``D`` values, ``H`` heads, ``E = D / H``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.errors import CheckpointError
from d2m.models.weight_files import StoredConfig, read_weights

CMT_FILE = "baselines/cmt.safetensors"
"""File of the weights in a checkpoints folder."""
ATTENTION_CHUNK = 64
"""Words that the parallel form of the attention takes at a time."""
FIELD_NAMES = ("kind", "tick", "density", "strength", "instrument", "pitch", "duration")
"""Fields of a word, in the order of the last axis of words."""
KNOWN_BEFORE = {
    "kind": (),
    "tick": ("kind",),
    "density": ("kind",),
    "strength": ("kind",),
    "instrument": ("kind",),
    "pitch": ("kind", "instrument"),
    "duration": ("kind", "instrument", "pitch"),
}
"""The fields of the next word that are known when each field is predicted."""
DROPOUT = 0.1
"""Share of values that training drops from the embedded words and the feed-forward networks."""


@dataclass(frozen=True, kw_only=True)
class CompoundTransformerConfig(StoredConfig):
    """Sizes of a `CompoundTransformer`; layers and width were chosen by hand.

    Parameters
    ----------
    layers, width, heads
        Layers, values of a state, and heads of the attention.
    kinds, ticks, densities, strengths, instruments, pitches, durations
        Number of values of each field.
    styles
        Number of styles.
    phrase
        Bars after which their number begins again.
    """

    layers: int = 4
    width: int = 160
    heads: int = 8
    kinds: int = 3
    ticks: int = 17
    densities: int = 17
    strengths: int = 16
    instruments: int = 6
    pitches: int = 128
    durations: int = 17
    styles: int = 10
    phrase: int = 8

    @property
    def field_sizes(self) -> dict[str, int]:
        """Number of values of each of `FIELD_NAMES`."""
        return {
            "kind": self.kinds,
            "tick": self.ticks,
            "density": self.densities,
            "strength": self.strengths,
            "instrument": self.instruments,
            "pitch": self.pitches,
            "duration": self.durations,
        }


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


class CompoundTransformer(nn.Module):
    """Predict compound words one after another.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: CompoundTransformerConfig) -> None:
        super().__init__()
        self.config = config
        width, sizes = config.width, config.field_sizes
        self.fields = nn.ModuleDict({n: nn.Embedding(size, width) for n, size in sizes.items()})
        self.known = nn.ModuleDict({n: nn.Embedding(size, width) for n, size in sizes.items()})
        self.style = nn.Embedding(config.styles, width)
        self.bar = nn.Embedding(config.phrase, width)
        self.layers = nn.ModuleList(
            LinearAttentionLayer(width, config.heads) for _ in range(config.layers)
        )
        self.dropout = nn.Dropout(DROPOUT)
        self.norm = nn.LayerNorm(width)
        self.heads = nn.ModuleDict({n: nn.Linear(width, size) for n, size in sizes.items()})
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.1)

    def embed(self, words: Tensor, bars: Tensor, styles: Tensor) -> Tensor:
        """Return words as vectors.

        Parameters
        ----------
        words : (..., 7)
            Values of `FIELD_NAMES`.
        bars : (...)
            Number of the bar that each word belongs to, from 0.
        styles : (...)
            Number of the style.

        Returns
        -------
        (..., D)
        """
        x = self.style(styles) + self.bar(bars.clamp(min=0) % self.config.phrase)
        for number, name in enumerate(FIELD_NAMES):
            x = x + self.fields[name](words[..., number])
        out: Tensor = x
        return out

    def forward(self, words: Tensor, bars: Tensor, styles: Tensor) -> Tensor:
        """Return the states (B, T, D) after each word, from which `logits` follow.

        Parameters
        ----------
        words : (B, T, 7)
        bars : (B, T)
        styles : (B,)
        """
        x = self.dropout(self.embed(words, bars, styles[:, None].expand_as(bars)))
        for layer in self.layers:
            x = layer(x)
        out: Tensor = self.norm(x)
        return out

    def initial_states(self, batch: int = 1) -> list[LinearAttentionState]:
        """Return the state of each layer before the first word."""
        config = self.config
        size = config.width // config.heads
        return [LinearAttentionState(batch, config.heads, size) for _ in self.layers]

    def step(
        self, word: Tensor, bar: Tensor, style: Tensor, states: list[LinearAttentionState]
    ) -> Tensor:
        """Read one word (B, 7) and return the state (B, D) after it, in constant time.

        Parameters
        ----------
        word : (B, 7)
        bar, style : (B,)
            Number of its bar, and of the style.
        states
            From `initial_states`; the word is added to them.
        """
        x = self.embed(word, bar, style)
        for layer, state in zip(self.layers, states, strict=True):
            step: Callable[..., Tensor] = layer.step  # type: ignore[assignment]
            x = step(x, state)
        out: Tensor = self.norm(x)
        return out

    def logits(self, state: Tensor, name: str, known: dict[str, Tensor]) -> Tensor:
        """Return the logits of a field of the next word.

        Parameters
        ----------
        state : (..., D)
            State after the word before.
        name
            One of `FIELD_NAMES`.
        known
            Values (...) of the fields of the next word that `KNOWN_BEFORE` names.
        """
        for before in KNOWN_BEFORE[name]:
            state = state + self.known[before](known[before])
        out: Tensor = self.heads[name](state)
        return out

    @classmethod
    def from_pretrained(cls, folder: Path) -> CompoundTransformer:
        """Load the network of a checkpoints folder, ready to use.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or of another network.
        """
        path = folder / CMT_FILE
        weights, metadata = read_weights(path)
        try:
            network = cls(CompoundTransformerConfig.from_metadata(metadata))
            network.load_state_dict(weights)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path.name} holds another network: install the weights of this version again."
            ) from error
        return network.eval()
