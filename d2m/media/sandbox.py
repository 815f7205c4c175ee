"""Read an untrusted file in a child process with limited time and memory.

A file of a few kilobytes can declare millions of frames in hundreds of tracks. The index that
FFmpeg builds from that takes minutes and gigabytes, and can't be interrupted. The answer is
plain JSON, so that a compromised child process can return nothing but data.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.core.errors import AudioError, D2MError, SettingsError, VideoError
from d2m.core.subprocess_limits import child_environment, limit_resources
from d2m.media.clip_limits import display_name

WALL_S = 50.0
"""Wall-clock time for a file (s). Chosen by hand: several times the processor time, for a busy
host."""
MEMORY_BYTES = 3 * 2**30
"""Address space (bytes). Chosen by hand; threads reserve most of it and never use it."""
_ERRORS: dict[str, type[D2MError]] = {
    kind.__name__: kind for kind in (AudioError, D2MError, SettingsError, VideoError)
}


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """How files of a kind are read.

    Parameters
    ----------
    module
        Name of the module whose ``main`` the child process calls; `answer` does the rest.
    error
        Class of the errors of files that can't be read.
    advice
        What to do with such a file, such as ``"save it again as MP4"``.
    """

    module: str
    error: type[D2MError]
    advice: str

    def ask(
        self,
        path: Path,
        request: dict[str, Any],
        *,
        cpu_s: int,
        output: int | None = None,
        most_bytes: int = 0,
    ) -> dict[str, Any]:
        """Have a file read, and return the answer.

        Parameters
        ----------
        path
            The file.
        request
            What the child process is told besides the file, for JSON.
        cpu_s
            Limit on its processor time (s).
        output
            Descriptor of an open file to which it may write data, if any.
        most_bytes
            Limit on the length of that file (bytes).

        Raises
        ------
        D2MError
            Of the class ``error`` if the file can't be read, or takes too long or too much
            memory; otherwise the error that was raised by the child process.
        """
        limits = {"RLIMIT_CPU": cpu_s, "RLIMIT_AS": MEMORY_BYTES, "RLIMIT_FSIZE": most_bytes}
        message = {**request, "path": str(path.absolute()), "limits_of_process": limits}
        command = [sys.executable, "-c", f"from {self.module} import main; main()"]
        try:
            done = subprocess.run(
                command,
                input=json.dumps({**message, "output": output}),
                stdout=subprocess.PIPE,
                text=True,
                timeout=WALL_S,
                env=child_environment(),
                pass_fds=() if output is None else (output,),
                start_new_session=True,  # Ctrl+C in a terminal reaches the command alone
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._too_long(path) from None
        if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
            raise self._too_long(path)
        if done.returncode:
            raise self.error(
                f"The file {display_name(path)} can't be read, because it is damaged:"
                f" {self.advice}."
            )
        reply: dict[str, Any] = json.loads(done.stdout)
        if "message" in reply:
            raise _ERRORS.get(reply["kind"], self.error)(reply["message"])
        return reply

    def answer(self, read: Callable[[Path, dict[str, Any]], dict[str, Any]]) -> None:
        """Answer the request on the standard input; the child process runs this.

        Parameters
        ----------
        read
            Reads a file as a request says, and returns the answer for JSON.
        """
        text = sys.stdin.read()
        if not text:  # whoever asked was interrupted, and nobody waits for an answer
            return
        request = json.loads(text)
        path = Path(request["path"])
        limit_resources(request["limits_of_process"])
        try:
            reply = read(path, request)
        except D2MError as error:
            reply = {"kind": type(error).__name__, "message": str(error)}
        except MemoryError:
            reply = {
                "kind": self.error.__name__,
                "message": f"Reading the file {display_name(path)} takes too much memory:"
                f" {self.advice}.",
            }
        sys.stdout.write(json.dumps(reply))

    def _too_long(self, path: Path) -> D2MError:
        return self.error(f"Reading the file {display_name(path)} takes too long: {self.advice}.")
