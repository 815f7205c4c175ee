"""The LSTM and Aud-MoCoGAN baselines, and the action classifier, before any training."""

import numpy as np
import pytest
import torch

from d2m.choreography.action_classifier import ActionClassifier, ActionClassifierConfig
from d2m.choreography.aud_mocogan import (
    SEQUENCE_STRIDES,
    AudMocogan,
    AudMocoganConfig,
    PoseDiscriminator,
    SequenceDiscriminator,
    beat_features,
)
from d2m.choreography.lstm_dancer import LstmDancer, LstmDancerConfig

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_the_lstm_gives_one_dance_for_a_song_and_hears_it_ahead():
    dancer = LstmDancer(LstmDancerConfig(hidden=16, delay=3))
    features = RNG.standard_normal((40, 28)).astype(np.float32)
    dance = dancer.dance(features)
    assert dance.shape == (40, 14, 3)
    assert np.array_equal(dance, dancer.dance(features))
    later = features.copy()
    later[20] += 1
    changed = np.abs(dancer.dance(later) - dance).max(axis=(1, 2)) > 1e-9
    assert not changed[: 20 - 3].any()
    assert changed[20 - 3]


def test_the_lstm_dances_around_the_mean_pose():
    dancer = LstmDancer(LstmDancerConfig(hidden=16))
    poses = torch.randn(500, 42) + 7
    features = 100 * torch.randn(500, 28) + 30
    dancer.normalise(features, poses)
    assert np.abs(dancer.dance(features.numpy()).reshape(-1, 42) - poses.mean(0).numpy()).max() < 1


def test_mocogan_gives_another_dance_for_each_seed():
    dancer = AudMocogan(AudMocoganConfig(hidden=16))
    style, beats = np.eye(12, dtype=np.float32)[3], np.arange(0, 4, 0.5)
    first, again, other = (dancer.dance(style, beats, 60, seed=seed) for seed in (1, 1, 2))
    assert first.shape == (60, 14, 3)
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_beat_features_turn_once_a_beat():
    features = beat_features(np.array([0.2, 0.6, 1.0]), 30)
    at_beats = features[[3, 9, 15, 21]]  # frames at 0.2, 0.6, 1.0 and, going on, at 1.4 s
    assert np.allclose(at_beats[:, :2], [1, 0], atol=1e-5)
    assert np.allclose(at_beats[:, 2], [1, -1, 1, -1], atol=1e-5)
    assert np.allclose(features[6, :2], [-1, 0], atol=1e-5)  # half-way
    assert not beat_features(np.array([1.0]), 5).any()


@pytest.mark.parametrize("frames", [16, 128])
def test_discriminators_judge_poses_and_sequences(frames):
    poses, style, beats = torch.randn(2, frames, 42), torch.eye(12)[:2], torch.randn(2, frames, 4)
    assert PoseDiscriminator(16)(poses, style).shape == (2, frames, 1)
    for stride in SEQUENCE_STRIDES:
        values = SequenceDiscriminator(16, stride)(poses, style, beats)
        assert values.shape == (2, 1, frames // stride // 4)


def test_action_features_do_not_depend_on_where_or_how_deep_a_dancer_stands():
    classifier = ActionClassifier(ActionClassifierConfig(hidden=16, features=8))
    joints = np.cumsum(0.02 * RNG.standard_normal((3, 64, 14, 3)), axis=1)
    features = classifier.features_of(joints)
    assert features.shape == (3, 8)
    moved = classifier.features_of(joints + np.array([2.0, -1.0, 5.0]))
    assert np.allclose(moved, features, atol=1e-5)
    assert classifier(torch.zeros(2, 64, 14, 2)).shape == (2, 12)
