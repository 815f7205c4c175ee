"""Probe an untrusted clip in a child process with limited time and memory.

A file of a few kilobytes can declare millions of frames in hundreds of tracks. The index that
FFmpeg builds from that takes minutes and gigabytes, and can't be interrupted. The result is
sent as plain JSON, so that a compromised child process can return nothing but data.
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
from d2m.core.subprocess_limits import child_environment, limit_resources
from d2m.media.clip_limits import ClipInfo, ClipLimits, display_name
from d2m.media.picture_times import PictureTimes
from d2m.media.probe import ClipPart, ProbeResult, probe_file

CPU_S = 10
"""Processor time for a clip (s). The longest listing allowed, an hour at 60 Hz, takes 3 s."""
WALL_S = 50.0
"""Wall-clock time for a clip (s). Chosen by hand: several times `CPU_S`, for a busy host."""
MEMORY_BYTES = 3 * 2**30
"""Address space (bytes). Chosen by hand; threads reserve most of it and never use it."""
_ERRORS: dict[str, type[D2MError]] = {
    kind.__name__: kind for kind in (D2MError, SettingsError, VideoError)
}
_WHOLE = ClipPart()


def probe_in_sandbox(
    path: Path, limits: ClipLimits, part: ClipPart = _WHOLE, *, cpu_s: int = CPU_S
) -> ProbeResult:
    """Call `d2m.media.probe.probe_file` in a child process with limited time and memory.

    Parameters
    ----------
    path, limits, part
        As for `d2m.media.probe.probe_file`.
    cpu_s
        Limit on the processor time (s).

    Returns
    -------
    ProbeResult
        As of `d2m.media.probe.probe_file`.

    Raises
    ------
    VideoError
        If the file is not a video, the part is outside the clip or the limits, or probing
        takes too long or too much memory.
    """
    request: dict[str, Any] = {
        "path": str(path.absolute()),
        "limits": asdict(limits),
        "part": asdict(part),
        "cpu_s": cpu_s,
    }
    command = [sys.executable, "-c", "from d2m.media.probe_sandbox import main; main()"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request),
            stdout=subprocess.PIPE,
            text=True,
            timeout=WALL_S,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_long(path) from None
    if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
        raise _too_long(path)
    if done.returncode:
        raise VideoError(
            f"The file {display_name(path)} can't be read, because it is damaged: save it again"
            " as MP4."
        )
    reply = json.loads(done.stdout)
    if "message" in reply:
        raise _ERRORS.get(reply["kind"], VideoError)(reply["message"])
    return ProbeResult(
        info=ClipInfo(**reply["info"]),
        start_s=float(reply["start_s"]),
        skip=int(reply["skip"]),
        sound_start_s=float(reply["sound_start_s"]),
        times_intact=bool(reply["times_intact"]),
        times=_picture_times(reply["times"]),
    )


def _picture_times(fields: dict[str, Any]) -> PictureTimes:
    """Return what the child process sent, with tuples instead of JSON's lists."""
    repaired = tuple((int(stamp), float(time)) for stamp, time in fields.pop("repaired"))
    resets = tuple(map(float, fields.pop("resets")))
    return PictureTimes(**fields, repaired=repaired, resets=resets)


def _too_long(path: Path) -> VideoError:
    return VideoError(
        f"Reading the file {display_name(path)} takes too long: save it again as MP4 with H.264."
    )


def main() -> None:
    """Answer the request on the standard input; the child process runs this."""
    request = json.loads(sys.stdin.read())
    path = Path(request["path"])
    limit_resources({"RLIMIT_CPU": request["cpu_s"], "RLIMIT_AS": MEMORY_BYTES, "RLIMIT_FSIZE": 0})
    try:
        reply: dict[str, Any] = asdict(
            probe_file(path, ClipLimits(**request["limits"]), ClipPart(**request["part"]))
        )
    except D2MError as error:
        reply = {"kind": type(error).__name__, "message": str(error)}
    except MemoryError:
        reply = {
            "kind": VideoError.__name__,
            "message": f"Reading the file {display_name(path)} takes too much memory: save it"
            " again as MP4 with H.264.",
        }
    sys.stdout.write(json.dumps(reply))
