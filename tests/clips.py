"""Make small clips for tests. Each frame carries its number as a pattern of stripes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe

from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.probe import probe_file

ClipMaker = Callable[..., Path]
TIME_BASE = Fraction(1, 90_000)


def ffmpeg(*arguments: object, content: bytes = b"") -> None:
    """Run ffmpeg with ``content`` as its standard input; it must succeed."""
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60, input=content)


def numbered_frame(index: int, size: tuple[int, int]) -> np.ndarray:
    """Return a frame that shows its number in eight stripes, black for 0 and white for 1."""
    bits = (index >> np.arange(8)) & 1
    row = np.where(bits, 225, 25).astype(np.uint8).repeat(-(-size[0] // 8))[: size[0]]
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (size[1], size[0], 3)))


def number_of(frame: np.ndarray) -> int:
    """Read the number that :func:`numbered_frame` has drawn."""
    width = frame.shape[1]
    centres = [(2 * i + 1) * width // 16 for i in range(8)]
    return int((frame[:, centres].mean(axis=(0, 2)) > 125) @ (1 << np.arange(8)))


def click_track(times: Sequence[float], duration_s: float, rate: int = 44_100) -> np.ndarray:
    """Return silence (N,) with a click of 20 ms at each time (s)."""
    audio = np.zeros(round(duration_s * rate), np.float32)
    click = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(round(0.02 * rate)) / rate)
    for time in times:
        audio[round(time * rate) :][: len(click)] = click
    return audio


def first_click(audio: np.ndarray, rate: int) -> float:
    """Return the time of the first loud sample (s)."""
    return float(np.argmax(np.abs(audio) > 0.3)) / rate


def decode_video(path: Path) -> np.ndarray:
    """Return all frames of a video (F, H, W, 3)."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def coded_frames(path: Path) -> list[tuple[int | None, bytes]]:
    """Return the timestamps and the content of all video packets."""
    with av.open(str(path)) as container:
        return [(packet.pts, bytes(packet)) for packet in container.demux(video=0) if packet.size]


def probe_clip(path: Path, limits: ClipLimits | None = None) -> ClipInfo:
    """Return the properties of a whole clip."""
    return probe_file(path, limits or ClipLimits()).info


def clip_maker(folder: Path) -> ClipMaker:
    """Return a function that writes a clip into a folder and returns its path."""

    def make(
        name: str = "clip.mp4",
        *,
        times: Sequence[float] | None = None,
        size: tuple[int, int] = (64, 48),
        frames: Sequence[np.ndarray] | None = None,
        codec: str = "libx264",
        rotation: float = 0.0,
        audio: np.ndarray | None = None,
        audio_start: float = 0.0,
        options: dict[str, str] | None = None,
        encoder: dict[str, str] | None = None,
    ) -> Path:
        times = np.arange(90) / 30 if times is None else times
        frames = frames or [numbered_frame(i, size) for i in range(len(times))]
        path = folder / name
        with av.open(str(path), "w", options=options or {}) as output:
            fine = {"libx264": {"crf": "12", "g": "30", "preset": "ultrafast"}}
            chosen = fine.get(codec, {}) | (encoder or {})
            video = output.add_stream(codec, rate=30, options=chosen)
            video.width, video.height = frames[0].shape[1], frames[0].shape[0]
            video.pix_fmt = "yuv444p" if video.width % 2 or video.height % 2 else "yuv420p"
            if codec == "gif":
                video.pix_fmt = "rgb8"
            if codec != "mpeg4":  # which does not support so fine a time base
                video.codec_context.time_base = TIME_BASE
            if rotation:
                video.set_display_rotation(rotation)
            if audio is not None:
                track = output.add_stream("aac", rate=44_100, layout="mono")
            for time, picture in zip(times, frames, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                if codec == "gif":
                    frame = frame.reformat(format="rgb8")
                frame.pts, frame.time_base = round(time * 90_000), TIME_BASE
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
            if audio is not None:
                for at in range(0, len(audio), 1024):
                    part = av.AudioFrame.from_ndarray(audio[None, at : at + 1024], "fltp", "mono")
                    part.sample_rate, part.time_base = 44_100, Fraction(1, 44_100)
                    part.pts = at + round(audio_start * 44_100)
                    output.mux(track.encode(part))
                output.mux(track.encode(None))
        return path

    return make
