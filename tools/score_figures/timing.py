"""Time and memory that the studio version needs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from d2m.core.styles import style_named
from d2m.generation.studio import StudioModel
from tools.score_figures.dances import FIRST_DANCER, procedural_conditioning
from tools.score_figures.pieces import studio_piece

ROUNDS = 3
"""Repetitions, of which the median counts. Chosen by hand."""
_MEMORY_PROGRAM = """
import json, re, sys, time
from pathlib import Path
from tools.score_figures.dances import FIRST_DANCER, procedural_conditioning

def memory(name):
    status = Path("/proc/self/status").read_text()
    return int(re.search(name + r":\\s+(\\d+) kB", status)[1]) / 1024

import scipy.signal, librosa, mir_eval, d2m.pipeline, torch
dance = procedural_conditioning(FIRST_DANCER, tempo_bpm=108.0, duration_s=float(sys.argv[1]))
before = memory("VmRSS")
start = time.perf_counter()
from d2m.generation.studio import StudioModel
model = StudioModel.from_pretrained()
loaded_s, loaded = time.perf_counter() - start, memory("VmRSS")
music = model.generate(dance, seed=0)
first_s = time.perf_counter() - start
extra = memory("VmHWM") - before
print(json.dumps({"before_mb": before, "loaded_mb": loaded - before, "extra_mb": extra,
                  "load_s": loaded_s, "first_s": first_s}))
"""


def warm_seconds(model: StudioModel, style: str, duration_s: float) -> dict[str, float]:
    """Return the time of each stage and the total (s), the median of warm runs."""
    dance = procedural_conditioning(FIRST_DANCER, tempo_bpm=108.0, duration_s=duration_s)
    dance = replace(dance, style=style_named(style))
    studio_piece(model, dance, 0)
    rounds = []
    for seed in range(ROUNDS):
        start = time.perf_counter()
        piece = studio_piece(model, dance, seed)
        rounds.append(piece.seconds | {"total": time.perf_counter() - start})
    return {name: float(np.median([one[name] for one in rounds])) for name in rounds[0]}


def fresh_memory(duration_s: float) -> dict[str, Any]:
    """Return the peak memory (MB) and times (s) of one piece in a new process.

    ``before_mb`` is what the process holds after a dance was measured, with librosa, SciPy and
    PyTorch imported; ``extra_mb`` is how far its peak is above that when the sounds are loaded
    and the piece is made. It reads Linux's ``/proc``.
    """
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY_PROGRAM, str(duration_s)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
