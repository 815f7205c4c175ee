"""The score generator: what a frame depends on, shapes, rounding, and files."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from d2m.core.errors import CheckpointError
from d2m.models.score_generator import (
    FRAME_S,
    ScoreGenerator,
    ScoreGeneratorConfig,
    SoundingNotes,
    nearest_features,
)

SMALL = ScoreGeneratorConfig(embedding=8, note_width=16, width=32, blocks=2)
FRAMES = 40


def generator(**changes: object) -> ScoreGenerator:
    torch.manual_seed(0)
    config = ScoreGeneratorConfig(**{**SMALL.__dict__, **changes})
    return ScoreGenerator(config).eval().requires_grad_(False)


def notes(*rows: tuple[float, float, int, int, int], batch: int = 1) -> SoundingNotes:
    """Return notes (start_s, end_s, pitch, instrument, item), read while they sound."""
    pairs = [
        (row, item * FRAMES + frame, (frame + 0.5) * FRAME_S)
        for row, (start_s, end_s, _, _, item) in enumerate(rows)
        for frame in range(int(start_s / FRAME_S), min(FRAMES, int(end_s / FRAME_S) + 1))
    ]
    assert all(row[4] < batch for row in rows)
    columns = list(zip(*rows, strict=True))
    return SoundingNotes(
        start_s=torch.tensor(columns[0]),
        end_s=torch.tensor(columns[1]),
        pitch=torch.tensor(columns[2]),
        velocity=torch.full((len(rows),), 90),
        instrument=torch.tensor(columns[3]),
        part=torch.zeros(len(rows), dtype=torch.long),
        pair_note=torch.tensor([pair[0] for pair in pairs]),
        pair_frame=torch.tensor([pair[1] for pair in pairs]),
        pair_time_s=torch.tensor([pair[2] for pair in pairs]),
    )


def place(batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Return time features and piece features of zeros."""
    return (
        torch.zeros(batch, FRAMES, SMALL.time_features + SMALL.movement),
        torch.zeros(batch, SMALL.piece_features),
    )


A, B = (0.1, 0.5, 60, 3, 0), (0.3, 0.8, 67, 5, 0)


@pytest.mark.parametrize(("level", "codes"), [("high", 4), ("low", 16)])
def test_each_frame_has_the_features_of_its_codes(level, codes):
    network = generator(level=level)
    assert network(notes(A, B), *place()).shape == (1, 64, FRAMES * codes)


def test_the_order_of_notes_does_not_matter():
    network = generator()
    one, other = (network(notes(*rows), *place()) for rows in ((A, B), (B, A)))
    assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "changed", [(0.1, 0.5, 61, 3, 0), (0.1, 0.5, 60, 4, 0), (0.11, 0.5, 60, 3, 0)]
)
def test_pitch_instrument_and_onset_matter(changed):
    network = generator()
    one, other = (network(notes(first, B), *place()) for first in (A, changed))
    assert (one - other).abs().max() > 1e-3


def test_a_note_changes_only_frames_near_those_that_read_it():
    network = generator()
    one, other = (network(notes(*rows), *place()) for rows in ((A,), (A, (0.5, 0.52, 60, 3, 0))))
    changed = torch.nonzero((one - other).abs().amax((0, 1)) > 1e-6).flatten() // 4
    first, last = int(0.5 / FRAME_S), int(0.52 / FRAME_S)
    assert first - 9 <= changed.min() <= first
    assert last <= changed.max() <= last + 9


def test_items_of_a_batch_do_not_mix():
    network = generator()
    both = network(notes(A, (*B[:4], 1), batch=2), *place(2))
    assert torch.allclose(both[:1], network(notes(A), *place()), atol=1e-5)
    assert torch.allclose(both[1:], network(notes(B), *place()), atol=1e-5)


def test_pairs_of_a_frame_that_does_not_exist_have_no_effect():
    network = generator()
    plain = notes(A, B)
    more = plain._replace(
        pair_note=torch.cat([plain.pair_note, torch.tensor([0, 1])]),
        pair_frame=torch.cat([plain.pair_frame, torch.full((2,), FRAMES)]),
        pair_time_s=torch.cat([plain.pair_time_s, torch.zeros(2)]),
    )
    assert torch.allclose(network(plain, *place()), network(more, *place()), atol=1e-6)


def test_time_and_piece_matter():
    network = generator()
    time, piece = place()
    plain = network(notes(A), time, piece)
    assert not torch.allclose(network(notes(A), time + 1.0, piece), plain, atol=1e-3)
    assert not torch.allclose(network(notes(A), time, piece + 1.0), plain, atol=1e-3)


def test_features_are_rounded_to_the_nearest_entries_and_pass_gradients_on():
    torch.manual_seed(1)
    book = torch.randn(30, 64)
    chosen = torch.randint(30, (2, 5))
    features = book[chosen].transpose(1, 2) + 0.01 * torch.randn(2, 64, 5)
    features.requires_grad_(True)
    rounded = nearest_features(features, book)
    assert torch.allclose(rounded, book[chosen].transpose(1, 2), atol=1e-5)
    (2.0 * rounded).sum().backward()
    assert features.grad is not None
    assert torch.equal(features.grad, torch.full_like(features, 2.0))


def test_a_file_gives_the_same_generator(tmp_path):
    network = generator(level="low")
    path = tmp_path / "generator.safetensors"
    save_file(network.state_dict(), path, metadata=network.config.metadata())
    loaded = ScoreGenerator.from_pretrained(path)
    assert loaded.config == network.config
    assert not loaded.training
    assert torch.equal(loaded(notes(A), *place()), network(notes(A), *place()))


def test_a_wrong_file_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"k": torch.zeros(3)}, path, metadata=SMALL.metadata())
    for wrong in (path, tmp_path / "missing.safetensors"):
        with pytest.raises(CheckpointError, match=wrong.name):
            ScoreGenerator.from_pretrained(wrong)
