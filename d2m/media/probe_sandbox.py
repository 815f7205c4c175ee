"""Probe an untrusted clip in a child process with limited time and memory."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from d2m.core.errors import VideoError
from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.picture_times import PictureTimes
from d2m.media.probe import ClipPart, ProbeResult, probe_file
from d2m.media.sandbox import Sandbox

CPU_S = 10
"""Processor time for a clip (s). The longest listing allowed, an hour at 60 Hz, takes 3 s."""
_SANDBOX = Sandbox(
    module="d2m.media.probe_sandbox",
    error=VideoError,
    advice="save it again as MP4 with H.264",
)
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
    request = {"limits": asdict(limits), "part": asdict(part)}
    reply = _SANDBOX.ask(path, request, cpu_s=cpu_s)
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


def _read(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    limits, part = ClipLimits(**request["limits"]), ClipPart(**request["part"])
    return asdict(probe_file(path, limits, part))


def main() -> None:
    """Answer the request on the standard input; the child process runs this."""
    _SANDBOX.answer(_read)
