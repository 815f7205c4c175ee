"""How long tracking the beats of a sound takes."""

from __future__ import annotations

import resource
import time

import numpy as np

from d2m.perception.sound_beats import track_sound_beats
from tools.beat_figures.pieces import known_pieces
from tools.beat_figures.sounds import RATE

LENGTHS_S = (10.0, 30.0, 120.0)
"""Lengths of the sounds (s)."""
REPEATS = 5
"""The median of so many calls is reported."""


def time_table() -> list[str]:
    """Time the tracker, warm, and return Markdown."""
    piece = next(known_pieces(range(1))).sound
    lines = [
        "## Time",
        "",
        "| length (s) | wall time, warm (s) | CPU time (s) | largest memory of the process (MB) |",
        "|---|---|---|---|",
    ]
    for length_s in LENGTHS_S:
        sound = np.tile(piece, 11)[: round(length_s * RATE)]
        track_sound_beats(sound, RATE)
        walls, cpus = [], []
        for _ in range(REPEATS):
            wall, cpu = time.perf_counter(), time.process_time()
            track_sound_beats(sound, RATE)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        lines.append(
            f"| {length_s:g} | {np.median(walls):.2f} | {np.median(cpus):.2f} | {peak_mb:.0f} |"
        )
    return [*lines, ""]
