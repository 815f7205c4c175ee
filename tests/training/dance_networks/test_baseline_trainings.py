"""Trainings of the baselines and of the action classifier: a few steps, and resuming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from d2m.choreography.action_classifier import ACTION_FILE, ActionClassifier, ActionClassifierConfig
from d2m.choreography.aud_mocogan import AUD_MOCOGAN_FILE, AudMocogan, AudMocoganConfig
from d2m.choreography.joints import hip_middle, joints14_from_coco
from d2m.choreography.lstm_dancer import LSTM_FILE, LstmDancer, LstmDancerConfig
from d2m.core.errors import CheckpointError, DataError
from d2m.models.weight_files import read_weights
from d2m.training.dance_networks.action_training import (
    ActionTask,
    ActionTrainingConfig,
    train_action_classifier,
)
from d2m.training.dance_networks.dance_windows import DanceWindows, PairedDance
from d2m.training.dance_networks.install_dance import install_dance_network
from d2m.training.dance_networks.lstm_training import LstmTask, LstmTrainingConfig, train_lstm
from d2m.training.dance_networks.mocogan_training import (
    CURRICULUM_FRAMES,
    MocoganTask,
    MocoganTrainingConfig,
    train_mocogan,
)
from d2m.training.dance_networks.unit_corpus import UnitCorpus
from d2m.training.data.dances import procedural_dance
from d2m.training.trainer import Trainer
from tests.training.small import FEW, metrics

FEW_STEPS = FEW | {"steps": 4}
LSTM = LstmTrainingConfig(dancer=LstmDancerConfig(hidden=8), frames=32, **FEW_STEPS)
MOCOGAN = MocoganTrainingConfig(dancer=AudMocoganConfig(hidden=8), **FEW_STEPS)
ACTION = ActionTrainingConfig(
    classifier=ActionClassifierConfig(hidden=16, features=16), **FEW_STEPS | {"batch": 4}
)


@pytest.fixture(scope="module")
def pairs() -> list[PairedDance]:
    rng, found = np.random.default_rng(0), []
    for seed in range(3):
        dance = procedural_dance(seed, tempo_bpm=110, duration_s=12)
        joints = joints14_from_coco(dance.keypoints[::4]).astype(np.float32)
        features = rng.standard_normal((len(joints), 28)).astype(np.float32)
        style = np.eye(12, dtype=np.float32)[seed]
        found.append(PairedDance(features, style, dance.beats_s, joints))
    return found


@pytest.fixture(scope="module")
def corpus() -> UnitCorpus:
    """Return units of two styles: one moves the nose, the other the neck."""
    rng = np.random.default_rng(1)
    units = 0.01 * rng.standard_normal((24, 32, 14, 3))
    swing = np.sin(np.linspace(0, 8 * np.pi, 32))
    units[:12, :, 0, 0] += swing
    units[12:, :, 0, 1] += swing
    return UnitCorpus(
        units=units.astype(np.float32),
        style=np.repeat([0, 5], 12),
        dance=np.repeat(np.arange(8), 3),
        is_held_out=np.repeat([False, False, False, True] * 2, 3),
        is_recorded=np.zeros(24, dtype=bool),
    )


def interrupted(task: type) -> type:
    """Return the task, stopped before its last step."""

    class Stopped(task):
        def step(self, number, rng, engine):
            if number == 3:
                raise KeyboardInterrupt
            return super().step(number, rng, engine)

    return Stopped


@pytest.mark.parametrize(
    ("task", "train", "config", "measure"),
    [
        (LstmTask, train_lstm, LSTM, "held_out_loss"),
        (MocoganTask, train_mocogan, MOCOGAN, "held_out_motion"),
    ],
)
def test_baselines_resume_with_the_same_results(pairs, tmp_path, task, train, config, measure):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    train(pairs[:2], pairs[2:], whole, config)
    config = replace(config, save_every=2)
    with pytest.raises(KeyboardInterrupt):
        Trainer(resumed, config).train(interrupted(task)(pairs[:2], pairs[2:], config))
    train(pairs[:2], pairs[2:], resumed, config)
    assert_equal_runs(whole, resumed, measure)


def test_the_action_classifier_resumes_with_the_same_results(corpus, tmp_path):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    train_action_classifier(corpus, whole, ACTION)
    config = replace(ACTION, save_every=2)
    with pytest.raises(KeyboardInterrupt):
        Trainer(resumed, config).train(interrupted(ActionTask)(corpus, config))
    train_action_classifier(corpus, resumed, config)
    assert_equal_runs(whole, resumed, "held_out_accuracy")


def assert_equal_runs(whole: Path, resumed: Path, measure: str) -> None:
    assert metrics(whole) == metrics(resumed)
    assert np.isfinite(metrics(whole)[-1][measure])
    (first, header), (second, _) = (
        read_weights(folder / "weights.safetensors") for folder in (whole, resumed)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert header["hidden"] in ("8", "16")


def test_the_action_classifier_tells_two_styles_apart(corpus, tmp_path):
    config = replace(
        ACTION, steps=60, batch=16, learning_rate=0.005, report_every=60, save_every=60
    )
    train_action_classifier(corpus, tmp_path, config)
    assert metrics(tmp_path)[-1]["held_out_accuracy"] > 0.9


def test_the_lstm_learns_the_mean_of_its_dances_and_more(pairs, tmp_path):
    config = replace(LSTM, steps=60, batch=8, report_every=30, save_every=60)
    train_lstm(pairs, pairs, tmp_path, config)
    first, last = metrics(tmp_path)
    assert last["loss"] < first["loss"]


def test_windows_begin_above_the_origin_and_hold_the_last_pose(pairs):
    window = DanceWindows(pairs).draw(4, 400, np.random.default_rng(2))
    joints = window.poses.numpy().reshape(4, 400, 14, 3)
    assert np.allclose(hip_middle(joints)[:, 0, [0, 2]], 0, atol=1e-5)
    assert np.array_equal(joints[:, 180:], np.repeat(joints[:, 179:180], 220, axis=1))
    with pytest.raises(DataError, match="no dances"):
        DanceWindows([])


def test_sequences_grow_longer_during_the_training():
    lengths = [MOCOGAN.frames(share) for share in (0.0, 0.26, 0.51, 0.76, 1.0)]
    assert lengths == [*CURRICULUM_FRAMES, CURRICULUM_FRAMES[-1]]


@pytest.mark.parametrize(
    ("network", "sizes", "file"),
    [
        (LstmDancer, LstmDancerConfig(hidden=64), LSTM_FILE),
        (AudMocogan, AudMocoganConfig(hidden=64), AUD_MOCOGAN_FILE),
        (ActionClassifier, ActionClassifierConfig(hidden=64), ACTION_FILE),
    ],
)
def test_weights_are_installed_small_and_load(network, sizes, file, tmp_path):
    run, folder = tmp_path / "run", tmp_path / "checkpoints"
    run.mkdir()
    made = network(sizes)
    save_file(made.state_dict(), run / "weights.safetensors", metadata=sizes.metadata())
    target = install_dance_network(network.from_pretrained, run, file, folder=folder)
    assert target == folder / file
    assert target.stat().st_size < 0.4 * (run / "weights.safetensors").stat().st_size
    loaded = network.from_pretrained(folder)
    assert loaded.config == sizes
    assert not loaded.training
    for name, values in made.state_dict().items():
        assert torch.allclose(loaded.state_dict()[name], values, atol=0.01)
    save_file({}, run / "weights.safetensors", metadata=sizes.metadata())
    with pytest.raises(CheckpointError, match="another network"):
        install_dance_network(network.from_pretrained, run, file, folder=folder)
    assert network.from_pretrained(folder).config == sizes
