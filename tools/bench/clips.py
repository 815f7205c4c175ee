"""The clips of the benchmark, made from the bundled examples and kept in a temporary folder."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
_THERE_AND_BACK = "split=2[a][b];[b]reverse[c];[a][c]concat=n=2,loop=loop=-1:size=32767,"
"""Filters of ffmpeg that play a clip forwards and backwards without end, so without cuts."""

_FREE_BOX = b"\0\0\0\x08free"  # an empty box, which players skip


@dataclass(frozen=True, kw_only=True)
class BenchClip:
    """A clip of the benchmark, and how it is made.

    Parameters
    ----------
    name
        What it is called in tables and files.
    title
        What it is, for people.
    source
        File in the folder of examples.
    seconds
        Its length (s).
    width, height
        Size of the upright picture (px).
    fps
        Frames per second (Hz).
    is_rotated
        Whether it is stored lying on its side with a rotation in its header, as phones do.
    is_repeated
        Whether the source, which is shorter, is played there and back again.
    song
        File in the folder of examples whose sound the clip gets; silent without.
    """

    name: str
    title: str
    source: str
    seconds: float
    width: int
    height: int
    fps: int
    is_rotated: bool = False
    is_repeated: bool = False
    song: str = ""

    @property
    def pose_size(self) -> tuple[int, int]:
        """Even width and height (px) of the frames that the pose network gets."""
        scale = min(1.0, POSE_SIDE / max(self.width, self.height))
        return 2 * round(self.width * scale / 2), 2 * round(self.height * scale / 2)


POSE_SIDE = 640
"""Longest side of the frames that the pose network gets (px), as in the analysis of clips."""
FULL_HD = BenchClip(
    name="full-hd",
    title="10 s, 1920 x 1080, 30 fps",
    source="groove_procedural_landscape.mp4",
    seconds=10,
    width=1920,
    height=1080,
    fps=30,
)
PHONE = BenchClip(
    name="phone",
    title="10 s, 720 x 1280, 60 fps, with music",
    source="salsa_cmu_portrait.mp4",
    seconds=10,
    width=720,
    height=1280,
    fps=60,
    is_rotated=True,
    song="house_120.m4a",
)
LONG = BenchClip(
    name="long",
    title="60 s, 1280 x 720, 30 fps",
    source="break_aist_landscape.mp4",
    seconds=60,
    width=1280,
    height=720,
    fps=30,
    is_repeated=True,
)
START_OF_LONG = BenchClip(
    name="start-of-long",
    title="the first 10 s of it",
    source=LONG.source,
    seconds=10,
    width=LONG.width,
    height=LONG.height,
    fps=LONG.fps,
)
CLIPS = (FULL_HD, PHONE, LONG, START_OF_LONG)
"""The clips in the order in which they are measured. The last one is there to compare with the
long one, which differs from it in nothing but its length."""
WARM_UP = BenchClip(
    name="warm-up",
    title="2 s, 640 x 360, 30 fps",
    source="salsa_cmu_portrait.mp4",
    seconds=2,
    width=360,
    height=640,
    fps=30,
)
"""The clip of the job that comes before the measured one."""


def make_clip(clip: BenchClip, folder: Path | None = None) -> Path:
    """Return the file of a clip, written if it is not there.

    Parameters
    ----------
    clip
        The clip.
    folder
        Where it is kept; by default a folder under the system's folder for temporary files.
    """
    folder = folder or Path(tempfile.gettempdir()) / "d2m-bench-clips"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(f"{clip}{_arguments(clip)}".encode()).hexdigest()[:12]
    path = folder / f"{clip.name}-{recipe}.mp4"
    if not path.is_file():
        unfinished = path.with_suffix(f".{os.getpid()}.mp4")
        command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *_arguments(clip)]
        subprocess.run([*command, str(unfinished)], check=True)
        _write_rotated(unfinished, path) if clip.is_rotated else unfinished.rename(path)
        unfinished.unlink(missing_ok=True)
    return path


def distinct_copies(clip: Path, folder: Path) -> Iterator[Path]:
    """Yield copies of an MP4 file without end, that differ so that no analysis is found again."""
    content = clip.read_bytes()
    for number in itertools.count(1):
        path = folder / f"{clip.stem}-{number}.mp4"
        path.write_bytes(content + number * _FREE_BOX)
        yield path


def _arguments(clip: BenchClip) -> list[str]:
    """Return what ffmpeg needs to write a clip, lying on its side if it will be rotated."""
    inputs = ["-i", str(EXAMPLES / clip.source)]
    if clip.song:
        inputs += ["-i", str(EXAMPLES / clip.song)]
    filters = f"scale={clip.width}:{clip.height}:flags=bicubic,framerate=fps={clip.fps}"
    if clip.is_rotated:
        filters += ",transpose=dir=cclock"
    graph = f"[0:v]{_THERE_AND_BACK if clip.is_repeated else ''}{filters}[v]"
    sound = ["-map", "1:a", "-c:a", "aac", "-b:a", "128k"] if clip.song else []
    return [
        *inputs,
        *("-filter_complex", graph, "-map", "[v]", *sound, "-t", str(clip.seconds)),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-movflags", "+faststart"),
    ]


def _write_rotated(lying: Path, path: Path) -> None:
    """Copy a clip and write into its header that players turn it upright."""
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-display_rotation:v:0", "-90"]
    subprocess.run([*command, "-i", str(lying), "-c", "copy", str(path)], check=True)
