"""The process that works for a `d2m.jobs.Worker`, seen from outside.

It leads its own process group and has its limits, so that it can be killed at any moment with
all that it started.
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
from d2m.core.subprocess_limits import environment
from d2m.jobs.messages import Failed, Finished, Job, Limits, Message, Stage

HEARTBEAT_S = 0.2
"""How often (s) it is checked whether somebody stops a job."""
QUIET_S = 0.5
"""A job gives a message at least this often (s), so that it can be stopped."""
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(?:^|_)(?:KEY|AUTH)(?:_|$)", re.IGNORECASE)


class Process:
    """A process of `d2m.jobs.worker_main.main`, with a folder for its files.

    Parameters
    ----------
    limits
        Bounds on it and on each of its jobs.
    cache
        Folder for what was seen in clips.
    folder
        Where its own folder is made.

    Attributes
    ----------
    jobs : int
        How many it was given.
    """

    def __init__(self, limits: Limits, cache: Path, folder: Path | None) -> None:
        self.jobs = 0
        self._limits = limits
        self._has_begun = False  # imports take long where the disk is slow
        self._scratch = Path(tempfile.mkdtemp(prefix="d2m-worker-", dir=folder))
        self._connection, theirs = Pipe()
        # Not multiprocessing's own start: it would import the web app into the worker, and
        # a group made by the child could not be killed before the child has made it.
        with theirs:
            self._popen = subprocess.Popen(
                [
                    *(sys.executable, "-c", "from d2m.jobs.worker_main import main; main()"),
                    *(str(theirs.fileno()), str(self._scratch), str(cache)),
                    *(str(limits.memory_bytes), str(limits.file_bytes)),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=_environment(),
            )

    @property
    def is_alive(self) -> bool:
        """Whether it can take a job."""
        return self._popen.poll() is None

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""
        return self._popen.pid

    def send(self, job: Job) -> None:
        """Give it a job."""
        self.jobs += 1
        self._connection.send(job)

    def messages(self, deadline: float, stop: threading.Event) -> Iterator[Message | None]:
        """Yield messages up to the last one, and the latest stage again while there is none.

        Before the first one there is None.

        Raises
        ------
        JobError
            If the deadline (on the monotonic clock, s) passes, or there is no sign of life.
        EOFError, OSError
            If the process is gone.
        """
        stage: Message | None = None
        told_s, silent_s = 0.0, 0.0
        while time.monotonic() < deadline:
            message: Message | None = stage
            asked_s = time.monotonic()
            if self._connection.poll(HEARTBEAT_S):
                message = self._connection.recv()
                self._has_begun, silent_s = True, 0.0
            else:
                # Only the time spent here counts: who takes the messages may take their time.
                silent_s += time.monotonic() - asked_s
                if self._has_begun and silent_s > self._limits.silent_s:
                    raise JobError(
                        "The work on the clip got stuck: try again, or save the clip anew as MP4 "
                        "with H.264."
                    )
                if time.monotonic() - told_s < QUIET_S and not stop.is_set():
                    continue
            if isinstance(message, Stage):
                stage = message
            told_s = time.monotonic()
            yield message
            if isinstance(message, Finished | Failed):
                return
        raise JobError("The clip took longer than a job may take: send a shorter one, or trim it.")

    def kill(self) -> None:
        """Kill the process and its children at once, and remove its files."""
        # The group outlives its leader as long as a child does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _environment() -> dict[str, str]:
    """Return the environment of a worker.

    Its logs are short, and it has no keys: it runs what strangers send through decoders.
    """
    known = {name: value for name, value in environment().items() if not _SECRET.search(name)}
    return {"GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "2", **known}
