"""Decode an untrusted song in a child process with limited time and memory."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.media.clip_part import ClipPart
from d2m.media.sandbox import Sandbox
from d2m.media.song_file import SONG_RATES, SongInfo, SongLimits, read_song
from d2m.media.song_refusals import SAVE_AGAIN

_CPU_S = 30
"""Processor time for a song (s). Ten minutes in two channels take 5 s at most."""
_SANDBOX = Sandbox(module="d2m.media.song_sandbox", error=AudioError, advice=SAVE_AGAIN)
_SAMPLE_BYTES = np.dtype(np.float32).itemsize
_WHOLE = ClipPart()


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedSong:
    """The sound of a song, or of a part of it.

    Parameters
    ----------
    info
        Properties of the song.
    sample_rate
        Samples per second (Hz).
    samples : (C, N)
        One channel, or left and right, mapped from a file so that they need no memory; peaks
        beyond full scale are kept.
    """

    info: SongInfo
    sample_rate: int
    samples: NDArray[np.float32]

    @property
    def duration_s(self) -> float:
        """Duration (s)."""
        return self.samples.shape[1] / self.sample_rate


def decode_song(
    path: Path,
    part: ClipPart = _WHOLE,
    *,
    sample_rate: int | None = None,
    is_mono: bool = False,
    limits: SongLimits | None = None,
    cpu_s: int = _CPU_S,
) -> DecodedSong:
    """Call `d2m.media.song_file.read_song` in a child process with limited time and memory.

    Parameters
    ----------
    path, part, sample_rate, is_mono, limits
        As for `d2m.media.song_file.read_song`.
    cpu_s
        Limit on the processor time (s).

    Raises
    ------
    AudioError
        If the file is no song, the part is outside of it or of the limits, or reading takes too
        long or too much memory.
    """
    limits = limits or SongLimits()
    request = {
        "limits": asdict(limits),
        "part": asdict(part),
        "sample_rate": sample_rate,
        "is_mono": is_mono,
    }
    most = int((limits.max_duration_s + 1) * max(SONG_RATES)) * 2 * _SAMPLE_BYTES
    with tempfile.TemporaryFile() as file:
        reply = _SANDBOX.ask(path, request, cpu_s=cpu_s, output=file.fileno(), most_bytes=most)
        shape = int(reply["length"]), int(reply["channels"])
        if os.fstat(file.fileno()).st_size != shape[0] * shape[1] * _SAMPLE_BYTES:
            raise AudioError("The song could not be stored: check the free disk space.")
        samples = np.memmap(file, np.float32, "r", shape=shape)
    return DecodedSong(
        info=SongInfo(**reply["info"]), sample_rate=int(reply["sample_rate"]), samples=samples.T
    )


def _read(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    info, rate, samples = read_song(
        path,
        SongLimits(**request["limits"]),
        ClipPart(**request["part"]),
        sample_rate=request["sample_rate"],
        is_mono=request["is_mono"],
    )
    with os.fdopen(request["output"], "wb", closefd=False) as file:
        np.ascontiguousarray(samples.T).tofile(file)
    return {
        "info": asdict(info),
        "sample_rate": rate,
        "channels": samples.shape[0],
        "length": samples.shape[1],
    }


def main() -> None:
    """Answer the request on the standard input; the child process runs this."""
    _SANDBOX.answer(_read)
