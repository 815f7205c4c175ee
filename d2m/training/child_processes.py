"""Processes that end with the process that started them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from threading import Thread
from types import TracebackType
from typing import Any

STOP_S = 5.0
"""Time (s) that a process has to end before it is killed."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that limit the threads of numeric libraries."""


class ChildProcesses:
    """Start processes, and end those that still run when the context is left.

    They also end, at once, if this process is killed. The numeric libraries of each use one
    thread, as many processes share the processor.
    """

    def __init__(self) -> None:
        self._context = get_context("spawn")
        self._started: list[BaseProcess] = []
        self._shared: list[Synchronized[int]] = []  # must live until processes have read them

    def __enter__(self) -> ChildProcesses:
        """Return this object."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all processes."""
        self.stop()

    def start(self, target: Callable[..., None], *arguments: Any) -> BaseProcess:
        """Start a process.

        Parameters
        ----------
        target
            What it runs: a function of a module, which it imports.
        *arguments
            Arguments of that function, which must be picklable.
        """
        process = self._context.Process(target=_run, args=(target, *arguments), daemon=True)
        with _one_thread():
            process.start()
        self._started.append(process)
        return process

    def counter(self) -> Synchronized[int]:
        """Return a number, at first 0, that processes share."""
        self._shared.append(self._context.Value("i", 0))
        return self._shared[-1]

    def stop(self) -> None:
        """End all processes."""
        for process in self._started:
            process.terminate()
        for process in self._started:
            process.join(STOP_S)
            if process.is_alive():
                process.kill()
                process.join()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes that start meanwhile inherit that libraries use one thread."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _run(target: Callable[..., None], *arguments: Any) -> None:
    """Run a function while the parent lives."""
    Thread(target=_end_with_parent, daemon=True).start()
    target(*arguments)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
