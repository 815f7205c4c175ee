"""Training of the baseline Foley Music: its pieces, its steps, and its command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from d2m.core.errors import DataError
from d2m.models.foley_network import FoleyMusicConfig
from d2m.models.piano_events import BEGINNING, PADDING, events_from_notes, notes_from_events
from d2m.models.pose_windows import POSE_WINDOW_S, WINDOW_POSE_RATE, WINDOW_POSES
from d2m.training.baselines.foley_data import (
    MIRRORED17,
    PianoPiece,
    PianoWindows,
    build_piano_pieces,
)
from d2m.training.baselines.foley_training import (
    SUMMARY_FILE,
    FoleyTask,
    FoleyTrainingConfig,
    train_foley_music,
)
from d2m.training.cli import train
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer
from tests.training.small import FEW, cpu_engine, metrics

SMALL = FoleyMusicConfig(graph_layers=2, graph_channels=8, width=32, heads=2, layers=1, hidden=32)
CONFIG = FoleyTrainingConfig(network=SMALL, learning_rate=1e-2, **FEW | {"steps": 4})


@pytest.fixture(scope="module")
def pieces() -> list[PianoPiece]:
    """Return two dances that swing their arms, with a note at each turn."""
    found = []
    for beat_s in (0.4, 0.5):
        time = np.arange(round(9 * WINDOW_POSE_RATE)) / WINDOW_POSE_RATE
        poses = np.random.default_rng(0).normal(size=(17, 2)) * np.ones((len(time), 1, 1))
        poses[:, 9:11, 1] += np.cos(np.pi * time / beat_s)[:, None]
        onsets = np.arange(0, 9, beat_s)
        notes = np.stack([onsets, 0.2 + 0 * onsets, 60 + 0 * onsets, 90 + 0 * onsets], axis=1)
        found.append(PianoPiece(poses, notes))
    return found


def test_windows_hold_the_notes_of_their_time(pieces: list[PianoPiece]) -> None:
    batch = PianoWindows(pieces[1:]).all_windows()
    assert batch.poses.shape == (1, WINDOW_POSES, 17, 2)
    assert batch.events[0, 0] == BEGINNING
    notes = notes_from_events(batch.events[0].numpy(), POSE_WINDOW_S)
    assert np.allclose(notes[:, 0], np.arange(0, POSE_WINDOW_S, 0.5))


def test_drawn_windows_are_transposed_but_keep_their_time(pieces: list[PianoPiece]) -> None:
    batch = PianoWindows(pieces[:1]).draw(8, np.random.default_rng(0))
    assert batch.poses.shape == (8, WINDOW_POSES, 17, 2)
    decoded = [notes_from_events(events.numpy(), POSE_WINDOW_S) for events in batch.events]
    assert len({notes[0, 2] for notes in decoded}) > 3
    for notes in decoded:
        assert len(set(notes[:, 2])) == 1
        assert np.allclose(np.diff(notes[:, 0]), 0.4, atol=0.021)


def test_a_mirrored_joint_is_the_counterpart() -> None:
    assert [MIRRORED17[MIRRORED17[joint]] for joint in range(17)] == list(range(17))
    assert MIRRORED17[9] == 10


def test_short_or_silent_pieces_are_refused(pieces: list[PianoPiece]) -> None:
    with pytest.raises(DataError, match="6 s or more"):
        PianoWindows([piece._replace(poses=piece.poses[:30]) for piece in pieces])
    with pytest.raises(DataError, match="nearly silent"):
        PianoWindows([piece._replace(notes=piece.notes[:2]) for piece in pieces]).all_windows()


def test_a_few_steps_lower_the_loss(pieces: list[PianoPiece]) -> None:
    windows = PianoWindows(pieces)
    task, engine = FoleyTask(windows, windows, CONFIG), cpu_engine()
    before = task.summary(engine)
    for number in range(30):
        task.step(number, np.random.default_rng(number), engine)
    after = task.summary(engine)
    assert after["loss"] < 0.7 * before["loss"]
    assert after["windows"] == 2
    assert after["unigram_loss"] == before["unigram_loss"] > 0


class InterruptedTask(FoleyTask):
    """A task that is stopped before its last step."""

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        if number == CONFIG.steps - 1:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


def test_an_interrupted_run_resumes_as_if_it_were_not(
    pieces: list[PianoPiece], tmp_path: Path
) -> None:
    windows, whole, resumed = PianoWindows(pieces), tmp_path / "whole", tmp_path / "resumed"
    figures = train_foley_music(windows, windows, whole, CONFIG)
    often = replace(CONFIG, save_every=2)
    with pytest.raises(KeyboardInterrupt):
        Trainer(resumed, often).train(InterruptedTask(windows, windows, often))
    assert train_foley_music(windows, windows, resumed, CONFIG) == figures
    assert metrics(whole) == metrics(resumed)
    assert {"loss", "held_out_loss", "held_out_other_dance_loss"} <= metrics(whole)[-1].keys()
    assert json.loads((whole / SUMMARY_FILE).read_text())["windows"] == figures["windows"] == 2


@pytest.mark.slow
def test_the_command_composes_trains_and_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("d2m.training.data.composed_pieces.PIECE_SECONDS", (8.0, 8.5))
    monkeypatch.setattr("d2m.training.data.composed_pieces.HELD_OUT_LEAST_S", 8.0)
    corpus, run = tmp_path / "pieces", tmp_path / "run"
    options = ["--steps", "2", "--batch", "1", "--pieces", "2", "--held-out", "1"]
    folders = ["--corpus", str(corpus), "--out", str(run)]
    result = CliRunner().invoke(train, ["foley-music", *options, *folders])
    assert result.exit_code == 0, result.output
    assert "unigram loss" in result.output
    assert (run / "weights.safetensors").is_file()
    assert sorted(path.name for path in corpus.iterdir()) == [
        "held_out-00000.npz",
        "train-00000.npz",
        "train-00001.npz",
    ]
    again = build_piano_pieces(corpus, range(1), held_out=True)[0]
    assert len(again.notes) > 5
    events = events_from_notes(again.notes, POSE_WINDOW_S)
    assert torch.as_tensor(events).max() < PADDING + 3
    (corpus / "train-00000.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="delete it"):
        build_piano_pieces(corpus, range(1), held_out=False)
