"""Steps of a training without a GPU, and what the device and the precision are."""

from __future__ import annotations

import pytest
import torch

from d2m.core.errors import SettingsError
from d2m.training.distributed import Engine, uses_gpu
from d2m.training.step_graph import StepGraph
from d2m.training.trainer import Trainer, TrainerConfig
from tests.training.small import cpu_engine


def test_without_a_gpu_a_step_is_an_ordinary_one():
    network = torch.nn.Linear(3, 1, bias=False)
    before = network.weight.detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

    def compute(inputs):
        out = network(inputs["x"]).mean()
        return {"loss": out, "twice": 2 * out}

    steps = StepGraph(compute, optimizer, network, cpu_engine())
    x = torch.tensor([[1.0, 2.0, -1.0]])
    outputs = steps({"x": x})
    assert torch.allclose(network.weight, before - 0.1 * x)
    assert outputs["twice"] == pytest.approx(2 * float(outputs["loss"]))
    assert not outputs["loss"].requires_grad
    assert isinstance(optimizer.param_groups[0]["lr"], float)
    assert float(steps({"x": x})["loss"]) < float(outputs["loss"])


def test_gradients_of_a_step_are_clipped():
    network = torch.nn.Linear(1, 1, bias=False)
    before = network.weight.item()
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    steps = StepGraph(
        lambda inputs: {"loss": 1000.0 * network(inputs["x"]).mean()},
        optimizer,
        network,
        cpu_engine(),
    )
    steps({"x": torch.ones(1, 1)})
    assert before - network.weight.item() == pytest.approx(5.0, rel=1e-3)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"avx2": True, "amx_bf16": False, "avx512_bf16": False}, torch.float32),
        ({"avx2": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"neon": True, "bf16": True}, torch.bfloat16),
        ({}, torch.float32),
    ],
)
def test_a_cpu_uses_bfloat16_only_if_it_has_instructions_for_it(monkeypatch, found, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    engine = cpu_engine("auto")
    with engine.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected


def test_a_torch_that_does_not_know_the_cpu_uses_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    with cpu_engine("auto").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_an_unknown_device_is_refused():
    assert not uses_gpu("cpu")
    with pytest.raises(SettingsError, match="choose auto, cpu or cuda"):
        uses_gpu("tpu")


def test_several_processes_refuse_to_train_for_minutes(tmp_path, monkeypatch):
    monkeypatch.setattr(Engine, "world_size", property(lambda _: 2))
    with pytest.raises(SettingsError, match="use --steps"):
        Trainer(tmp_path, TrainerConfig(minutes=1.0, device="cpu"))
    assert Trainer(tmp_path, TrainerConfig(device="cpu")).config.minutes == 0.0
