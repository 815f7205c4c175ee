"""The Transformer of CMT: linear attention in both forms, causality, and its fields."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from d2m.core.errors import CheckpointError
from d2m.models.compound_transformer import (
    CMT_FILE,
    FIELD_NAMES,
    KNOWN_BEFORE,
    CompoundTransformer,
    CompoundTransformerConfig,
)
from d2m.models.linear_attention import ATTENTION_CHUNK, causal_linear_attention
from d2m.models.weight_files import write_weights

SMALL = CompoundTransformerConfig(layers=2, width=32, heads=4)
LENGTH = 2 * ATTENTION_CHUNK + 9


@pytest.fixture(scope="module")
def network() -> CompoundTransformer:
    torch.manual_seed(0)
    return CompoundTransformer(SMALL).eval()


def random_words(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    columns = [
        torch.randint(size, (2, LENGTH), generator=generator) for size in SMALL.field_sizes.values()
    ]
    return torch.stack(columns, dim=-1), torch.arange(LENGTH).expand(2, -1) // 20


def test_chunks_give_the_attention_of_all_words_at_once() -> None:
    q, k, v = torch.rand(3, 2, 4, LENGTH, 8).unbind()
    weights = (q @ k.transpose(-1, -2)).tril()
    expected = weights @ v / weights.sum(-1, keepdim=True)
    assert torch.allclose(causal_linear_attention(q, k, v), expected, atol=1e-5)


@torch.no_grad()
def test_reading_word_by_word_equals_reading_all_at_once(network: CompoundTransformer) -> None:
    words, bars = random_words(1)
    styles = torch.tensor([3, 7])
    at_once = network(words, bars, styles)
    states = network.initial_states(batch=2)
    one_by_one = [
        network.step(words[:, i], bars[:, i], styles, states) for i in range(words.shape[1])
    ]
    assert torch.allclose(torch.stack(one_by_one, dim=1), at_once, atol=1e-4)


@torch.no_grad()
def test_later_words_change_nothing_before_them(network: CompoundTransformer) -> None:
    (words, bars), (others, _) = random_words(1), random_words(2)
    styles, place = torch.tensor([0, 1]), ATTENTION_CHUNK + 5
    changed = torch.cat([words[:, :place], others[:, place:]], dim=1)
    before, after = network(words, bars, styles), network(changed, bars, styles)
    assert torch.allclose(before[:, :place], after[:, :place], atol=1e-6)
    assert not torch.allclose(before[:, place], after[:, place], atol=1e-2)


@torch.no_grad()
def test_known_fields_change_the_next_ones(network: CompoundTransformer) -> None:
    state = torch.randn(5, SMALL.width)
    for name in FIELD_NAMES:
        logits = [
            network.logits(state, name, {b: torch.full((5,), value) for b in KNOWN_BEFORE[name]})
            for value in (0, 1)
        ]
        assert logits[0].shape == (5, SMALL.field_sizes[name])
        assert torch.equal(*logits) == (name == "kind")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / CMT_FILE
    path.parent.mkdir()
    write_weights(path, CompoundTransformer(SMALL).state_dict(), SMALL.metadata())
    assert CompoundTransformer.from_pretrained(tmp_path).config == SMALL
    write_weights(path, {"x": torch.zeros(3)}, SMALL.metadata())
    with pytest.raises(CheckpointError, match="another network"):
        CompoundTransformer.from_pretrained(tmp_path)
