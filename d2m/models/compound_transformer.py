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

from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.models.linear_attention import DROPOUT, LinearAttentionLayer, LinearAttentionState
from d2m.models.weight_files import StoredConfig, read_weights

CMT_FILE = "baselines/cmt.safetensors"
"""File of the weights in a checkpoints folder."""
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
