"""Where networks may run in reduced precision."""

from __future__ import annotations

from tests.architecture.source import project

ALLOWED = {
    "d2m.training.distributed": "chooses by what the processor can",
    "d2m.generation.segments": "only on a CUDA GPU, and only if it is asked for",
}
"""Modules that name a reduced precision, and why that is right."""


def test_only_the_engine_and_the_published_networks_reduce_the_precision() -> None:
    found = {
        name
        for name, module in project("d2m").items()
        if "torch.bfloat16" in module.text or "torch.float16" in module.text
    }
    assert found == {*ALLOWED}
