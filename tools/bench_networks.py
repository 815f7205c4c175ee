"""Time the published networks on ten segments, and compare them with their original form.

    make bench
    PYTHONPATH=. python tools/bench_networks.py --segments 10

The original form computes weight norm at every call and runs one segment at a time. The weights
are random, which does not change the times.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from torch import Tensor

from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.generation.segments import BATCH, SegmentNetworks
from d2m.models.d2mgan import DATASETS, build_d2mgan
from d2m.models.i3d import I3D_FEATURES
from d2m.models.vqvae import JukeboxVQVAE

ROUNDS = 3
"""Repetitions of each measurement, of which the fastest counts; chosen by hand."""
DATASET = "aist"


def main(
    segments: Annotated[int, typer.Option(help="Number of segments to generate.")] = 10,
) -> None:
    """Print the time per segment (s) of both forms, their ratio, and their relative difference."""
    typer.echo(f"published networks, {segments} segments, {torch.get_num_threads()} threads")
    for level in HOP_LEVELS.values():
        measure(level, segments)


@torch.inference_mode()
def measure(level: HopLevel, n_segments: int) -> None:
    """Time both forms of a level's networks alternately, and print the fastest round of each."""
    torch.manual_seed(0)
    layout = DATASETS[DATASET]
    encoder, generator = (network.eval() for network in build_d2mgan(DATASET, level))
    motion = torch.randn(n_segments, layout.frames, layout.values)
    visual = torch.randn(n_segments, 1, I3D_FEATURES)
    genre = torch.zeros(n_segments, dtype=torch.long)
    start = time.perf_counter()
    with torch.inference_mode(False), torch.no_grad():
        codec = JukeboxVQVAE([level]).eval()
        networks = SegmentNetworks.prepare(
            copy.deepcopy(encoder), copy.deepcopy(generator), codec, level, device="cpu"
        )
    preparation_s = time.perf_counter() - start

    def run_original() -> Tensor:
        parts = [slice(i, i + 1) for i in range(n_segments)]
        return torch.cat([generator(encoder(motion[p]), visual[p], genre[p]) for p in parts])

    def run_optimised() -> Tensor:
        parts = [slice(i, i + BATCH) for i in range(0, n_segments, BATCH)]
        latents = [
            networks.generator(networks.encoder(motion[p]), visual[p], genre[p]) for p in parts
        ]
        return torch.cat(latents)

    expected, actual = run_original(), run_optimised()
    error = float((actual - expected).abs().max() / expected.abs().max())
    rounds = [(_seconds(run_original), _seconds(run_optimised)) for _ in range(ROUNDS)]
    original_s, optimised_s = (min(times) / n_segments for times in zip(*rounds, strict=True))
    whole_s = _seconds(lambda: networks.generate(motion.numpy(), visual[:, 0].numpy(), 0))
    typer.echo(
        f"  {level.name:5s} {original_s:.3f} s per segment in the original form, "
        f"{optimised_s:.3f} s optimised: {optimised_s / original_s:.2f} of the time, relative "
        f"difference {error:.0e}; {whole_s / n_segments:.3f} s with codebook lookup and decoder; "
        f"{preparation_s:.1f} s to prepare once"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
