"""Good clips, whose pictures carry their numbers, as the raw material of bad ones."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

EXAMPLES = Path(__file__).parents[2] / "examples"
WIDTH, HEIGHT, BAND = 384, 240, 24
"""Size of a clip, and of the stripes on top of it, which tell a picture's number (px)."""
FPS, COUNT = 30, 75
SECONDS = COUNT / FPS


class Studio:
    """Makes clips in a folder with the ffmpeg program.

    ``port`` is one of this machine's that lures may name.
    """

    def __init__(self, folder: Path, port: int = 9) -> None:
        self.folder, self.port = folder, port
        self._made = 0

    def new(self, name: str) -> Path:
        """Return a path in a folder of its own."""
        self._made += 1
        folder = self.folder / str(self._made)
        folder.mkdir(parents=True)
        return folder / name

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file in a folder of its own."""
        path = self.new(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ffmpeg(self, name: str, *arguments: object) -> Path:
        """Run ffmpeg; the new file's path is added to its arguments."""
        path = self.new(name)
        run_ffmpeg(*arguments, path)
        return path

    def encoded(self, name: str, *arguments: object, source: Path | None = None) -> Path:
        """Encode the dance (silent) anew."""
        return self.ffmpeg(name, "-i", source or self.dance, "-an", *arguments)

    def drawn(self, name: str, pictures: Sequence[Picture], *arguments: object) -> Path:
        """Write RGB pictures as a clip of 30 Hz."""
        height, width = pictures[0].shape[:2]
        path = self.new(name)
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", FPS)
        data = b"".join(picture.tobytes() for picture in pictures)
        run_ffmpeg(*raw, "-i", "-", *(arguments or FINE), path, data=data)
        return path

    @cached_property
    def silent(self) -> Path:
        """A numbered dancer: 2.5 s of H.264, the index last."""
        return self.drawn("silent.mp4", [numbered(i, p) for i, p in enumerate(dancer())])

    @cached_property
    def dance(self) -> Path:
        """The same with sound (AAC)."""
        tone = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}")
        return self.ffmpeg("dance.mp4", "-i", self.silent, *tone, "-c:v", "copy", "-c:a", "aac")

    @cached_property
    def streamable(self) -> bytes:
        """The same with its index first."""
        fast = ("-c", "copy", "-movflags", "+faststart")
        return self.ffmpeg("fast.mp4", "-i", self.dance, *fast).read_bytes()


FINE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p")


def run_ffmpeg(*arguments: object, data: bytes | None = None) -> None:
    """Run ffmpeg with its output at the end of ``arguments``; it must succeed."""
    command = [get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, input=data or b"", capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr.decode(errors='replace')}"


def dancer() -> list[Picture]:
    """Return the first pictures of an example, without a band."""
    shape = (HEIGHT - BAND, WIDTH, 3)
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(EXAMPLES / "break_aist_landscape.mp4")]
    command += ["-vf", f"fps={FPS},scale={WIDTH}:{HEIGHT - BAND}", "-frames:v", str(COUNT)]
    command += ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *shape))


def numbered(index: int, picture: Picture) -> Picture:
    """Return a picture under a band of stripes with its number, black for 0, white for 1."""
    bits = (index >> np.arange(8)) & 1
    row = np.where(bits, 225, 25).astype(np.uint8).repeat(picture.shape[1] // 8)
    band = np.broadcast_to(row[None, :, None], (BAND, picture.shape[1], 3))
    return np.ascontiguousarray(np.concatenate([band, picture]))


def number_of(picture: Picture) -> int:
    """Read the number from the band of a picture of any size."""
    height, width = picture.shape[:2]
    row = picture[max(1, round(height * BAND / HEIGHT * 0.5))].mean(axis=-1)
    centres = [(2 * i + 1) * width // 16 for i in range(8)]
    return int((row[centres] > 125) @ (1 << np.arange(8)))


def times_shown(copy: Path, most: int = 20_000) -> list[tuple[float, int]]:
    """Return (time in s, number) of each picture of a copy at its own rate."""
    from d2m.media.clip import read_frames
    from d2m.media.probe import examine
    from d2m.media.safe_open import ClipLimits

    fps = examine(copy, ClipLimits()).info.fps
    frames = read_frames(copy, fps=round(fps, 3), longest_side=WIDTH)
    return [(time, number_of(picture)) for time, picture in islice(frames, most)]
