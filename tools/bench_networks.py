"""Time the published networks on ten segments, against their eager form in the same run.

    make bench
    PYTHONPATH=. python tools/bench_networks.py --segments 10

The reference is the network as published: weight norm computed at every call, one segment
at a time. The weights are random, which changes no time.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from torch import Tensor

from d2m.core.levels import LEVELS, Level
from d2m.generation.segments import BATCH, SegmentNetworks, generate_segments
from d2m.models.d2mgan import build_d2mgan
from d2m.models.i3d import I3D_FEATURES
from d2m.models.vqvae import JukeboxVQVAE

ROUNDS = 3


def main(segments: Annotated[int, typer.Option(help="Segments to generate.")] = 10) -> None:
    """Print seconds a segment for each level, their ratio, and how far the answers differ."""
    typer.echo(f"published networks, {segments} segments, {torch.get_num_threads()} threads")
    for level in LEVELS.values():
        measure(level, segments)


@torch.inference_mode()
def measure(level: Level, n: int) -> None:
    """Time both forms of a level's networks in turn, and keep the best round of each."""
    torch.manual_seed(0)
    encoder, generator = (network.eval() for network in build_d2mgan("aist", level))
    motion, visual = torch.randn(n, 120, 219), torch.randn(n, 1, I3D_FEATURES)
    genre = torch.zeros(n, dtype=torch.long)
    start = time.perf_counter()
    with torch.inference_mode(False), torch.no_grad():
        codec = JukeboxVQVAE([level]).eval()
        networks = SegmentNetworks.prepared(
            copy.deepcopy(encoder), copy.deepcopy(generator), codec, level, device="cpu"
        )
    prepared = time.perf_counter() - start

    def eager() -> Tensor:
        parts = [slice(i, i + 1) for i in range(n)]
        return torch.cat([generator(encoder(motion[p]), visual[p], genre[p]) for p in parts])

    def fast() -> Tensor:
        parts = [slice(i, i + BATCH) for i in range(0, n, BATCH)]
        answers = [
            networks.generator(networks.encoder(motion[p]), visual[p], genre[p]) for p in parts
        ]
        return torch.cat(answers)

    expected, answer = eager(), fast()
    error = float((answer - expected).abs().max() / expected.abs().max())
    rounds = [(_seconds(eager), _seconds(fast)) for _ in range(ROUNDS)]
    slow_s, fast_s = (min(times) / n for times in zip(*rounds, strict=True))
    whole_s = _seconds(
        lambda: generate_segments(
            networks, motion=motion.numpy(), visual=visual[:, 0].numpy(), genre=0
        )
    )
    typer.echo(
        f"  {level.name:5s} {slow_s:.3f} s eager, {fast_s:.3f} s a segment: "
        f"{fast_s / slow_s:.2f} of its time, relative difference {error:.0e}; "
        f"{whole_s / n:.3f} s with lookup and decoder; {prepared:.1f} s to prepare once"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
