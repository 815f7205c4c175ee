"""The commands of `d2m train`: their names, options, and the run folders that follow from them."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from d2m.checkpoints import codec_path, load_codec
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS
from d2m.training.cli import train
from d2m.training.codec_losses import CODEC_LOW_BAND_HZ, CODEC_WEIGHTS
from d2m.training.data.recorded_music import HELD_OUT_MUSIC, PERMISSIVE_MUSIC
from d2m.training.train_all import budget_for
from tests.training.jukebox import write_vqvae
from tests.training.small import tone

TRAIN_D2MGAN = "d2m.training.d2mgan.task.train_d2mgan"
TRAIN_CODEC = "d2m.training.codec_training.train_codec"


def run(*arguments: object) -> str:
    done = CliRunner().invoke(train, [*map(str, arguments)], catch_exceptions=True)
    if done.exception is not None:
        raise done.exception
    return done.stdout


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """Return the arguments of the trainings that commands call; none of them runs."""
    found: list[tuple] = []
    for function in (TRAIN_D2MGAN, TRAIN_CODEC):
        monkeypatch.setattr(function, lambda *a, start=None: found.append((*a, start)))
    return found


def test_help_lists_the_commands_without_earlier_names():
    words = run("--help").split()
    assert {"all", "pieces", "music", "codec", "d2mgan", "install"} <= set(words)
    assert not {"paper", "audio", "corpus", "bundle", "decoder", "generator"} & set(words)


@pytest.mark.parametrize("command", ["d2mgan", "paper"])
def test_run_folders_of_d2mgan_are_named_after_the_command(calls, tmp_path, command):
    codec = write_vqvae(tmp_path)
    options = ("--level", "high", "--steps", 7, "--channel-divisor", 16)
    run(command, "--data", "data", "--codec", codec, *options)
    ((_, _, folder, config, _),) = calls
    assert folder == Path("runs") / f"{command}_aist_high"
    assert (config.steps, config.channel_divisor) == (7, 16)


def test_a_codec_is_trained_with_the_losses_of_its_level(calls):
    run("codec", "low", "--minutes", 2.5, "--learning-rate", 0.002, "--batch", 3)
    ((corpus, folder, config, start),) = calls
    assert (corpus, folder, start) == (Path("runs/corpus"), Path("runs/codec_low"), None)
    assert config.weights == CODEC_WEIGHTS["low"]
    assert (config.codec.level, config.batch) == ("low", 3)
    assert config.low_band_hz == CODEC_LOW_BAND_HZ["low"]
    assert (config.minutes, config.learning_rate) == (2.5, 0.002)
    run("codec", "low", "--start", codec_path(HIGH))
    assert "codebook.k" in calls[1][3]


def test_unknown_levels_are_refused(calls):
    with pytest.raises(SettingsError):
        run("codec", "middle")
    assert calls == []


@pytest.mark.usefixtures("short_pieces")
def test_pieces_and_music_make_a_corpus(tmp_path):
    corpus = tmp_path / "corpus"
    run("pieces", "--out", corpus, "--number", 1, "--held-out", 0)
    assert (corpus / "train" / "score-00000.flac").is_file()
    for files in (PERMISSIVE_MUSIC | HELD_OUT_MUSIC).values():
        for file in files:
            path = tmp_path / "games" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, tone(220.0, 0.1), 22_050)
    run("music", "--out", corpus, "--from", tmp_path / "games")
    assert len(list((corpus / "train").glob("music-*.flac"))) == len(PERMISSIVE_MUSIC)
    assert len(list((corpus / "held_out").glob("music-*.flac"))) == len(HELD_OUT_MUSIC)


def test_everything_is_trained_with_the_options_and_installed_if_asked(monkeypatch, tmp_path):
    seen, installed = [], []
    monkeypatch.setattr("d2m.training.train_all.train_all", lambda *a: seen.append(a))
    monkeypatch.setattr(
        "d2m.training.install_weights.install_weights", lambda *a: installed.append(a)
    )
    run("all", "--budget", 30, "--out", tmp_path, "--device", "cpu")
    assert seen == [(tmp_path, budget_for(30.0, "cpu"))]
    assert installed == []
    options = ("--pieces", 9, "--workers", 2, "--music", tmp_path, "--install")
    run("all", "--budget", 30, "--out", tmp_path, "--device", "cpu", *options)
    plan = seen[1][1]
    assert (plan.pieces, plan.workers, plan.music) == (9, 2, tmp_path)
    assert [path.parent.name for path, *_ in installed] == [
        f"codec_{level}" for level in HOP_LEVELS
    ]


def test_weights_are_installed_into_a_folder(tmp_path):
    out = run("install", "high", "--weights", codec_path(HIGH), "--folder", tmp_path)
    assert out.strip() == str(codec_path(HIGH, tmp_path))
    assert load_codec(HIGH, codec_path(HIGH, tmp_path)).config.level == "high"
    with pytest.raises(CheckpointError, match="for level high, not low"):
        run("install", "low", "--weights", codec_path(HIGH), "--folder", tmp_path)
