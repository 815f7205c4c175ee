"""Network of the baseline Foley Music: from 2-D key points to the notes of a piano.

Gan et al. ("Foley Music: Learning to Generate Music from Videos", ECCV 2020) encode six seconds
of key points by a spatio-temporal graph network (10 layers) and decode MIDI events by a
Transformer with relative positions (6 layers, 512 values). This one has the same parts,
but is small enough to be trained on a CPU. Two things help so small a network: every event
knows the time that the time shifts before it add up to, and the attention to the movement
knows how far in time each part of it is.

Shapes: ``B`` windows, ``T`` events, ``M`` vectors of the movement, ``C`` values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.models.event_decoder import NEAR_VECTORS, DecoderLayer, DecoderState, KeysAndValues
from d2m.models.piano_events import (
    EVENT_KINDS,
    EVENT_STEP_S,
    TIME_SHIFT,
    TIME_SHIFTS,
)
from d2m.models.pose_windows import WINDOW_POSE_RATE
from d2m.models.skeleton_graph import GraphEncoder
from d2m.models.weight_files import StoredConfig, read_weights

FOLEY_MUSIC_FILE = "baselines/foley_music.safetensors"
"""File of the weights in a checkpoints folder."""
MOVEMENT_RATE = WINDOW_POSE_RATE / 2
"""Vectors of the movement per second (Hz)."""
_LONGEST_PERIOD_S, _SHORTEST_PERIOD_S = 24.0, 0.08


@dataclass(frozen=True, kw_only=True)
class FoleyMusicConfig(StoredConfig):
    """Sizes of a `FoleyMusicNetwork`, chosen by hand.

    Parameters
    ----------
    graph_layers, graph_channels
        Layers of the graph network, and channels of its last.
    width, heads, layers, hidden
        Values of an event, attention heads, layers and inner values of the decoder.
    dropout_percent
        Share of values that are dropped in training (%).
    """

    graph_layers: int = 4
    graph_channels: int = 64
    width: int = 128
    heads: int = 4
    layers: int = 3
    hidden: int = 384
    dropout_percent: int = 5


class FoleyMusicNetwork(nn.Module):
    """Events from key points.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: FoleyMusicConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = GraphEncoder(
            layers=config.graph_layers, channels=config.graph_channels, width=config.width
        )
        self.embedding = nn.Embedding(EVENT_KINDS, config.width)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.layers = nn.ModuleList(
            DecoderLayer(config.width, config.heads, config.hidden, config.dropout_percent / 100)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, EVENT_KINDS)
        seconds = torch.zeros(EVENT_KINDS)
        shifts = torch.arange(1, TIME_SHIFTS + 1) * EVENT_STEP_S
        seconds[TIME_SHIFT : TIME_SHIFT + TIME_SHIFTS] = shifts
        self.register_buffer("event_seconds", seconds, persistent=False)

    event_seconds: Tensor

    def forward(self, poses: Tensor, events: Tensor) -> Tensor:
        """Return the logits (B, T, 243) of the event after each event.

        Parameters
        ----------
        poses : (B, F, 17, 2)
            Windows of poses, of `d2m.models.pose_windows.pose_window`.
        events : (B, T)
            Events from `d2m.models.piano_events.BEGINNING` on.
        """
        return self.extend(self.begin(poses), events)[0]

    def begin(self, poses: Tensor) -> DecoderState:
        """Return the state before the first event of windows of poses (B, F, 17, 2)."""
        vectors = self.encoder(poses)
        times = (torch.arange(vectors.shape[1], device=poses.device) + 0.5) / MOVEMENT_RATE
        movement = vectors + _time_embedding(times, self.config.width)
        kept = tuple(layer.to_movement.remember(movement) for layer in self._decoder())
        return DecoderState(kept, (), torch.zeros(len(poses), device=poses.device))

    def extend(self, state: DecoderState, events: Tensor) -> tuple[Tensor, DecoderState]:
        """Return the logits (B, T, 243) of the events after some events, and the state then.

        Parameters
        ----------
        state
            Of `begin`, or of the events before.
        events : (B, T)
            Events; one at a time after the first call.
        """
        times = state.time[:, None] + self.event_seconds[events].cumsum(1)
        values = self.embedding(events) + _time_embedding(times, self.config.width)
        count = state.movement[0][0].shape[2]
        middles = (torch.arange(count, device=events.device) + 0.5) / MOVEMENT_RATE
        distance = ((middles - times[..., None]) * MOVEMENT_RATE).round().long()
        near = distance.clamp(-NEAR_VECTORS, NEAR_VECTORS) + NEAR_VECTORS
        kept: list[KeysAndValues] = []
        for index, layer in enumerate(self._decoder()):
            past = state.past[index] if state.past else None
            values, own = layer(values, state.movement[index], near, past)
            kept.append(own)
        logits: Tensor = self.head(self.norm(values))
        return logits, DecoderState(state.movement, tuple(kept), times[:, -1])

    @classmethod
    def from_pretrained(cls, folder: Path) -> FoleyMusicNetwork:
        """Load the network of a checkpoints folder.

        Returns
        -------
        FoleyMusicNetwork
            On the CPU, in evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If its file is missing, damaged, or of another network.
        """
        path = folder / FOLEY_MUSIC_FILE
        weights, metadata = read_weights(path)
        try:
            network = cls(FoleyMusicConfig.from_metadata(metadata))
            network.load_state_dict(weights)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path.name} holds another network: train it with "
                "`python -m d2m train foley-music --install`."
            ) from error
        return network.eval().requires_grad_(False)

    def _decoder(self) -> list[DecoderLayer]:
        return [layer for layer in self.layers if isinstance(layer, DecoderLayer)]


def _time_embedding(times: Tensor, width: int) -> Tensor:
    """Return sines and cosines (..., width) of times (...) in seconds."""
    share = torch.linspace(0, 1, width // 2, device=times.device)
    ratio = math.log(_SHORTEST_PERIOD_S / _LONGEST_PERIOD_S)
    periods = _LONGEST_PERIOD_S * torch.exp(ratio * share)
    phase = 2 * math.pi * times[..., None] / periods
    return torch.cat([phase.sin(), phase.cos()], dim=-1) * 0.3
