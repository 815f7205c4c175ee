"""Training of CMT: its data, its steps, and its measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.generation.baselines.bar_library import BarLibrary
from d2m.models.compound_transformer import CompoundTransformer, CompoundTransformerConfig
from d2m.score.compound_words import BAR, BAR_WORD
from d2m.training.baselines.cmt_data import (
    LIBRARY_BARS,
    WordPiece,
    WordWindows,
    compose_word_pieces,
    make_bar_library,
)
from d2m.training.baselines.cmt_measures import cmt_report, unigram_losses
from d2m.training.baselines.cmt_training import (
    PREDICTED_IN,
    CMTTask,
    CMTTrainingConfig,
    sum_of_fields,
    train_cmt,
    trained_cmt,
)
from d2m.training.data.composed_pieces import ComposedPiece
from tests.training.small import FEW, cpu_engine, metrics

SMALL = CompoundTransformerConfig(layers=1, width=16, heads=2)
CONFIG = CMTTrainingConfig(network=SMALL, words=48, learning_rate=1e-2, **FEW | {"steps": 4})


@pytest.fixture(scope="module")
def pieces() -> list[WordPiece]:
    """Return pieces that repeat a bar of four chords, in each style."""
    bar = [[0, tick, 3, pitch, 4] for tick in (0, 4, 8, 12) for pitch in (60, 64, 67)]
    found = []
    for style in range(10):
        notes = np.concatenate([np.array(bar) + np.array([k, 0, 0, 0, 0]) for k in range(9)])
        weights = np.zeros((9, 16))
        weights[:, ::4] = 1.0 + style
        found.append(
            WordPiece(
                notes=notes,
                style=style,
                is_minor=style % 2 == 0,
                bar_flow=np.linspace(1.0, 2.0, 9),
                beat_weights=weights,
            )
        )
    return found


def test_a_composed_piece_is_kept(tmp_path: Path) -> None:
    chosen = [ComposedPiece(number=4)]
    (piece,) = compose_word_pieces(tmp_path, chosen)
    path = tmp_path / chosen[0].path.with_suffix(".npz")
    written = path.stat().st_mtime_ns
    (again,) = compose_word_pieces(tmp_path, chosen)
    assert path.stat().st_mtime_ns == written
    assert np.array_equal(piece.notes, again.notes)
    assert piece.n_bars >= 4
    assert len(piece.bar_flow) == len(piece.beat_weights)


def test_windows_begin_with_a_bar(pieces: list[WordPiece]) -> None:
    batch = WordWindows(pieces).draw(6, 40, np.random.default_rng(0))
    assert batch.words.shape == (6, 40, 7)
    assert (batch.words[:, 0, 0] == BAR_WORD).all()
    for words, bars, length in zip(batch.words, batch.bars, batch.lengths, strict=True):
        begins = words[:length, 0] == BAR_WORD
        assert torch.equal(bars[:length] - bars[0], begins.cumsum(0) - 1)
        assert not words[length:].any()


def test_steps_lower_the_loss(pieces: list[WordPiece]) -> None:
    task, engine = CMTTask(pieces, pieces[:2], CONFIG), cpu_engine()
    before = task.evaluate(engine)["held_out_loss"]
    for number in range(15):
        task.step(number, np.random.default_rng(number), engine)
    after = task.evaluate(engine)
    assert after["held_out_loss"] < before / 2
    assert set(after) == {"held_out_loss", *(f"held_out_{name}" for name in PREDICTED_IN)}


def test_a_run_is_written_and_measured(pieces: list[WordPiece], tmp_path: Path) -> None:
    train_cmt(pieces, pieces[:2], tmp_path, CONFIG)
    assert "held_out_pitch" in metrics(tmp_path)[-1]
    network = trained_cmt(tmp_path)
    assert isinstance(network, CompoundTransformer)
    report = list(cmt_report(network, pieces, pieces[:2]))
    assert sum("nats" in line for line in report) == len(PREDICTED_IN)
    assert sum("density_correlation" in line for line in report) == 4


def test_the_loss_of_a_word_is_the_sum_of_its_fields() -> None:
    losses = {"kind": torch.tensor([1.0, 2.0]), "pitch": torch.tensor([4.0])}
    assert float(sum_of_fields(losses)) == pytest.approx(3.5)


def test_unigram_losses_are_entropies(pieces: list[WordPiece]) -> None:
    losses = unigram_losses(pieces, pieces)
    assert losses["pitch"] == pytest.approx(np.log(3), rel=0.1)
    assert losses["density"] < 0.3


def test_the_library_holds_middle_bars_of_each_style(
    pieces: list[WordPiece], tmp_path: Path
) -> None:
    library = make_bar_library(pieces)
    library.write(tmp_path)
    read = BarLibrary.from_pretrained(tmp_path)
    assert len(read.song) == 10 * LIBRARY_BARS
    assert set(read.style) == set(range(10))
    assert np.array_equal(np.unique(read.notes[:, BAR]), np.arange(10 * LIBRARY_BARS))
    assert np.array_equal(read.notes, library.notes)
    assert np.allclose(read.flow_percentiles, library.flow_percentiles)
    assert (read.density_percentiles == 4).all()
