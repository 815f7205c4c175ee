"""Examines and copies clips in a child that may hang or die: for fuzzing, and quick."""

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
    """How a clip fared: ``works``, ``refused``, ``raised``, ``died`` or ``hung``.

    ``words`` are the sentence of a refusal or the end of a traceback; ``duration_s``,
    ``width`` and ``height`` are those of the copy.
    """

    kind: str
    seconds: float
    words: str = ""
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    has_audio: bool = False


class Prober:
    """A warm child that is killed and replaced when a clip takes longer than ``patience_s``.

    With ``apart`` clips are examined in a process of their own, as in the product; without,
    in the child itself, which is ten times as fast.
    """

    def __init__(self, *, patience_s: float = 60.0, apart: bool = True) -> None:
        self._patience_s, self._apart = patience_s, apart
        self._child: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def __call__(
        self, clip: Path, target: Path, start_s: float = 0.0, length_s: float | None = None
    ) -> Outcome:
        """Copy a clip, or a part of it, and say how it went."""
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._start()
        assert self._connection is not None
        begin = time.monotonic()
        try:
            self._connection.send((clip, target, start_s, length_s))
            if self._connection.poll(self._patience_s):
                return Outcome(**self._connection.recv(), seconds=time.monotonic() - begin)
            kind, words = "hung", f"for {self._patience_s:g} s"
        except (EOFError, OSError):
            assert self._child is not None
            kind, words = "died", f"exit status {self._child.wait(10)}"
        self.close()
        return Outcome(kind=kind, words=words, seconds=time.monotonic() - begin)

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
                [sys.executable, "-c", command, str(theirs.fileno()), str(int(self._apart))],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )


def main() -> None:
    """Serve a `Prober`."""
    import av  # noqa: F401

    import d2m.media.clip as video

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not int(sys.argv[2]):
        from d2m.media.probe import examine

        video.examine_apart = examine
    with Connection(int(sys.argv[1])) as connection, contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(_fate(*connection.recv()))


def _fate(clip: Path, target: Path, start_s: float, length_s: float | None) -> dict[str, object]:
    from d2m.core.errors import D2MError
    from d2m.media.clip import normalise

    try:
        info = normalise(clip, target, start_s=start_s, length_s=length_s)
    except D2MError as error:
        return {"kind": "refused", "words": str(error)}
    except Exception:
        return {"kind": "raised", "words": "".join(traceback.format_exc().splitlines(True)[-6:])}
    return {
        "kind": "works",
        "duration_s": info.duration_s,
        "width": info.width,
        "height": info.height,
        "has_audio": info.has_audio,
    }
