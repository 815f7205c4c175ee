"""Examine a stranger's clip in a process of its own, with little time and memory.

A file of a few kilobytes can promise millions of pictures in hundreds of tracks; the index
that FFmpeg builds from that takes minutes and gigabytes, and nothing can interrupt it. What
is found out travels as plain text, so that a process that was taken over can't pass on more.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from d2m.core.errors import D2MError, SettingsError, VideoError
from d2m.core.subprocess_limits import bound, environment
from d2m.media.probe import Examined, Part, examine
from d2m.media.safe_open import ClipInfo, ClipLimits, shown

CPU_S = 10
"""Processor time for a clip (s); an hour at 60 Hz, the most that is listed, takes three."""
WALL_S = 50.0
MEMORY_BYTES = 3 * 2**30
"""Address space; most of it is promised to threads and never used."""
_ERRORS: dict[str, type[D2MError]] = {
    kind.__name__: kind for kind in (D2MError, SettingsError, VideoError)
}


def examine_apart(path: Path, limits: ClipLimits, part: Part, *, cpu_s: int = CPU_S) -> Examined:
    """Do what `d2m.media.probe.examine` does, where it can't harm this process.

    Parameters
    ----------
    path, limits, part
        As there.
    cpu_s
        Processor time that it may take (s).

    Raises
    ------
    VideoError
        If it is not a video, what is taken of it is outside the limits, or finding out takes
        too long or too much memory.
    """
    request: dict[str, Any] = {
        "path": str(path.absolute()),
        "limits": asdict(limits),
        "part": asdict(part),
    }
    request["cpu_s"] = cpu_s
    command = [sys.executable, "-c", "from d2m.media.probe_sandbox import main; main()"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request),
            stdout=subprocess.PIPE,
            text=True,
            timeout=WALL_S,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_long(path) from None
    if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
        raise _too_long(path)
    if done.returncode:
        raise VideoError(
            f"The file {shown(path)} can't be read, because it is damaged: save it anew as MP4."
        )
    reply = json.loads(done.stdout)
    if "sentence" in reply:
        raise _ERRORS.get(reply["kind"], VideoError)(reply["sentence"])
    return Examined(
        info=ClipInfo(**reply["info"]), start_s=float(reply["start_s"]), skip=int(reply["skip"])
    )


def _too_long(path: Path) -> VideoError:
    return VideoError(
        f"Reading the file {shown(path)} takes too long: save it anew as MP4 with H.264."
    )


def main() -> None:
    """Answer the request on the standard input."""
    request = json.loads(sys.stdin.read())
    path = Path(request["path"])
    bound({"RLIMIT_CPU": request["cpu_s"], "RLIMIT_AS": MEMORY_BYTES, "RLIMIT_FSIZE": 0})
    try:
        reply: dict[str, Any] = asdict(
            examine(path, ClipLimits(**request["limits"]), Part(**request["part"]))
        )
    except D2MError as error:
        reply = {"kind": type(error).__name__, "sentence": str(error)}
    except MemoryError:
        reply = {
            "kind": VideoError.__name__,
            "sentence": f"Reading the file {shown(path)} takes too much memory: save it anew as "
            "MP4 with H.264.",
        }
    sys.stdout.write(json.dumps(reply))
