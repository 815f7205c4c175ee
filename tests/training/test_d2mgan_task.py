"""The paper's training from the command line: its folder, several processes, going on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from d2m.checkpoints import codec_path, load_codec, read_tensors
from d2m.core.errors import D2MError, DataError, SettingsError
from d2m.core.levels import HIGH
from d2m.training.cli import train
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.task import D2MGANTask, train_paper
from d2m.training.distributed import Engine
from d2m.training.trainer import RunConfig, Trainer, Weights
from tests.training.layout import make

ROOT = Path(__file__).parents[2]
SMALL = D2MGANConfig(
    narrow=16, batch=1, steps=3, report_every=1, save_every=2, device="cpu", tensorboard=False
)
FEW = (
    "--level",
    "high",
    "--narrow",
    "16",
    "--steps",
    "2",
    "--report-every",
    "1",
    "--device",
    "cpu",
)


@pytest.fixture(scope="module")
def aist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("aist")
    make(folder, "aist", "train")
    return make(folder, "aist", "test", count=1)


def figures(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(li).items() if k != "seconds_a_step"} for li in lines]


def run_command(*arguments: object) -> None:
    done = CliRunner().invoke(train, [*map(str, arguments)], catch_exceptions=True)
    if done.exception is not None:
        raise done.exception


class Stopped(D2MGANTask):
    def step(self, number, rng, engine):
        if number == 2:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


@pytest.mark.slow
def test_going_on_after_a_stop_is_as_if_there_was_none(aist, tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train_paper(aist, load_codec(HIGH), whole, SMALL)
    with pytest.raises(KeyboardInterrupt):
        Trainer(stopped, SMALL).train(Stopped(aist, load_codec(HIGH), SMALL))
    assert [line["step"] for line in figures(stopped)] == [1, 2]
    train_paper(aist, load_codec(HIGH), stopped, SMALL)
    assert [line["step"] for line in figures(stopped)] == [1, 2, 3]
    assert figures(stopped) == figures(whole)
    for name in ("generator_high", "motion_high", "vqvae_high"):
        one, other = (
            read_tensors(folder / f"{name}.safetensors")[0] for folder in (whole, stopped)
        )
        assert all(torch.equal(tensor, other[n]) for n, tensor in one.items())
    with pytest.raises(SettingsError, match="holds another training"):
        train_paper(aist, load_codec(HIGH), stopped, replace(SMALL, scales=2))


@pytest.mark.slow
def test_two_processes_learn_what_one_with_twice_the_batch_learns(aist, tmp_path):
    options = ["paper", "--data", str(aist), *FEW, "--steps", "3", "--save-every", "3"]
    options += ["--no-fine-tune", "--no-tensorboard"]
    two, one = tmp_path / "two", tmp_path / "one"
    run_command(*options, "--out", one, "--batch", 2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--master_port", port, "-m", "d2m", "train", *options]
    done = subprocess.run(
        [*command, "--out", str(two), "--batch", "1"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((two / "config.json").read_text())["processes"] == 2
    assert len(figures(two)) == 3
    for ours, theirs in zip(figures(two), figures(one), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=2e-5)
    assert figures(one)[2]["generator"] != pytest.approx(figures(one)[0]["generator"], rel=1e-3)


def test_a_run_leaves_figures_curves_sounds_and_weights(aist, tmp_path):
    out = tmp_path / "run"
    run_command(
        "paper", "--data", aist, *FEW, "--batch", 1, "--out", out, "--published-code",
        "--without", "visual", "--without", "mel", "--no-reshape", "--scales", 1,
    )  # fmt: skip
    config = json.loads((out / "config.json").read_text())
    assert config["weights"]["latent"] == 5.0
    assert config["weights"]["mel"] == 0.0
    assert (config["visual"], config["motion"], config["gradient"]) == (False, True, False)
    assert (config["reshape"], config["scales"], config["processes"]) == (False, 1, 1)
    assert [line["step"] for line in figures(out)] == [1, 2]
    assert "mel" not in figures(out)[0]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((out / "samples" / "0000002").glob("*.wav"))) == 2
    assert len(list((out / "samples" / "0000002").glob("*.png"))) == 2
    assert list((out / "tensorboard").glob("events*"))
    header = read_tensors(out / "generator_high.safetensors")[1]
    assert (header["dataset"], header["trained_steps"]) == ("aist", "2")
    assert not (out / "vqvae_high.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--without", "music"), "Unknown part 'music'"),
        (("--batch", "4"), "batch of 4 is larger than the 3 training segments"),
        (("--precision", "fp16"), "fp16 needs a GPU"),
        (("--precision", "fp8"), "choose auto, no, bf16, fp16"),
        (("--device", "tpu"), "choose auto, cpu or cuda"),
        (("--codec", codec_path(HIGH).with_stem("codec_low")), "has no level high"),
        (("--codec", "nowhere.pt"), "There is no file nowhere.pt"),
        (("--dataset", "tiktok"), "tiktok_audio_train_segment.txt is missing"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_sentence(aist, tmp_path, options, told):
    with pytest.raises(D2MError, match=told) as caught:
        run_command("paper", "--data", aist, *FEW, "--out", tmp_path / "run", *options)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_told_in_one_sentence(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match=r"aist_audio_train_segment\.txt is missing"):
        run_command("paper", "--data", tmp_path / "data", *FEW, "--out", tmp_path / "run")


@pytest.mark.parametrize(
    ("module", "told"),
    [("accelerate", "needs accelerate"), ("torch.utils.tensorboard", "--no-tensorboard")],
)
def test_a_missing_library_is_told_in_one_sentence(aist, tmp_path, monkeypatch, module, told):
    monkeypatch.setitem(sys.modules, module, None)
    config = replace(SMALL, tensorboard=True)
    with pytest.raises(SettingsError, match=told):
        train_paper(aist, load_codec(HIGH), tmp_path, config)


def test_processes_share_what_they_draw():
    engine = Engine(device="cpu", precision="auto", threads=1)
    assert (engine.processes, engine.main, engine.share(3)) == (1, True, slice(0, 3))
    assert engine.device == torch.device("cpu")


def test_a_bf16_step_learns_too(aist):
    config = replace(SMALL, fine_tune=False)
    found = []
    for precision in ("no", "bf16"):
        run = D2MGANTask(aist, load_codec(HIGH), config)
        engine = Engine(device="cpu", precision=precision, threads=1)
        found.append(run.step(0, np.random.default_rng(0), engine))
    full, half = (float(figures["commitment"]) for figures in found)
    assert half == pytest.approx(full, rel=0.02)
    assert half != full


class Counting:
    """A job of one number, to look at the run around it."""

    def __init__(self, *, stop: int | None = None) -> None:
        self.network = torch.nn.Linear(1, 1, bias=False)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.5)
        self.rates: list[float] = []
        self._stop = stop

    def step(self, number, rng, engine):
        if number == self._stop:
            raise KeyboardInterrupt
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        engine.update(self.network.weight.sum(), self.optimizer)
        return {"number": float(number), "drawn": rng.random()}

    def evaluate(self, _):
        return {"held_out_number": 1.0}

    def modules(self):
        return {"network": self.network, "optimizer": self.optimizer}

    def weights(self):
        return {"weights": Weights(self.network, {"kind": "test"})}

    def sounds(self, _):
        return {}


def test_reports_between_checkpoints_are_made_again_after_a_stop(tmp_path):
    config = RunConfig(steps=10, report_every=3, save_every=4, device="cpu", tensorboard=False)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    Trainer(whole, config).train(Counting())
    with pytest.raises(KeyboardInterrupt):
        Trainer(stopped, config).train(Counting(stop=7))
    assert [line["step"] for line in figures(stopped)] == [3, 6]
    resumed = Counting()
    Trainer(stopped, config).train(resumed)
    assert figures(stopped) == figures(whole)
    assert [line["number"] for line in figures(whole)] == [1, 4, 7, 9]
    assert len(resumed.rates) == 6
    assert resumed.rates[0] == pytest.approx(0.5 * 0.05)
    assert resumed.rates[-1] == pytest.approx(0.5 * 0.1 * 0.201)


def test_a_checkpoint_of_an_older_run_goes_on(tmp_path):
    config = RunConfig(steps=4, save_every=2, device="cpu", tensorboard=False)
    Trainer(tmp_path, config).train(Counting())
    path = tmp_path / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    torch.save({name: state[name] for name in ("step", "network", "optimizer")}, path)
    Trainer(tmp_path, replace(config, steps=6)).train(Counting())
    assert [line["step"] for line in figures(tmp_path)] == [4, 6]
