"""Which embedding a comparison uses, and what it gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.benchmark.comparison import embeddings
from d2m.benchmark.comparison.embeddings import (
    MUSICNN,
    VGGISH,
    embedding_name,
    load_audio_embedding,
)
from d2m.checkpoints.installed import installed_path
from d2m.core.errors import AudioError, CheckpointError
from d2m.models.music_tagger import MusicTagger

RATE = 16_000


def tone(hertz: float, duration_s: float = 1.0) -> np.ndarray:
    time = np.arange(round(duration_s * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def install_vggish(folder: Path, content: bytes = b"") -> None:
    path = installed_path(VGGISH, folder)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_without_vggish_the_bundled_tagger_embeds(tmp_path: Path) -> None:
    assert embedding_name(tmp_path) == MUSICNN
    embed, name = load_audio_embedding(tmp_path)
    assert name == MUSICNN
    low, high = embed(tone(440.0), RATE), embed(np.stack([tone(880.0)] * 2), RATE)
    assert low.shape == high.shape == (200,)
    assert np.allclose(low, MusicTagger.from_pretrained().embed(tone(440.0), RATE), atol=1e-5)
    assert np.linalg.norm(low - high) > 0.1
    with pytest.raises(AudioError):
        embed(np.zeros(0), RATE)


class MeanAndPeak(torch.nn.Module):
    """In place of VGGish: the mean and the largest value of each example, repeated."""

    def forward(self, examples: torch.Tensor) -> torch.Tensor:
        flat = examples.flatten(1)
        return torch.stack([flat.mean(dim=1), flat.amax(dim=1)], dim=1).repeat(1, 64)


def test_installed_vggish_embeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_vggish(tmp_path)
    monkeypatch.setattr(embeddings, "load_vggish", lambda _: MeanAndPeak())
    assert embedding_name(tmp_path) == VGGISH
    stereo = np.stack([2 * tone(440.0, 2.0), 0 * tone(440.0, 2.0)])
    embed, name = load_audio_embedding(tmp_path)
    assert name == VGGISH
    mono, mixed = embed(tone(440.0, 2.0), RATE), embed(stereo, RATE)
    assert mono.shape == (128,)
    assert mono == pytest.approx(mixed)
    assert mono[1] > mono[0]


def test_damaged_vggish_is_an_error_and_not_another_embedding(tmp_path: Path) -> None:
    install_vggish(tmp_path, b"nothing")
    with pytest.raises(CheckpointError):
        load_audio_embedding(tmp_path)
