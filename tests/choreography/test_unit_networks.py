"""The networks of Dancing to Music, untrained and as they are bundled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import CHECKPOINTS
from d2m.choreography.dance_units import UNIT_POSES
from d2m.choreography.movement_gan import (
    NOISE_VALUES,
    DanceComposer,
    DanceDiscriminator,
    DanceEncoder,
    MovementGanConfig,
)
from d2m.choreography.music_features import MUSIC_FEATURES, music_features
from d2m.choreography.music_style import MusicStyleClassifier, MusicStyleConfig, one_style
from d2m.choreography.unit_chain import UnitChain
from d2m.choreography.unit_vae import POSE_VALUES, UnitVae, UnitVaeConfig
from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.errors import CheckpointError
from d2m.core.levels import SAMPLE_RATE

SMALL = MovementGanConfig(hidden=16, movement=8, components=6, dance=5, units=3, known=7)


def test_du_vae_has_the_parts_of_the_paper() -> None:
    network = UnitVae(UnitVaeConfig(hidden=16, movement=8))
    units = torch.randn(3, UNIT_POSES, POSE_VALUES)
    initial, movement = network.encode_initial(units[:, 0]), network.encode_movement(units)
    assert initial.mean.shape == (3, 10)
    assert movement.mean.shape == (3, 8)
    assert network.decode(initial.sample(), movement.sample()).shape == units.shape
    assert float(movement.divergence().detach()) >= 0


def test_composed_movements_are_known_ones() -> None:
    composer = DanceComposer(SMALL)
    movements = torch.randn(50, 8)
    composer.learn_scale(movements, movements[:7])
    made = composer.compose(torch.eye(len(DANCE_STYLES))[:4], torch.randn(4, NOISE_VALUES))
    assert made.shape == (4, 3, 8)
    known = composer.known * composer.scale @ composer.basis.T + composer.mean
    assert torch.cdist(made.flatten(0, 1), known).min(dim=1).values.max() < 1e-4
    encoder = DanceEncoder(SMALL)
    code = encoder.encode(composer.scaled(made)).mean
    assert code.shape == (4, 5)
    assert torch.allclose(encoder.find_style(code).sum(dim=1), torch.ones(4))
    judged = DanceDiscriminator(5, 16)(code, torch.eye(len(DANCE_STYLES))[:4])
    assert judged.shape == (4, 1)


@pytest.mark.parametrize("samples", [0, 500, 3 * SAMPLE_RATE])
def test_songs_have_28_features_at_15_frames_a_second(samples: int) -> None:
    tone = np.sin(440 * 2 * np.pi * np.arange(samples) / SAMPLE_RATE).astype(np.float32)
    features = music_features(tone)
    assert features.shape == (1 + samples // 1470, MUSIC_FEATURES)
    assert np.isfinite(features).all()
    assert np.allclose(features, music_features(0.01 * tone), atol=1e-3)


def test_the_bundled_chain_dances_on_from_pose_to_pose() -> None:
    chain = UnitChain.from_pretrained("full", CHECKPOINTS)
    dances = [chain.dance(one_style("house"), 8, seed=seed) for seed in (0, 0, 1)]
    assert dances[0].shape == (31 * 8 + 1, 14, 3)
    assert np.array_equal(dances[0], dances[1])
    apart = np.linalg.norm(dances[0] - dances[2], axis=-1).mean()
    assert apart > 0.1
    steps = np.linalg.norm(np.diff(dances[0], axis=0), axis=-1).mean(axis=1)
    assert steps.mean() > 0.02
    joins = steps[30::31]
    assert joins.max() < 4 * steps.mean() + 0.1


def test_a_dance_starts_in_the_given_pose() -> None:
    chain = UnitChain.from_pretrained("full", CHECKPOINTS)
    pose = chain.dance(one_style("pop"), 2, seed=5)[20]
    far = chain.dance(one_style("pop"), 1, seed=6)[0]
    near = chain.dance(one_style("pop"), 1, seed=6, start_pose=pose)[0]
    hips = [each - each[8:10].mean(axis=0) for each in (pose, near, far)]
    assert np.abs(hips[1] - hips[0]).mean() < np.abs(hips[2] - hips[0]).mean()


def test_style_vectors_are_shares_of_the_genres_with_music() -> None:
    network = MusicStyleClassifier(MusicStyleConfig(hidden=8)).eval()
    for frames in (1, 40, 700):
        vector = network.style_vector(
            np.random.default_rng(0).normal(size=(frames, 28)).astype("f")
        )
        assert vector.shape == (len(DANCE_STYLES),)
        assert vector.sum() == pytest.approx(1, abs=1e-5)
        assert not vector[10:].any()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "dance"
    target.mkdir()
    wrong = (CHECKPOINTS / "dance" / "units.safetensors").read_bytes()
    (target / "music_style.safetensors").write_bytes(wrong)
    with pytest.raises(CheckpointError, match="another network"):
        MusicStyleClassifier.from_pretrained(tmp_path)
