"""Clips made on the spot, whose pictures carry their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

ClipMaker = Callable[..., Path]
TIME_BASE = Fraction(1, 90_000)


def numbered_picture(index: int, size: tuple[int, int]) -> np.ndarray:
    """Return a picture with its number in eight stripes, black for 0 and white for 1."""
    bits = (index >> np.arange(8)) & 1
    row = np.where(bits, 225, 25).astype(np.uint8).repeat(-(-size[0] // 8))[: size[0]]
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (size[1], size[0], 3)))


def number_of(picture: np.ndarray) -> int:
    """Read what :func:`numbered_picture` wrote."""
    width = picture.shape[1]
    centres = [(2 * i + 1) * width // 16 for i in range(8)]
    return int((picture[:, centres].mean(axis=(0, 2)) > 125) @ (1 << np.arange(8)))


def click_track(times: Sequence[float], duration: float, rate: int = 44_100) -> np.ndarray:
    sound = np.zeros(round(duration * rate), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(round(0.02 * rate)) / rate)
    for time in times:
        sound[round(time * rate) :][: len(burst)] = burst
    return sound


def first_loud(sound: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(sound) > 0.3)) / rate


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Return a function that writes a clip and gives its path."""

    def make(
        name: str = "clip.mp4",
        *,
        times: Sequence[float] | None = None,
        size: tuple[int, int] = (64, 48),
        pictures: Sequence[np.ndarray] | None = None,
        codec: str = "libx264",
        rotation: float = 0.0,
        sound: np.ndarray | None = None,
        sound_start: float = 0.0,
        options: dict[str, str] | None = None,
        encoder: dict[str, str] | None = None,
    ) -> Path:
        times = np.arange(90) / 30 if times is None else times
        pictures = pictures or [numbered_picture(i, size) for i in range(len(times))]
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as output:
            fine = {"libx264": {"crf": "12", "g": "30", "preset": "ultrafast"}}
            chosen = fine.get(codec, {}) | (encoder or {})
            video = output.add_stream(codec, rate=30, options=chosen)
            video.width, video.height = pictures[0].shape[1], pictures[0].shape[0]
            video.pix_fmt = "yuv444p" if video.width % 2 or video.height % 2 else "yuv420p"
            if codec == "gif":
                video.pix_fmt = "rgb8"
            if codec != "mpeg4":  # it knows no such fine clock
                video.codec_context.time_base = TIME_BASE
            if rotation:
                video.set_display_rotation(rotation)
            if sound is not None:
                audio = output.add_stream("aac", rate=44_100, layout="mono")
            for time, picture in zip(times, pictures, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                if codec == "gif":
                    frame = frame.reformat(format="rgb8")
                frame.pts, frame.time_base = round(time * 90_000), TIME_BASE
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
            if sound is not None:
                for at in range(0, len(sound), 1024):
                    part = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], "fltp", "mono")
                    part.sample_rate, part.time_base = 44_100, Fraction(1, 44_100)
                    part.pts = at + round(sound_start * 44_100)
                    output.mux(audio.encode(part))
                output.mux(audio.encode(None))
        return path

    return make
