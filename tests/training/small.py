"""Small networks and settings for the tests of training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from d2m.core.levels import SAMPLE_RATE
from d2m.models.spectral_codec import SpectralCodec, SpectralCodecConfig
from d2m.training.distributed import Engine

CODEC = SpectralCodecConfig(
    width=32,
    fine_width=16,
    encoder_blocks=1,
    fine_encoder_blocks=1,
    decoder_blocks=1,
    fine_decoder_blocks=1,
)
FEW: dict[str, Any] = {
    "batch": 2,
    "report_every": 2,
    "save_every": 8,
    "device": "cpu",
    "precision": "no",
    "tensorboard": False,
}


def small_codec(level: str = "high") -> SpectralCodec:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        codec = SpectralCodec(SpectralCodecConfig(**{**CODEC.__dict__, "level": level}))
        codec.codebook.k.normal_()
    return codec.eval().requires_grad_(False)


def cpu_engine(precision: str = "no") -> Engine:
    return Engine(device="cpu", precision=precision, threads=1)


def tone(hz: float, seconds: float = 1.0, phase: float = 0.0) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * hz * time + phase)).astype(np.float32)


def metrics(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(li).items() if k != "seconds_a_step"} for li in lines]
