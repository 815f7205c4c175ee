"""Make clips whose timestamps are late, missing, wrong or uneven, and measure their copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from d2m.media.clip import normalise
from tests.clips import clip_maker, ffmpeg
from tests.flash_and_click import (
    clicks,
    different_pictures,
    events,
    flashing_clip,
    flashing_pictures,
    measure,
)
from tools.clip_conditions.condition import Seen

Maker = Callable[[Path], Path]
"""Makes a clip in a folder and returns its path."""
# Arguments of ffmpeg: codecs of pictures, and of sound for the plain clip.
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p")
PLAIN = (*H264, "-bf", 0, "-c:a", "aac")
B_FRAMES = (*H264, "-bf", 3)
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "1M")
MPEG4 = ("-c:v", "mpeg4", "-q:v", 3)
# Largest error of a click (s).
_CLICK_S = 0.010


def flashing(name: str, *codecs: object, rate: float = 30.0) -> Maker:
    """Return a maker of a clip that ffmpeg encodes."""
    return lambda folder: flashing_clip(folder / name, *codecs, rate=rate)


def copied(
    name: str,
    *arguments: object,
    before: tuple[object, ...] = (),
    source: tuple[object, ...] = PLAIN,
    kind: str = "mp4",
) -> Maker:
    """Return a maker of a copy whose packets ffmpeg changes, but does not encode."""

    def make(folder: Path) -> Path:
        made = flashing_clip(folder / f"source.{kind}", *source)
        path = folder / name
        ffmpeg("-y", *before, "-i", made, "-map", 0, "-c", "copy", *arguments, path)
        return path

    return make


def uneven(name: str, times: NDArray[np.float64], codec: str = "libx264") -> Maker:
    """Return a maker of a clip with pictures at these times (s)."""

    def make(folder: Path) -> Path:
        seconds = float(times[-1]) + 0.1
        return clip_maker(folder)(
            name,
            times=times,
            frames=flashing_pictures(times),
            codec=codec,
            audio=None if codec == "gif" else clicks(events(times), seconds, 44_100),
        )

    return make


def check(
    folder: Path,
    *,
    make: Maker,
    shown: NDArray[np.float64],
    event_s: NDArray[np.float64] | None = None,
    fps: float | None = None,
    seconds: float | None = None,
    pictures: int | None = None,
    is_silent: bool = False,
    click_late_s: float = 0.0,
) -> Seen:
    """Make a clip and its normalised copy, and compare flashes, clicks, rate and duration.

    Parameters
    ----------
    folder
        Empty folder.
    make
        Makes the clip.
    shown
        When its pictures are shown (s).
    event_s
        When flashes have to be (s); by default when a clip with these pictures has them.
    fps, seconds
        Rate (Hz) and duration (s) of the copy, or None if they do not matter.
    pictures
        Least number of different pictures; by default nearly all.
    is_silent
        Whether the clip has no sound.
    click_late_s
        By how much the clicks are late in the clip (s).
    """
    copy = folder / "copy.mp4"
    info = normalise(make(folder), copy)
    wanted = events(shown) if event_s is None else event_s
    found = measure(copy, wanted, has_sound=not is_silent, click_late_s=click_late_s)
    interval = max(1 / info.fps, float(np.median(np.diff(shown))))
    count = different_pictures(copy)
    passed = [
        found.worst_flash_s <= max(0.010, 0.5 * interval + 0.001),
        is_silent or found.worst_click_s <= _CLICK_S,
        fps is None or abs(info.fps - fps) < 0.01,
        seconds is None or abs(info.duration_s - seconds) <= interval + 0.001,
        count >= (len(shown) - 2 if pictures is None else pictures),
    ]
    text = f"flash/click {found}; {info.fps:g} Hz, {info.duration_s:.2f} s, {count} pictures"
    return Seen(text=text, passed=all(passed))


def held(folder: Path, *, keep_s: float, hold_s: float = 0.0, late_s: float = 0.0) -> Path:
    """Drop the pictures from a time on, and hold the last one or give it a stray timestamp."""
    source, path = flashing_clip(folder / "source.mp4", *PLAIN), folder / "held.mp4"
    with av.open(str(source)) as read, av.open(str(path), "w") as write:
        chosen = (read.streams.video[0], read.streams.audio[0])
        copies = {stream.index: write.add_stream_from_template(stream) for stream in chosen}
        packets = [packet for packet in read.demux(*chosen) if packet.dts is not None]
        kept = [p for p in packets if p.stream is chosen[0] and p.pts * p.time_base < keep_s]
        for packet in packets:
            if packet.stream is chosen[0] and packet not in kept:
                continue
            if packet is kept[-1]:
                if hold_s:
                    packet.duration = int(hold_s / packet.time_base)
                packet.pts += int(late_s / packet.time_base)
                packet.dts += int(late_s / packet.time_base)
            packet.stream = copies[packet.stream.index]
            write.mux(packet)
    return path


def joined(folder: Path) -> Path:
    """Join two transport streams, whose timestamps start again."""
    source = flashing_clip(folder / "source.mp4", *PLAIN)
    ends = (("-t", 3.0), ("-ss", 3.0))
    parts = []
    for number, cut in enumerate(ends):
        parts.append(folder / f"{number}.ts")
        ffmpeg("-y", "-i", source, *cut, *H264, "-bf", 0, "-c:a", "mp2", parts[-1])
    path = folder / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def slow_sound(folder: Path, *, clock: float, rate: float = 30.0, seconds: float = 6.0) -> Path:
    """Make a clip whose sound has too few samples, with timestamps that are right."""
    source, path = folder / "source.mkv", folder / "slow.mkv"
    codecs = (*H264, "-c:a", "flac")
    flashing_clip(source, *codecs, rate=rate, seconds=seconds, clock=clock)
    ffmpeg("-y", "-i", source, "-c", "copy", "-bsf:a", f"setts=ts=TS*{clock}", path)
    return path


def apart(late_s: float, name: str, *arguments: object, picture_early_s: float = 0.0) -> Maker:
    """Return a maker of a clip whose sound is late, because it is or the picture is early."""

    def make(folder: Path) -> Path:
        source, path = flashing_clip(folder / "source.mp4", *B_FRAMES, "-c:a", "aac"), folder / name
        offsets = (max(0.0, -late_s), max(0.0, late_s))
        if picture_early_s:
            offsets = (-picture_early_s, 0.0)
        sources = [part for late in offsets for part in ("-itsoffset", late, "-i", source)]
        ffmpeg("-y", *sources, "-map", "0:v", "-map", "1:a", "-c", "copy", *arguments, path)
        return path

    return make


def phone_times() -> NDArray[np.float64]:
    """Return the times of a phone: 30 Hz with jitter, and a picture lost now and then."""
    random = np.random.default_rng(2)
    times = np.arange(180) / 30 + random.uniform(-0.004, 0.004, 180)
    times[0] = 0.0
    return np.delete(times, [17, 44, 45, 90, 140])


def screen_times() -> NDArray[np.float64]:
    """Return the times of a screen recording: pictures at 60 Hz only where something moves."""
    bursts = [about + np.arange(-6, 24) / 60 for about in (0.5, 1.3, 2.2, 3.2, 4.3, 5.2)]
    return np.concatenate([[0.0], *bursts])
