"""Train everything bundled within a given time: two codecs, then two generators.

Rendering goes on in the background while the networks train; the two networks of a kind train
side by side, each in a process of its own, on a GPU if there is one. Whatever is there already is
kept: an interrupted run resumes.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from d2m.core.errors import DataError
from d2m.core.levels import HOP_LEVELS
from d2m.models.score_generator import ScoreGeneratorConfig
from d2m.models.spectral_codec import SpectralCodec, SpectralCodecConfig
from d2m.training.data.composed_pieces import ComposedPiece, render_pieces
from d2m.training.score_generator_training import ScoreTrainingConfig, train_score_generator
from d2m.training.spectral_codec_losses import SpectralLossWeights
from d2m.training.spectral_codec_training import SpectralTrainingConfig, train_spectral_codec

CODEC_SHARE = 0.55
"""Share of the time after the first pieces that the codecs get; the generators get the rest."""
HELD_OUT_PIECES = 10
"""Held-out pieces that are rendered first: those that the trainings measure."""
LOSSES = {
    "high": (SpectralLossWeights(), 320.0),
    "low": (SpectralLossWeights(convergence=10.0, treble=0.5, tonal=2.0, low_band=8.0), 3_200.0),
}
"""Weights of the losses of each level, and the frequency (Hz) up to which the waveform counts: the
codes of level low can keep the phase of higher ones. Chosen by hand."""
_POLL_S = 0.5
_LEAST_MINUTES = 0.02  # of a training that starts late


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a run may use.

    Parameters
    ----------
    minutes
        Time in all.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    workers
        Processes that render pieces.
    pieces, first_pieces
        Pieces that are rendered in all, and before the codecs begin.
    codec_batch, generator_batch
        Crops in a batch.
    precision
        See `d2m.training.distributed.Engine`.
    """

    minutes: float
    device: str = "auto"
    workers: int = 1
    pieces: int = 200
    first_pieces: int = 40
    codec_batch: int = 8
    generator_batch: int = 8
    precision: str = "auto"


def train_all(out: Path, budget: Budget) -> None:
    """Render pieces and train all bundled networks.

    Parameters
    ----------
    out
        Run folder, to which ``corpus/`` and a folder for each network are written, such as
        ``codec_high/`` with its ``weights.safetensors``.
    budget
        Time, device and sizes.

    Raises
    ------
    DataError
        If a process fails; its error is printed.
    """
    ends = time.monotonic() + 60.0 * budget.minutes
    rendering = _start(_render, out / "corpus", budget)
    try:
        _wait_for_pieces(out / "corpus", budget, rendering)
        for kind, share in (("codec", CODEC_SHARE), ("generator", 1.0)):
            until = time.monotonic() + share * (ends - time.monotonic())
            running = [_start(_train, kind, level, out, until, budget) for level in HOP_LEVELS]
            for process in running:
                process.join()
                if process.exitcode:
                    raise DataError(f"The training of a {kind} failed; see its error above.")
    finally:
        rendering.kill()


def _start(target: Any, *arguments: Any) -> BaseProcess:
    process = get_context("spawn").Process(target=target, args=arguments)
    process.start()
    return process


def _render(corpus: Path, budget: Budget) -> None:
    """Render the held-out pieces and those to train on, in turn with the styles."""
    os.environ["OMP_NUM_THREADS"] = "1"
    held_out = [ComposedPiece(number=n, held_out=True) for n in range(HELD_OUT_PIECES)]
    pieces = [ComposedPiece(number=n) for n in range(budget.pieces)]
    render_pieces(corpus, held_out + pieces, workers=budget.workers)


def _wait_for_pieces(corpus: Path, budget: Budget, rendering: BaseProcess) -> None:
    wanted = min(budget.first_pieces, budget.pieces)
    while len([*corpus.glob("train/score-*.flac")]) < wanted:
        if rendering.exitcode:
            raise DataError("The pieces could not be rendered; see the error above.")
        time.sleep(_POLL_S)


def _train(kind: str, level: str, out: Path, until: float, budget: Budget) -> None:
    """Train one network in this process until a moment of the monotonic clock (s)."""
    shared: dict[str, Any] = {
        "minutes": max(_LEAST_MINUTES, (until - time.monotonic()) / 60.0),
        "device": budget.device,
        "precision": budget.precision,
        "tensorboard": False,
        "samples": False,
        "weights": LOSSES[level][0],
        "low_band_hz": LOSSES[level][1],
    }
    corpus, folder = out / "corpus", out / f"{kind}_{level}"
    if kind == "codec":
        sizes = SpectralCodecConfig(level=level)
        codec_config = SpectralTrainingConfig(codec=sizes, batch=budget.codec_batch, **shared)
        train_spectral_codec(corpus, folder, codec_config)
        return
    codec = SpectralCodec.from_pretrained(out / f"codec_{level}" / "weights.safetensors")
    generator = ScoreGeneratorConfig(level=level)
    config = ScoreTrainingConfig(generator=generator, batch=budget.generator_batch, **shared)
    train_score_generator(corpus, codec, folder, config)
