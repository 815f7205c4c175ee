"""The commands of `d2m train`: their names, and the run folders that follow from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m.training.cli import train

TRAIN_D2MGAN = "d2m.training.d2mgan.task.train_d2mgan"
FINETUNE_DECODER = "d2m.training.decoder_finetuning.finetune_decoder"
FINETUNE_AUDIO = "d2m.training.audio_finetuning.finetune_audio"


def test_help_lists_the_commands_without_their_earlier_names():
    words = CliRunner().invoke(train, ["--help"]).stdout.split()
    commands = {"corpus", "codec", "generator", "audio", "d2mgan", "decoder", "bundle"}
    assert commands <= set(words)
    assert not {"sound", "paper", "synthesizer"} & set(words)


@pytest.mark.parametrize(
    ("command", "function", "folder"),
    [
        ("d2mgan --data data", TRAIN_D2MGAN, "d2mgan_aist_high"),
        ("paper --data data", TRAIN_D2MGAN, "paper_aist_high"),
        ("decoder", FINETUNE_DECODER, "decoder_high"),
        ("synthesizer", FINETUNE_DECODER, "synthesizer_high"),
        ("audio", FINETUNE_AUDIO, "audio_high"),
        ("sound", FINETUNE_AUDIO, "sound_high"),
    ],
)
def test_run_folders_are_named_after_the_command(monkeypatch, command, function, folder):
    calls = []
    monkeypatch.setattr(function, lambda *arguments, **_: calls.append(arguments))
    options = ["--level", "high", "--steps", "7", "--channel-divisor", "16"]
    done = CliRunner().invoke(train, [*command.split(), *options], catch_exceptions=False)
    assert done.exit_code == 0
    (arguments,) = calls
    config = arguments[3]
    assert arguments[2] == Path("runs") / folder
    assert (config.steps, config.channel_divisor) == (7, 16)


def test_all_trainings_take_a_learning_rate(monkeypatch):
    found = {}
    for command, function in (("decoder", FINETUNE_DECODER), ("audio", FINETUNE_AUDIO)):
        monkeypatch.setattr(function, lambda *a, name=command, **_: found.update({name: a[3]}))
        options = ["--level", "high", "--learning-rate", "0.002"]
        CliRunner().invoke(train, [command, *options], catch_exceptions=False)
    assert found["decoder"].learning_rate == 0.002
    assert found["audio"].learning_rate == 0.002
    assert found["audio"].table_learning_rate == pytest.approx(0.006)
