"""The time that encoding, decoding and generating need, relative to the music's length."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from d2m.benchmark.codec_copies import codec_copy
from d2m.benchmark.unseen_pieces import UnseenPiece, middle
from d2m.core.levels import SAMPLE_RATE
from d2m.generation.compact import CompactModel

DECODED_S = 10.0
"""Length of the audio that is decoded (s)."""
ROUNDS = 5
"""Repetitions, of which the fastest counts, because other programs may be running."""


def speed_figures(
    models: dict[str, CompactModel], piece: UnseenPiece, threads: int = 2
) -> dict[str, dict[str, float]]:
    """Return times (s) and their ratios to real time by level.

    Beside busy programs, two threads may be slower than one, because they wait for each other.

    Parameters
    ----------
    models
        Models by level.
    piece
        The piece that is decoded, up to `DECODED_S`, and generated.
    threads
        Threads of PyTorch.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return {level: _times(model, piece) for level, model in models.items()}
    finally:
        torch.set_num_threads(before)


def _times(model: CompactModel, piece: UnseenPiece) -> dict[str, float]:
    excerpt = middle(piece.studio, DECODED_S)
    excerpt = excerpt[: len(excerpt) // 2048 * 2048]
    codes = model.encode(excerpt)
    codec_copy(model, excerpt)  # the first run is slower
    decoded_s = len(excerpt) / SAMPLE_RATE
    decode_s = _fastest(lambda _: model.decode(codes))
    # Each round plays another song, because a model keeps the sound of the last ones.
    generate_s = _fastest(lambda number: model.generate(piece.dance, seed=piece.seed + number))
    return {
        "decode_s": decode_s,
        "decode_real_time": decode_s / decoded_s,
        "generate_s": generate_s,
        "generate_real_time": generate_s / piece.dance.duration_s,
        "piece_s": piece.dance.duration_s,
    }


def _fastest(work: Callable[[int], Any]) -> float:
    """Return the time (s) of the fastest round; the work is told the number of its round."""
    times = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return min(times)
