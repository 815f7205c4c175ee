"""Train the codecs of both levels within a given time.

Rendering goes on in the background while the codecs train side by side, each in a process of its
own, on a GPU if there is one.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from d2m.core.errors import DataError
from d2m.core.levels import HOP_LEVELS
from d2m.models.spectral_codec import SpectralCodecConfig
from d2m.training.child_processes import ChildProcesses
from d2m.training.codec_losses import CODEC_LOW_BAND_HZ, CODEC_WEIGHTS
from d2m.training.codec_training import CodecTrainingConfig, train_codec
from d2m.training.data.composed_pieces import ComposedPiece
from d2m.training.data.held_out_audio import HELD_OUT_TRACKS
from d2m.training.data.piece_rendering import missing_pieces, start_rendering
from d2m.training.data.recorded_music import add_permissive_music
from d2m.training.distributed import uses_gpu

GPU_PIECES, LEAST_PIECES = 1_600, 40
"""Pieces of a training on a GPU, and the fewest on a CPU. Chosen by hand."""
PIECES_PER_MINUTE = 8
"""Pieces of a training on a CPU for each minute: as many as one process renders meanwhile."""
CORES_LEFT = 4
"""Processor cores that rendering leaves to the codecs when they train on a GPU."""
WAIT_S = 0.5
"""Time (s) between two looks at processes and pieces."""
LATE_MINUTES = 0.02
"""Time (min) of a training for which no time is left. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a training of both codecs may use.

    Parameters
    ----------
    minutes
        Time in all.
    device, precision, threads
        See `d2m.training.trainer.TrainerConfig`.
    workers
        Processes that render pieces.
    pieces, first_pieces
        Pieces to train on that are rendered in all, and before the codecs begin.
    held_out_pieces
        Pieces that are only measured; they are rendered first.
    batch
        Crops in a batch.
    codec
        Sizes of the codec, at both levels.
    music
        Folder of recorded music, see `d2m.training.data.recorded_music`; None for none.
    """

    minutes: float
    device: str = "auto"
    precision: str = "auto"
    threads: int = 1
    workers: int = 1
    pieces: int = LEAST_PIECES
    first_pieces: int = 20
    held_out_pieces: int = HELD_OUT_TRACKS
    batch: int = 8
    codec: SpectralCodecConfig = field(default_factory=SpectralCodecConfig)
    music: Path | None = None


def budget_for(minutes: float, device: str = "auto") -> Budget:
    """Return what suits a GPU or a CPU.

    Parameters
    ----------
    minutes
        Time in all.
    device
        See `d2m.training.trainer.TrainerConfig`.

    Raises
    ------
    SettingsError
        If the device is unknown or not available.
    """
    if not uses_gpu(device):
        pieces = round(PIECES_PER_MINUTE * minutes)
        pieces = min(max(pieces, LEAST_PIECES), GPU_PIECES)
        return Budget(minutes=minutes, device=device, pieces=pieces)
    return Budget(
        minutes=minutes,
        device=device,
        workers=max(1, (os.cpu_count() or 1) - CORES_LEFT),
        pieces=GPU_PIECES,
        first_pieces=60,
        batch=64,
    )


def train_all(out: Path, budget: Budget) -> None:
    """Render pieces and train the codecs of both levels.

    A second call with the same folder goes on where the first one was interrupted: pieces and
    finished codecs are kept, and a codec that had begun gets the time it had left.

    Parameters
    ----------
    out
        Run folder, to which ``corpus/`` and a folder for each codec are written, such as
        ``codec_high/`` with its ``weights.safetensors``.
    budget
        Time, device and sizes.

    Raises
    ------
    DataError
        If a process fails; its error is printed.
    """
    ends, corpus = time.monotonic() + 60.0 * budget.minutes, out / "corpus"
    held_out = [ComposedPiece(number=n, held_out=True) for n in range(budget.held_out_pieces)]
    pieces = [ComposedPiece(number=n) for n in range(budget.pieces)]
    with ChildProcesses() as children:
        rendering = start_rendering(children, corpus, held_out + pieces, budget.workers)
        if budget.music is not None:
            add_permissive_music(corpus, budget.music)
        _wait_for_pieces(corpus, held_out + pieces[: budget.first_pieces], rendering)
        running = [children.start(_train, level, out, ends, budget) for level in HOP_LEVELS]
        while any(process.is_alive() for process in running):
            time.sleep(WAIT_S)
            if any(process.exitcode for process in running):
                break
        if any(process.exitcode for process in running):
            raise DataError("The training of a codec failed; see its error above.")


def _wait_for_pieces(
    corpus: Path, pieces: list[ComposedPiece], rendering: list[BaseProcess]
) -> None:
    """Wait until pieces are rendered."""
    while missing := missing_pieces(corpus, pieces):
        if any(process.exitcode for process in rendering):
            raise DataError("Pieces could not be rendered; see the error above.")
        if not any(process.is_alive() for process in rendering):
            missing = missing_pieces(corpus, missing)  # the last may have come just now
            if missing:
                raise DataError(
                    f"Rendering ended, but {len(missing)} pieces such as {missing[0].path} are "
                    f"not in {corpus}: is there space on the disk?"
                )
        time.sleep(WAIT_S)


def _train(level: str, out: Path, until: float, budget: Budget) -> None:
    """Train one codec in this process until a moment of the monotonic clock (s)."""
    folder = out / f"codec_{level}"
    config = CodecTrainingConfig(
        codec=replace(budget.codec, level=level),
        batch=budget.batch,
        weights=CODEC_WEIGHTS[level],
        low_band_hz=CODEC_LOW_BAND_HZ[level],
        minutes=_begun_minutes(folder) or max(LATE_MINUTES, (until - time.monotonic()) / 60.0),
        device=budget.device,
        precision=budget.precision,
        threads=budget.threads,
        tensorboard=False,
        samples=False,
    )
    train_codec(out / "corpus", folder, config)


def _begun_minutes(folder: Path) -> float:
    """Return the time (min) of the training that a folder holds; 0 without one."""
    if not (folder / "checkpoint.pt").is_file():
        return 0.0
    return float(json.loads((folder / "config.json").read_text())["minutes"])
