"""How the threads of numerical libraries wait for each other."""

from __future__ import annotations

import os

SLEEPING_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
"""Variables of GNU's and of LLVM's OpenMP: threads that wait sleep. By default they keep their
core busy, so that where other threads need it, each waits for the other: a second of work took up
to eleven (measured)."""


def let_threads_sleep() -> None:
    """Set how threads wait, unless the environment says it; before PyTorch is imported."""
    for name, value in SLEEPING_THREADS.items():
        os.environ.setdefault(name, value)
