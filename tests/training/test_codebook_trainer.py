"""The codebook follows its latents, and unused entries are tried elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from d2m.models.vqvae import CODEBOOK_SIZE, Codebook
from d2m.training.codebook_trainer import CodebookTrainer


def test_used_entries_move_to_their_latents_and_unused_ones_are_restarted():
    book = Codebook()
    book.k.copy_(torch.full_like(book.k, 50.0))
    book.k[0] = 0.0
    trainer = CodebookTrainer(book)
    latents, codes = torch.ones(64, 64), torch.zeros(64, dtype=torch.long)
    for _ in range(1000):
        trainer.ema_update(latents, codes, np.random.default_rng(0), restart=False)
    assert torch.allclose(book.k[0], torch.ones(64), atol=0.05)
    assert book.k[1, 0] == pytest.approx(50.0, rel=0.01)
    trainer.counts[1:] = 1e-5
    trainer.ema_update(latents, codes, np.random.default_rng(0), restart=True)
    assert torch.allclose(book.k, torch.ones_like(book.k), atol=0.05)


def test_k_means_places_entries_in_the_clusters():
    rng = np.random.default_rng(0)
    centres = torch.from_numpy(rng.standard_normal((5, 64))).float()
    latents = centres[torch.from_numpy(rng.integers(5, size=3000))]
    latents = latents + 0.001 * torch.from_numpy(rng.standard_normal((3000, 64))).float()
    book = Codebook()
    trainer = CodebookTrainer(book)
    assert not trainer.placed
    trainer.init_kmeans(latents, rng)
    assert trainer.placed
    nearest = torch.cdist(book.k, centres).amin(1)
    assert float(nearest.max()) < 0.1
    assert trainer.counts.sum() >= 3000
    assert len(trainer.counts) == CODEBOOK_SIZE


def test_the_state_says_whether_the_entries_are_in_use():
    one, other = CodebookTrainer(Codebook()), CodebookTrainer(Codebook())
    one.init_kmeans(torch.randn(100, 64), np.random.default_rng(0))
    other.load_state_dict(one.state_dict())
    assert other.placed
    assert torch.equal(other.sums, one.sums)
