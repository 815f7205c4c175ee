"""Normalise clips in a child process that may hang or crash; fast enough for fuzzing."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEMORY_BYTES = 6 * 2**30


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of normalising a clip.

    Parameters
    ----------
    kind
        ``works``, ``refused``, ``raised``, ``crashed`` or ``hung``.
    seconds
        Time it took (s).
    message
        The message of a refusal, or the end of a traceback.
    duration_s, width, height, has_audio
        Properties of the normalised clip (s, px, px).
    """

    kind: str
    seconds: float
    message: str = ""
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    has_audio: bool = False


class Prober:
    """A child process for many clips; it is killed and replaced when a clip takes too long.

    Parameters
    ----------
    timeout_s
        Longest time for a clip (s).
    in_sandbox
        Whether clips are probed in yet another process, as in the product. Probing them in
        the child itself is ten times as fast.
    """

    def __init__(self, *, timeout_s: float = 60.0, in_sandbox: bool = True) -> None:
        self.timeout_s, self._in_sandbox = timeout_s, in_sandbox
        self._child: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def __call__(
        self, clip: Path, target: Path, start_s: float = 0.0, length_s: float | None = None
    ) -> Outcome:
        """Normalise a clip, or a part of it, and return the outcome."""
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._start()
        assert self._connection is not None
        begin = time.monotonic()
        try:
            self._connection.send((clip, target, start_s, length_s))
            if self._connection.poll(self.timeout_s):
                return Outcome(**self._connection.recv(), seconds=time.monotonic() - begin)
            kind, message = "hung", f"for {self.timeout_s:g} s"
        except (EOFError, OSError):
            assert self._child is not None
            kind, message = "crashed", f"exit status {self._child.wait(10)}"
        self.close()
        return Outcome(kind=kind, message=message, seconds=time.monotonic() - begin)

    @property
    def pid(self) -> int | None:
        """The child's process id, or None before the first clip and after closing."""
        return None if self._child is None else self._child.pid

    def close(self) -> None:
        """Kill the child."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        if self._connection is not None:
            self._connection.close()
        self._child = self._connection = None

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            command = "from tests.torture.prober import main; main()"
            self._child = subprocess.Popen(
                [sys.executable, "-c", command, str(theirs.fileno()), str(int(self._in_sandbox))],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )


def main() -> None:
    """Normalise clips for a `Prober`; the child process runs this."""
    import av  # noqa: F401

    from d2m.media import clip

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not int(sys.argv[2]):
        from d2m.media.probe import probe_file

        clip.probe_in_sandbox = probe_file
    with Connection(int(sys.argv[1])) as connection, contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(_normalise(*connection.recv()))


def _normalise(
    clip: Path, target: Path, start_s: float, length_s: float | None
) -> dict[str, object]:
    """Return the fields of an `Outcome`, without its duration."""
    from d2m.core.errors import D2MError
    from d2m.media.clip import normalise

    try:
        info = normalise(clip, target, start_s=start_s, length_s=length_s)
    except D2MError as error:
        return {"kind": "refused", "message": str(error)}
    except Exception:
        return {"kind": "raised", "message": "".join(traceback.format_exc().splitlines(True)[-6:])}
    return {
        "kind": "works",
        "duration_s": info.duration_s,
        "width": info.width,
        "height": info.height,
        "has_audio": info.has_audio,
    }
