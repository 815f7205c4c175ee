"""The training of D2M-GAN: its run folder, several processes, and resuming."""

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

from d2m.checkpoints import read_tensors
from d2m.core.errors import D2MError, DataError, SettingsError
from d2m.training.cli import train
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.task import D2MGANTask, train_d2mgan
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig, Weights
from tests.training.jukebox import VQVAE_FILE, random_vqvae, write_vqvae
from tests.training.layout import write_dataset

ROOT = Path(__file__).parents[2]
SMALL = D2MGANConfig(
    channel_divisor=16,
    batch=1,
    steps=3,
    report_every=1,
    save_every=2,
    device="cpu",
    precision="no",
    tensorboard=False,
)
FEW = (
    "--level",
    "high",
    "--channel-divisor",
    "16",
    "--steps",
    "2",
    "--report-every",
    "1",
    "--device",
    "cpu",
    "--precision",
    "no",
)


@pytest.fixture(scope="module")
def aist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("aist")
    write_vqvae(folder)
    write_dataset(folder, "aist", "train")
    return write_dataset(folder, "aist", "test", count=1)


def metrics(folder: Path) -> list[dict[str, float]]:
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
def test_an_interrupted_run_resumes_with_the_same_results(aist, tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train_d2mgan(aist, random_vqvae(), whole, SMALL)
    with pytest.raises(KeyboardInterrupt):
        Trainer(stopped, SMALL).train(Stopped(aist, random_vqvae(), SMALL))
    assert [line["step"] for line in metrics(stopped)] == [1, 2]
    train_d2mgan(aist, random_vqvae(), stopped, SMALL)
    assert [line["step"] for line in metrics(stopped)] == [1, 2, 3]
    assert metrics(stopped) == metrics(whole)
    for name in ("generator_high", "motion_high", "vqvae_high"):
        one, other = (
            read_tensors(folder / f"{name}.safetensors")[0] for folder in (whole, stopped)
        )
        assert all(torch.equal(tensor, other[n]) for n, tensor in one.items())
    with pytest.raises(SettingsError, match="holds another training"):
        train_d2mgan(aist, random_vqvae(), stopped, replace(SMALL, scales=2))


@pytest.mark.slow
def test_two_processes_match_one_process_with_twice_the_batch(aist, tmp_path):
    options = [
        "d2mgan",
        "--data",
        str(aist),
        "--codec",
        str(aist / VQVAE_FILE),
        *FEW,
        "--steps",
        "3",
        "--save-every",
        "3",
    ]
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
    assert len(metrics(two)) == 3
    for of_two, of_one in zip(metrics(two), metrics(one), strict=True):
        assert of_two == pytest.approx(of_one, rel=1e-4, abs=2e-5)
    assert metrics(one)[2]["generator"] != pytest.approx(metrics(one)[0]["generator"], rel=1e-3)


def test_a_run_writes_metrics_curves_audio_and_weights(aist, tmp_path):
    out = tmp_path / "run"
    run_command(
        "d2mgan", "--data", aist, "--codec", aist / VQVAE_FILE, *FEW, "--batch", 1,
        "--out", out, "--published-code", "--without", "visual", "--without", "mel",
        "--no-reshape", "--scales", 1,
    )  # fmt: skip
    config = json.loads((out / "config.json").read_text())
    assert config["weights"]["latent"] == 5.0
    assert config["weights"]["mel"] == 0.0
    assert (config["visual"], config["motion"], config["gradient"]) == (False, True, False)
    assert (config["reshape"], config["scales"], config["processes"]) == (False, 1, 1)
    assert [line["step"] for line in metrics(out)] == [1, 2]
    assert "mel" not in metrics(out)[0]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((out / "samples" / "0000002").glob("*.wav"))) == 2
    assert len(list((out / "samples" / "0000002").glob("*.png"))) == 2
    assert list((out / "tensorboard").glob("events*"))
    header = read_tensors(out / "generator_high.safetensors")[1]
    assert (header["dataset"], header["trained_steps"]) == ("aist", "2")
    assert not (out / "vqvae_high.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--without", "music"), "Unknown part 'music'"),
        (("--batch", "4"), "batch of 4 is larger than the 3 training segments"),
        (("--precision", "fp16"), "fp16 needs a GPU"),
        (("--precision", "fp8"), "choose auto, no, bf16, fp16"),
        (("--device", "tpu"), "choose auto, cpu or cuda"),
        (("--codec", "nowhere.pt"), "There is no file nowhere.pt"),
        (("--dataset", "tiktok"), "tiktok_audio_train_segment.txt is missing"),
    ],
)
def test_impossible_settings_are_refused_in_one_sentence(aist, tmp_path, options, message):
    given = ("--data", aist, "--codec", aist / VQVAE_FILE)
    with pytest.raises(D2MError, match=message) as caught:
        run_command("d2mgan", *given, *FEW, "--out", tmp_path / "run", *options)
    assert "\n" not in str(caught.value)


def test_an_empty_data_folder_is_refused(tmp_path):
    codec = write_vqvae(tmp_path)
    (tmp_path / "data").mkdir()
    options = ("--data", tmp_path / "data", "--codec", codec, *FEW)
    with pytest.raises(DataError, match=r"aist_audio_train_segment\.txt is missing"):
        run_command("d2mgan", *options, "--out", tmp_path / "run")


@pytest.mark.parametrize(
    ("module", "message"),
    [("accelerate", "needs accelerate"), ("torch.utils.tensorboard", "--no-tensorboard")],
)
def test_a_missing_library_is_named(aist, tmp_path, monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, module, None)
    config = replace(SMALL, tensorboard=True)
    with pytest.raises(SettingsError, match=message):
        train_d2mgan(aist, random_vqvae(), tmp_path, config)


def test_a_single_process_has_the_whole_batch():
    engine = Engine(device="cpu", precision="auto", threads=1)
    assert (engine.world_size, engine.is_main_process, engine.share(3)) == (1, True, slice(0, 3))
    assert engine.device == torch.device("cpu")


def test_a_bf16_step_is_close_to_a_float32_step(aist):
    config = replace(SMALL, fine_tune=False)
    found = []
    for precision in ("no", "bf16"):
        task = D2MGANTask(aist, random_vqvae(), config)
        engine = Engine(device="cpu", precision=precision, threads=1)
        found.append(task.step(0, np.random.default_rng(0), engine))
    full, half = (float(metrics["commitment"]) for metrics in found)
    assert half == pytest.approx(full, rel=0.02)
    assert half != full


class CountingTask:
    """A task with a single parameter, to test the trainer."""

    def __init__(self, *, stop: int | None = None) -> None:
        self.network = torch.nn.Linear(1, 1, bias=False)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.5)
        self.rates: list[float] = []
        self._stop = stop

    def step(self, number, rng, engine):
        if number == self._stop:
            raise KeyboardInterrupt
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        engine.backward_and_step(self.network.weight.sum(), self.optimizer)
        return {"number": float(number), "drawn": rng.random()}

    def evaluate(self, _):
        return {"held_out_number": 1.0}

    def modules(self):
        return {"network": self.network, "optimizer": self.optimizer}

    def weights(self):
        return {"weights": Weights(self.network, {"kind": "test"})}

    def audio_examples(self, _):
        return {}


def test_reports_after_the_last_checkpoint_are_repeated_on_resuming(tmp_path):
    config = TrainerConfig(steps=10, report_every=3, save_every=4, device="cpu", tensorboard=False)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    Trainer(whole, config).train(CountingTask())
    with pytest.raises(KeyboardInterrupt):
        Trainer(stopped, config).train(CountingTask(stop=7))
    assert [line["step"] for line in metrics(stopped)] == [3, 6]
    resumed = CountingTask()
    Trainer(stopped, config).train(resumed)
    assert metrics(stopped) == metrics(whole)
    assert [line["number"] for line in metrics(whole)] == [1, 4, 7, 9]
    assert len(resumed.rates) == 6
    assert resumed.rates[0] == pytest.approx(0.5 * 0.05)
    assert resumed.rates[-1] == pytest.approx(0.5 * 0.1 * 0.201)


def test_a_checkpoint_without_sums_of_metrics_resumes(tmp_path):
    config = TrainerConfig(steps=4, save_every=2, device="cpu", tensorboard=False)
    Trainer(tmp_path, config).train(CountingTask())
    path = tmp_path / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    torch.save({name: state[name] for name in ("step", "network", "optimizer")}, path)
    Trainer(tmp_path, replace(config, steps=6)).train(CountingTask())
    assert [line["step"] for line in metrics(tmp_path)] == [4, 6]
