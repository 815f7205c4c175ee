"""Make valid clips whose frames carry their numbers; the bad clips are made from them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

EXAMPLES = Path(__file__).parents[2] / "examples"
WIDTH, HEIGHT, BAND = 384, 240, 24
"""Width and height of a clip, and height of the band at its top with the frame number (px)."""
FPS, COUNT = 30, 75
"""Frame rate (Hz) and number of frames of a clip."""
SECONDS = COUNT / FPS


class ClipFactory:
    """Makes clips with the ffmpeg program.

    Parameters
    ----------
    folder
        Folder for the clips; each gets a folder of its own in it.
    port
        Port of this machine that playlists may refer to.
    """

    def __init__(self, folder: Path, port: int = 9) -> None:
        self.folder, self.port = folder, port
        self._made = 0

    def new(self, name: str) -> Path:
        """Return a path in a new folder."""
        self._made += 1
        folder = self.folder / str(self._made)
        folder.mkdir(parents=True)
        return folder / name

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file in a new folder."""
        path = self.new(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ffmpeg(self, name: str, *arguments: object) -> Path:
        """Run ffmpeg with the path of a new file as its last argument."""
        path = self.new(name)
        run_ffmpeg(*arguments, path)
        return path

    def encoded(self, name: str, *arguments: object, source: Path | None = None) -> Path:
        """Encode the dance again, without audio."""
        return self.ffmpeg(name, "-i", source or self.dance, "-an", *arguments)

    def drawn(self, name: str, frames: Sequence[Frame], *arguments: object) -> Path:
        """Encode RGB frames as a clip of 30 Hz."""
        height, width = frames[0].shape[:2]
        path = self.new(name)
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", FPS)
        data = b"".join(frame.tobytes() for frame in frames)
        run_ffmpeg(*raw, "-i", "-", *(arguments or H264), path, data=data)
        return path

    @cached_property
    def silent(self) -> Path:
        """A dancer with numbered frames: 2.5 s of H.264, with the index at the end."""
        return self.drawn("silent.mp4", [add_number(i, p) for i, p in enumerate(dancer())])

    @cached_property
    def dance(self) -> Path:
        """The same with audio (AAC)."""
        tone = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}")
        return self.ffmpeg("dance.mp4", "-i", self.silent, *tone, "-c:v", "copy", "-c:a", "aac")

    @cached_property
    def streamable(self) -> bytes:
        """The same with the index at the beginning."""
        fast = ("-c", "copy", "-movflags", "+faststart")
        return self.ffmpeg("fast.mp4", "-i", self.dance, *fast).read_bytes()


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p")


def run_ffmpeg(*arguments: object, data: bytes | None = None) -> None:
    """Run ffmpeg, whose last argument is the output; it must succeed."""
    command = [get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, input=data or b"", capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr.decode(errors='replace')}"


def dancer() -> list[Frame]:
    """Return the first frames of an example, without a band."""
    shape = (HEIGHT - BAND, WIDTH, 3)
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(EXAMPLES / "break_aist_landscape.mp4")]
    command += ["-vf", f"fps={FPS},scale={WIDTH}:{HEIGHT - BAND}", "-frames:v", str(COUNT)]
    command += ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *shape))


def add_number(index: int, frame: Frame) -> Frame:
    """Return a frame below a band that shows its number in stripes, black for 0, white for 1."""
    bits = (index >> np.arange(8)) & 1
    row = np.where(bits, 225, 25).astype(np.uint8).repeat(frame.shape[1] // 8)
    band = np.broadcast_to(row[None, :, None], (BAND, frame.shape[1], 3))
    return np.ascontiguousarray(np.concatenate([band, frame]))


def number_of(frame: Frame) -> int:
    """Read the number from the band of a frame of any size."""
    height, width = frame.shape[:2]
    row = frame[max(1, round(height * BAND / HEIGHT * 0.5))].mean(axis=-1)
    centres = [(2 * i + 1) * width // 16 for i in range(8)]
    return int((row[centres] > 125) @ (1 << np.arange(8)))


def frame_times(copy: Path, most: int = 20_000) -> list[tuple[float, int]]:
    """Return (time in s, number) of each frame of a normalised clip at its own rate."""
    from d2m.media.clip import read_frames
    from d2m.media.clip_limits import ClipLimits
    from d2m.media.probe import probe_file

    fps = probe_file(copy, ClipLimits()).info.fps
    frames = read_frames(copy, fps=round(fps, 3), longest_side=WIDTH)
    return [(time, number_of(frame)) for time, frame in islice(frames, most)]
