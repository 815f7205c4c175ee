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
    audio_embeddings,
    embedding_name,
    load_audio_embedding,
)
from d2m.checkpoints.installed import installed_path
from d2m.core.errors import CheckpointError
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
    sounds = [tone(440.0), np.stack([tone(880.0)] * 2)]
    found, name = audio_embeddings(sounds, RATE, tmp_path)
    assert name == MUSICNN
    assert found.shape == (2, 200)
    assert np.allclose(found[0], MusicTagger.from_pretrained().embed(tone(440.0), RATE), atol=1e-5)
    assert np.linalg.norm(found[0] - found[1]) > 0.1


def test_no_sounds_give_no_rows(tmp_path: Path) -> None:
    assert audio_embeddings([], RATE, tmp_path)[0].shape == (0, 200)


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
    found, name = audio_embeddings([tone(440.0, 2.0), stereo], RATE, tmp_path)
    assert name == VGGISH
    assert found.shape == (2, 128)
    assert found[0] == pytest.approx(found[1])
    assert found[0, 1] > found[0, 0]


def test_damaged_vggish_is_an_error_and_not_another_embedding(tmp_path: Path) -> None:
    install_vggish(tmp_path, b"nothing")
    with pytest.raises(CheckpointError):
        load_audio_embedding(tmp_path)
