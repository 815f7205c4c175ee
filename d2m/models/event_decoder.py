"""Transformer decoder of events with relative positions (Music Transformer, Huang et al., 2019).

Shapes: ``B`` windows, ``T`` events, ``M`` vectors of the movement, ``C`` values, ``H`` heads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

KeysAndValues = tuple[Tensor, Tensor]
"""Keys and values of an attention, each (B, H, T, C / H)."""
FARTHEST_EVENT = 512
"""Events from which on all distances count as one."""
NEAR_VECTORS = 12
"""Vectors before and after an event's time whose distance is told apart. Chosen by hand: 1.6 s."""


class DecoderState(NamedTuple):
    """What a decoder keeps of the events so far.

    Parameters
    ----------
    movement
        Keys and values of the movement, one pair a layer.
    past
        Keys and values of the events so far, one pair a layer; empty at the beginning.
    time : (B,)
        Time in the window after the last event (s).
    """

    movement: tuple[KeysAndValues, ...]
    past: tuple[KeysAndValues, ...]
    time: Tensor


class SelfAttention(nn.Module):
    """Attention of each event to itself and those before it, by content and distance.

    Parameters
    ----------
    width, heads
        Values of an event, and attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.distances = nn.Parameter(torch.randn(FARTHEST_EVENT, width // heads) * 0.02)

    def forward(self, events: Tensor, past: KeysAndValues | None) -> tuple[Tensor, KeysAndValues]:
        """Return results (B, T, C), and keys and values with those of the events before.

        Parameters
        ----------
        events : (B, T, C)
            All events, or one event with its ``past``.
        past
            Keys and values of the events before.
        """
        queries, keys, values = (
            split_heads(part, self.heads) for part in self.projection(events).chunk(3, dim=-1)
        )
        if past is not None:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        scores = queries @ keys.transpose(2, 3) + self._by_distance(queries, keys.shape[2])
        if events.shape[1] > 1:
            later = torch.ones(scores.shape[2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -torch.inf)
        weights = torch.softmax(scores / math.sqrt(queries.shape[-1]), dim=-1)
        return self.output(join_heads(weights @ values)), (keys, values)

    def _by_distance(self, queries: Tensor, count: int) -> Tensor:
        """Return the scores (B, H, T, count) of distances: Music Transformer's skewing."""
        farthest = torch.arange(count - 1, -1, -1, device=queries.device)
        scores = queries @ self.distances[farthest.clamp(max=FARTHEST_EVENT - 1)].T
        if queries.shape[2] == 1:
            return scores
        padded = nn.functional.pad(scores, (1, 0))
        batch, heads, length, _ = padded.shape
        return padded.view(batch, heads, count + 1, length)[:, :, 1:]


class MovementAttention(nn.Module):
    """Attention of each event to the movement, by content and distance in time.

    Parameters
    ----------
    width, heads
        Values of an event, and attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.projection = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        self.nearness = nn.Embedding(2 * NEAR_VECTORS + 1, heads)
        nn.init.zeros_(self.nearness.weight)

    def remember(self, movement: Tensor) -> KeysAndValues:
        """Return keys and values of the movement (B, M, C)."""
        keys, values = self.projection(movement).chunk(2, dim=-1)
        return split_heads(keys, self.heads), split_heads(values, self.heads)

    def forward(self, events: Tensor, movement: KeysAndValues, near: Tensor) -> Tensor:
        """Return results (B, T, C).

        Parameters
        ----------
        events : (B, T, C)
            Events.
        movement
            Of `remember`.
        near : (B, T, M)
            Index of the distance between each event and each vector.
        """
        keys, values = movement
        queries = split_heads(self.query(events), self.heads)
        scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[-1])
        scores = scores + self.nearness(near).permute(0, 3, 1, 2)
        result: Tensor = self.output(join_heads(torch.softmax(scores, dim=-1) @ values))
        return result


class DecoderLayer(nn.Module):
    """Attention to the events, attention to the movement, and two linear layers.

    Parameters
    ----------
    width, heads, hidden
        Values of an event, attention heads, and values between the linear layers.
    dropout
        Share of values that are dropped in training.
    """

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.to_events = SelfAttention(width, heads)
        self.to_movement = MovementAttention(width, heads)
        self.linear = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, events: Tensor, movement: KeysAndValues, near: Tensor, past: KeysAndValues | None
    ) -> tuple[Tensor, KeysAndValues]:
        """Return events (B, T, C), and keys and values to keep; see the two attentions."""
        heard, kept = self.to_events(self.norms[0](events), past)
        events = events + self.dropout(heard)
        events = events + self.dropout(self.to_movement(self.norms[1](events), movement, near))
        return events + self.dropout(self.linear(self.norms[2](events))), kept


def split_heads(values: Tensor, heads: int) -> Tensor:
    """Return (B, H, T, C / H) for (B, T, C)."""
    return values.view(*values.shape[:-1], heads, -1).transpose(1, 2)


def join_heads(values: Tensor) -> Tensor:
    """Return (B, T, C) for (B, H, T, C / H)."""
    return values.transpose(1, 2).flatten(2)
