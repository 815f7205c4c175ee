"""A worker process, as its parent controls it.

It leads its own process group and has its own limits, so it can be killed at any moment together
with everything that it started.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

from d2m.core.errors import JobError
from d2m.core.openmp import SLEEPING_THREADS
from d2m.core.parallel import usable_cores
from d2m.core.subprocess_limits import child_environment
from d2m.jobs.messages import AnyJob, Failed, Finished, Limits, Message, Stage

HEARTBEAT_S = 0.2
"""Time between checks whether a job is stopped (s); chosen by hand."""
QUIET_S = 0.5
"""Longest time between two messages of a job (s), so that its consumer can stop it."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(?:^|_)(?:KEY|AUTH)(?:_|$)", re.IGNORECASE)


class WorkerProcess:
    """A process that runs `d2m.jobs.worker_main.main`, with a folder for its files.

    Parameters
    ----------
    limits
        Limits of the process and of each of its jobs.
    cache
        Folder for the analyses of clips.
    folder
        Where its own folder is created.
    rehearsal
        Clip of a job that it does at its start, see `d2m.jobs.rehearsal.rehearse`.

    Attributes
    ----------
    jobs : int
        Number of jobs it was given.
    scratch : pathlib.Path
        Folder for its temporary files.
    """

    def __init__(
        self, limits: Limits, cache: Path, folder: Path | None, rehearsal: Path | None = None
    ) -> None:
        self.jobs = 0
        self._limits = limits
        self._has_started = False  # imports take long on a slow disk
        self.scratch = Path(tempfile.mkdtemp(prefix="d2m-worker-", dir=folder))
        self._connection, theirs = Pipe()
        # Not multiprocessing's own start: it would import the web app into the worker, and a
        # process group created by the child could not be killed before it exists.
        with theirs:
            self._popen = subprocess.Popen(
                [
                    *(sys.executable, "-c", "from d2m.jobs.worker_main import main; main()"),
                    *(str(theirs.fileno()), str(self.scratch), str(cache)),
                    *(str(limits.memory_bytes), str(limits.file_bytes)),
                    str(rehearsal or ""),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=_environment(limits.at_once),
            )

    @property
    def is_alive(self) -> bool:
        """Whether it can take a job."""
        return self._popen.poll() is None

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its group."""
        return self._popen.pid

    def send(self, job: AnyJob) -> None:
        """Send it a job."""
        self.jobs += 1
        self._connection.send(job)

    def messages(
        self, job: AnyJob, deadline: float, stop: threading.Event
    ) -> Iterator[Message | None]:
        """Yield the messages of the job that was sent, up to the last one.

        The latest stage is repeated while there is no other.

        Before the first message, None is yielded.

        Raises
        ------
        JobError
            If the deadline (s, monotonic clock) passes, or the process is silent for too long.
        EOFError, OSError
            If the process is gone.
        """
        stage: Message | None = None
        yielded_s, silent_s = 0.0, 0.0
        while time.monotonic() < deadline:
            message: Message | None = stage
            polled_s = time.monotonic()
            if self._connection.poll(HEARTBEAT_S):
                message = self._connection.recv()
                self._has_started, silent_s = True, 0.0
            else:
                # Only the time spent here counts: the consumer of the messages may be slow.
                silent_s += time.monotonic() - polled_s
                if self._has_started and silent_s > self._limits.silent_s:
                    raise JobError(
                        f"The work on the {job.subject} got stuck: try again, or save the "
                        f"{job.subject} again as {job.safe_format}."
                    )
                if time.monotonic() - yielded_s < QUIET_S and not stop.is_set():
                    continue
            if isinstance(message, Stage):
                stage = message
            yielded_s = time.monotonic()
            yield message
            if isinstance(message, Finished | Failed):
                return
        raise JobError(
            f"The {job.subject} took longer than a job may take: use a shorter one, or trim it."
        )

    def kill(self) -> None:
        """Kill the process and its children immediately, and remove its files."""
        # The group exists as long as one of its processes does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


def _environment(at_once: int) -> dict[str, str]:
    """Return the environment of a worker process: short logs, its share of cores, no secrets.

    The process decodes untrusted files, so it must not hold keys.
    """
    known = {name: value for name, value in child_environment().items() if not _SECRET.search(name)}
    threads = str(max(1, usable_cores() // at_once))
    return {
        "GLOG_minloglevel": "2",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **SLEEPING_THREADS,
        **dict.fromkeys(_THREADS, threads),
        **known,
    }
