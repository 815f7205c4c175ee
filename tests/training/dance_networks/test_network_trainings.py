"""Trainings of DU-VAE, MM-GAN and the style classifier: data, a few steps, and resuming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from d2m.__main__ import build_app
from d2m.choreography.movement_gan import MovementGanConfig
from d2m.choreography.music_style import MusicStyleClassifier, MusicStyleConfig
from d2m.choreography.unit_vae import UnitVae, UnitVaeConfig
from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.errors import DataError
from d2m.training.dance_networks.movement_gan_training import (
    MovementGanTrainingConfig,
    spread_distance,
    train_movement_gan,
)
from d2m.training.dance_networks.music_style_training import (
    MusicStyleTrainingConfig,
    train_music_style,
)
from d2m.training.dance_networks.song_corpus import (
    StyledSong,
    load_songs,
    paired_dances,
    style_vectors,
)
from d2m.training.dance_networks.unit_corpus import UnitCorpus, build_corpus, facing_camera
from d2m.training.dance_networks.unit_vae_training import (
    UnitVaeTrainingConfig,
    train_unit_vae,
    varied_units,
)
from d2m.training.data.dances import procedural_dance
from tests.training.small import FEW, metrics

FEW_STEPS: dict[str, Any] = FEW | {"steps": 4, "samples": False}
VAE = UnitVaeTrainingConfig(network=UnitVaeConfig(hidden=16, movement=8), **FEW_STEPS)
GAN = MovementGanTrainingConfig(
    network=MovementGanConfig(hidden=8, movement=8, components=4, dance=4, units=2, known=16),
    **FEW_STEPS | {"batch": 8},
)
STYLE = MusicStyleTrainingConfig(network=MusicStyleConfig(hidden=8), **FEW_STEPS)


@pytest.fixture(scope="module")
def units() -> UnitCorpus:
    """Return a corpus of two procedural dances of each genre and a recorded one."""
    recorded = procedural_dance(1, tempo_bpm=100, duration_s=14)
    return build_corpus([("salsa", recorded)], dances_a_style=2)


@pytest.fixture(scope="module")
def songs() -> list[StyledSong]:
    rng = np.random.default_rng(4)
    return [
        StyledSong(
            features=(rng.normal(size=(200, 28)) + 2 * (style == "house")).astype(np.float32),
            style=style,
            beats_s=np.arange(0.2, 13, 0.55),
        )
        for style in ("house", "krump") * 3
    ]


def test_a_corpus_has_units_of_all_its_dances(units: UnitCorpus, tmp_path: Path) -> None:
    assert set(units.style) == {*range(10), list(DANCE_STYLES).index("salsa")}
    assert units.is_recorded.sum() >= 4 * 4
    assert units.is_held_out.any()
    runs = units.sequences(3)
    assert np.array_equal(units.dance[runs[:, 0]], units.dance[runs[:, 2]])
    assert not units.is_held_out[runs].any()
    assert np.allclose(units.units[runs[:, 0], -1], units.units[runs[:, 1], 0], atol=1e-5)
    assert units.chances(np.arange(len(units.units))).sum() == pytest.approx(1)
    assert 0.3 < units.is_lively.mean() < 0.95
    units.save(tmp_path / "units.npz")
    loaded = UnitCorpus.load(tmp_path / "units.npz")
    assert np.abs(loaded.units - units.units).max() < 2e-3
    assert np.array_equal(loaded.dance, units.dance)


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="dance-data"):
        UnitCorpus.load(tmp_path / "units.npz")
    with pytest.raises(DataError, match="train pieces"):
        load_songs(tmp_path)


def test_a_recorded_dance_is_turned_to_the_camera() -> None:
    dance = procedural_dance(2, tempo_bpm=100, duration_s=6)
    cos, sin = np.cos(2.0), np.sin(2.0)
    turned = dance.keypoints @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    faced = facing_camera(replace(dance, keypoints=turned)).keypoints
    own = facing_camera(dance).keypoints
    assert np.abs(faced - own).mean() < 1e-6
    assert np.abs(turned - dance.keypoints).mean() > 0.1


def test_varied_units_keep_their_movement(units: UnitCorpus) -> None:
    some = units.units[:6]
    varied = varied_units(some, np.random.default_rng(0))
    lengths = [np.linalg.norm(np.diff(each, axis=1), axis=-1).mean() for each in (some, varied)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-4)
    assert np.abs(varied - some).mean() > 0.01


def test_du_vae_resumes_with_the_same_results(units: UnitCorpus, tmp_path: Path) -> None:
    units.save(tmp_path / "units.npz")
    for name, stops in (("whole", [4]), ("resumed", [2, 4])):
        for steps in stops:
            config = replace(VAE, steps=steps, save_every=2)
            train_unit_vae(tmp_path / "units.npz", tmp_path / name, config)
    last = [metrics(tmp_path / name)[-1] for name in ("whole", "resumed")]
    assert last[0]["held_out_joint_error"] > 0
    assert last[0]["step"] == last[1]["step"] == 4


def test_du_vae_learns(units: UnitCorpus, tmp_path: Path) -> None:
    units.save(tmp_path / "units.npz")
    config = replace(VAE, steps=60, batch=8, report_every=30, save_every=60, learning_rate=0.02)
    train_unit_vae(tmp_path / "units.npz", tmp_path / "run", config)
    first, last = metrics(tmp_path / "run")
    assert last["poses"] < 0.8 * first["poses"]


@pytest.mark.parametrize("count", [1, 2])
def test_mm_gan_trains(units: UnitCorpus, tmp_path: Path, count: int) -> None:
    config = replace(GAN, network=replace(GAN.network, units=count))
    found = np.eye(12, dtype=np.float32)[[5, 7]], np.array([5, 7])
    train_movement_gan(units, UnitVae(VAE.network), found, tmp_path, config)
    last = metrics(tmp_path)[-1]
    assert all(np.isfinite(value) for value in last.values())
    assert (tmp_path / "weights.safetensors").is_file()


def test_the_spread_distance_tells_sets_apart() -> None:
    torch.manual_seed(0)
    style = torch.eye(12)[torch.arange(200) % 2]
    real, same = torch.randn(200, 5), torch.randn(200, 5)
    apart = spread_distance(real, same, style)
    assert float(spread_distance(0.1 * same, real, style)) > 5 * abs(float(apart))
    assert float(spread_distance(same + 2, real, style)) > 5 * abs(float(apart))
    assert float(spread_distance(real, real, style)) == pytest.approx(0, abs=1e-5)


def test_the_style_classifier_learns(songs: list[StyledSong], tmp_path: Path) -> None:
    config = replace(STYLE, steps=60, batch=8, report_every=60, save_every=60, learning_rate=0.01)
    train_music_style(songs, songs, tmp_path, config)
    assert metrics(tmp_path)[-1]["held_out_right"] == 1


def test_songs_are_paired_with_dances_of_their_style(
    units: UnitCorpus, songs: list[StyledSong]
) -> None:
    pairs = paired_dances(songs, units, np.random.default_rng(0))
    assert [int(pair.style.argmax()) for pair in pairs] == [5, 7] * 3
    assert all(len(pair.features) == len(pair.joints) > 60 for pair in pairs)


def test_composed_songs_are_read_with_style_and_beats(corpus: Path) -> None:
    songs = load_songs(corpus)
    assert [song.style for song in songs] == ["break", "pop", "lock"]
    for song in songs:
        assert song.features.shape[1] == 28
        assert len(song.beats_s) > 2
    classifier = MusicStyleClassifier(STYLE.network).eval()
    vectors, styles = style_vectors(songs, classifier)
    assert vectors.shape == (3, 12)
    assert styles.tolist() == [0, 1, 2]


def test_commands_make_and_learn_units(tmp_path: Path) -> None:
    runner, app = CliRunner(), build_app()
    data = ["train", "dance-data", "--out", str(tmp_path / "units.npz"), "--dances", "2"]
    made = runner.invoke(app, data, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    assert "units" in made.output
    learn = ["train", "dance-units", "--units", str(tmp_path / "units.npz"), "--steps", "1"]
    learn += ["--batch", "2", "--no-tensorboard", "--out", str(tmp_path / "run")]
    learned = runner.invoke(app, learn, catch_exceptions=False)
    assert learned.exit_code == 0, learned.output
    assert (tmp_path / "run" / "weights.safetensors").is_file()
