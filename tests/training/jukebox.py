"""A JukeBox VQ-VAE with random weights, for the training of D2M-GAN."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from d2m.core.levels import HIGH, HopLevel
from d2m.models.vqvae import JukeboxVQVAE

VQVAE_FILE = "vqvae.safetensors"
"""Name of the file that `write_vqvae` writes."""


def random_vqvae(level: HopLevel = HIGH) -> JukeboxVQVAE:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        codec = JukeboxVQVAE([level])
        codec.codebook(level).k.normal_()
    return codec.eval().requires_grad_(False)


def write_vqvae(folder: Path, level: HopLevel = HIGH) -> Path:
    path = folder / VQVAE_FILE
    save_file(random_vqvae(level).state_dict(), path)
    return path
