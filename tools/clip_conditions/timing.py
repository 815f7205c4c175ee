"""Clips whose timestamps are late, missing, wrong or uneven: flash and click stay together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    steady,
)
from tools.clip_conditions.condition import Condition, Seen

Maker = Callable[[Path], Path]
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p")
_PLAIN = (*_H264, "-bf", 0, "-c:a", "aac")
_B_FRAMES = (*_H264, "-bf", 3)
_VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "1M")
_MPEG4 = ("-c:v", "mpeg4", "-q:v", 3)
_CLICK_S = 0.010


def _clip(name: str, *codecs: object, rate: float = 30.0) -> Maker:
    return lambda folder: flashing_clip(folder / name, *codecs, rate=rate)


def _copied(
    name: str,
    *arguments: object,
    before: tuple[object, ...] = (),
    source: tuple[object, ...] = _PLAIN,
    kind: str = "mp4",
) -> Maker:
    """Return a maker of a copy whose packets ffmpeg changes, but does not encode."""

    def make(folder: Path) -> Path:
        made = flashing_clip(folder / f"source.{kind}", *source)
        path = folder / name
        ffmpeg("-y", *before, "-i", made, "-map", 0, "-c", "copy", *arguments, path)
        return path

    return make


def _uneven(name: str, times: NDArray[np.float64], codec: str = "libx264") -> Maker:
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


def _held(folder: Path, *, keep_s: float, hold_s: float = 0.0, late_s: float = 0.0) -> Path:
    """Drop the pictures from a time on, and hold the last one or give it a stray timestamp."""
    source, path = flashing_clip(folder / "source.mp4", *_PLAIN), folder / "held.mp4"
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


def _joined(folder: Path) -> Path:
    """Join two transport streams, whose timestamps start again."""
    source = flashing_clip(folder / "source.mp4", *_PLAIN)
    ends = (("-t", 3.0), ("-ss", 3.0))
    parts = []
    for number, cut in enumerate(ends):
        parts.append(folder / f"{number}.ts")
        ffmpeg("-y", "-i", source, *cut, *_H264, "-bf", 0, "-c:a", "mp2", parts[-1])
    path = folder / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def _slow_sound(folder: Path, *, clock: float, rate: float = 30.0, seconds: float = 6.0) -> Path:
    """Make a clip whose sound has too few samples, with timestamps that are right."""
    source, path = folder / "source.mkv", folder / "slow.mkv"
    codecs = (*_H264, "-c:a", "flac")
    flashing_clip(source, *codecs, rate=rate, seconds=seconds, clock=clock)
    ffmpeg("-y", "-i", source, "-c", "copy", "-bsf:a", f"setts=ts=TS*{clock}", path)
    return path


def _apart(late_s: float, name: str) -> Maker:
    """Return a maker of a clip whose sound is late."""

    def make(folder: Path) -> Path:
        source, path = flashing_clip(folder / "source.mp4", *_PLAIN), folder / name
        both = (("-itsoffset", max(0.0, late)) for late in (-late_s, late_s))
        sources = [part for offset in both for part in (*offset, "-i", source)]
        ffmpeg("-y", *sources, "-map", "0:v", "-map", "1:a", "-c", "copy", path)
        return path

    return make


def _phone_times() -> NDArray[np.float64]:
    """Return the times of a phone: 30 Hz with jitter, and a picture lost now and then."""
    random = np.random.default_rng(2)
    times = np.arange(180) / 30 + random.uniform(-0.004, 0.004, 180)
    times[0] = 0.0
    return np.delete(times, [17, 44, 45, 90, 140])


def _screen_times() -> NDArray[np.float64]:
    """Return the times of a screen recording: pictures at 60 Hz only where something moves."""
    bursts = [about + np.arange(-6, 24) / 60 for about in (0.5, 1.3, 2.2, 3.2, 4.3, 5.2)]
    return np.concatenate([[0.0], *bursts])


_EVEN = steady()
_PAUSED = np.concatenate([_EVEN[:45], _EVEN[80:]])
_HALF = steady(15.0)
_JITTER = "setts=pts=PTS+round((random(1)-0.5)*0.02/TB):dts=DTS+round((random(1)-0.5)*0.02/TB)"


def _one(
    name: str, expected: str, make: Maker, *, is_slow: bool = False, **wanted: object
) -> Condition:
    shown = {"shown": _EVEN} | wanted
    return Condition(
        topic="Time",
        name=name,
        expected=expected,
        check=partial(check, make=make, **shown),
        is_slow=is_slow,
    )


_TOGETHER = "flash and click at 0 ms, within 10 ms or half a picture"
TIMING: tuple[Condition, ...] = (
    _one(
        "H.264 with B-frames, AVI, MP3",
        f"{_TOGETHER}; all 180 pictures",
        _clip("a.avi", *_H264, "-bf", 2, "-c:a", "libmp3lame"),
        fps=30,
        seconds=6.0,
        pictures=180,
    ),
    _one(
        "H.264 with B-frames, AVI, PCM",
        f"{_TOGETHER}; all 180 pictures",
        _clip("a.avi", *_B_FRAMES, "-c:a", "pcm_s16le"),
        pictures=180,
        is_slow=True,
    ),
    _one(
        "MPEG-4 with B-frames, AVI, MP3",
        _TOGETHER,
        _clip("a.avi", *_MPEG4, "-bf", 2, "-c:a", "libmp3lame"),
        is_slow=True,
    ),
    _one(
        "MPEG-4, AVI, MP3, a place left out for the delay of the sound",
        _TOGETHER,
        _clip("a.avi", *_MPEG4, "-c:a", "libmp3lame"),
        seconds=6.0,
    ),
    _one(
        "Motion JPEG, AVI, PCM, as cameras write",
        _TOGETHER,
        _clip("a.avi", "-c:v", "mjpeg", "-q:v", 3, "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"),
        is_slow=True,
    ),
    _one(
        "fragmented MP4, gap after the first sound packet",
        _TOGETHER,
        _clip(
            *("a.mp4", *_B_FRAMES, "-c:a", "aac", "-b:a", "192k"),
            *("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
        ),
        seconds=6.0,
    ),
    _one("MP4, B-frames, AAC", _TOGETHER, _clip("a.mp4", *_B_FRAMES, "-c:a", "aac"), is_slow=True),
    _one(
        "MOV, B-frames, PCM",
        _TOGETHER,
        _clip("a.mov", *_B_FRAMES, "-c:a", "pcm_s16le"),
        is_slow=True,
    ),
    _one("Matroska, B-frames, AAC", _TOGETHER, _clip("a.mkv", *_B_FRAMES, "-c:a", "aac")),
    _one(
        "Matroska, MP3", _TOGETHER, _clip("a.mkv", *_B_FRAMES, "-c:a", "libmp3lame"), is_slow=True
    ),
    _one(
        "WebM without duration, VP8, Opus",
        f"{_TOGETHER}; 30 Hz",
        _clip("a.webm", *_VP8, "-c:a", "libopus", "-f", "webm", "-live", 1),
        fps=30,
    ),
    _one(
        "transport stream, AAC", _TOGETHER, _clip("a.ts", *_B_FRAMES, "-c:a", "aac"), is_slow=True
    ),
    _one("Flash video, AAC", _TOGETHER, _clip("a.flv", *_B_FRAMES, "-c:a", "aac"), is_slow=True),
    *(
        _one(
            f"{rate:.4g} Hz",
            f"{_TOGETHER}; copy at {copy} Hz",
            _clip("a.mp4", *_PLAIN, rate=rate),
            shown=steady(rate),
            fps=copy,
            is_slow=copy != 24,
        )
        for rate, copy in (
            (24_000 / 1001, 24),
            (30_000 / 1001, 30),
            (60_000 / 1001, 60),
            (20.0, 20),
        )
    ),
    _one(
        "15 Hz",
        f"{_TOGETHER}; copy at 30 Hz, each picture twice",
        _clip("a.mp4", *_PLAIN, rate=15.0),
        shown=_HALF,
        fps=30,
        is_slow=True,
    ),
    _one(
        "GIF of 20 Hz",
        "flash within half a picture; copy at 20 Hz, all pictures",
        _uneven("a.gif", steady(20.0), "gif"),
        shown=steady(20.0),
        fps=20,
        pictures=120,
        is_silent=True,
    ),
    _one(
        "GIF of 33.3 Hz",
        "flash within half a picture; all pictures",
        _uneven("a.gif", np.arange(200) * 0.03, "gif"),
        shown=np.arange(200) * 0.03,
        fps=34,
        pictures=200,
        is_silent=True,
        is_slow=True,
    ),
    _one(
        "30 Hz with a pause of 1.2 s",
        f"{_TOGETHER}; copy at 30 Hz",
        _uneven("a.mp4", _PAUSED),
        shown=_PAUSED,
        fps=30,
        seconds=6.0,
    ),
    _one(
        "phone: jitter of 4 ms, lost pictures",
        f"{_TOGETHER}; copy at 30 Hz",
        _uneven("a.mp4", _phone_times()),
        shown=_phone_times(),
        fps=30,
        seconds=6.0,
        pictures=165,
    ),
    _one(
        "screen recording: pictures only where something moves",
        f"{_TOGETHER}; copy at 60 Hz",
        _uneven("a.mkv", _screen_times()),
        shown=_screen_times(),
        fps=60,
        pictures=170,
    ),
    _one(
        "last picture held for 2 s, sound goes on",
        f"{_TOGETHER}; 6 s",
        partial(_held, keep_s=4.0, hold_s=2.0),
        shown=_EVEN[_EVEN < 4.0],
        seconds=6.0,
    ),
    _one(
        "last picture 300 s late",
        f"{_TOGETHER}; 5 s",
        partial(_held, keep_s=5.0, late_s=300.0),
        shown=_EVEN[_EVEN < 5.0],
        seconds=5.0,
    ),
    _one(
        "last picture held for 300 s, sound ends at 6 s",
        f"{_TOGETHER}; 6 to 10 s",
        partial(_held, keep_s=5.0, hold_s=300.0),
        shown=_EVEN[_EVEN < 5.0],
        is_slow=True,
    ),
    _one(
        "sound runs 1 % slow against its timestamps",
        _TOGETHER,
        partial(_slow_sound, clock=1.01),
    ),
    _one(
        "sound runs 0.1 % fast against its timestamps for a minute",
        _TOGETHER,
        partial(_slow_sound, clock=0.999, rate=10.0, seconds=60.0),
        shown=steady(10.0, 60.0),
        is_slow=True,
    ),
    _one(
        "sound of 44.1 kHz called 48 kHz",
        _TOGETHER,
        partial(_slow_sound, clock=48 / 44.1),
        is_slow=True,
    ),
    _one(
        "0.4 s of the sound's packets lost",
        _TOGETHER,
        _copied("a.mkv", "-bsf:a", "noise=drop='between(pts*tb,2.45,2.85)'"),
    ),
    _one(
        "timestamps of the sound jitter by 10 ms",
        _TOGETHER,
        _copied("a.mkv", "-bsf:a", _JITTER),
    ),
    _one(
        "cut by an edit list between keyframes",
        _TOGETHER,
        _copied("a.mp4", before=("-ss", 0.8), source=(*_PLAIN, "-g", 250)),
        event_s=events(_EVEN)[1:] - 0.8,
        pictures=154,
        seconds=5.2,
    ),
    _one(
        "sound starts 0.4 s after the picture, edit list",
        f"{_TOGETHER}, click 0.4 s later",
        _apart(0.4, "a.mp4"),
        click_late_s=0.4,
    ),
    _one(
        "picture starts 0.4 s after the sound, edit list",
        f"{_TOGETHER}, click 0.4 s earlier",
        _apart(-0.4, "a.mp4"),
        click_late_s=-0.4,
        is_slow=True,
    ),
    _one(
        "sound starts 0.4 s after the picture, Matroska",
        f"{_TOGETHER}, click 0.4 s later",
        _apart(0.4, "a.mkv"),
        click_late_s=0.4,
        is_slow=True,
    ),
    _one(
        "MP4 with negative composition offsets",
        _TOGETHER,
        _clip("a.mp4", *_B_FRAMES, "-c:a", "aac", "-movflags", "+negative_cts_offsets"),
        is_slow=True,
    ),
    _one(
        "timestamps start after an hour",
        _TOGETHER,
        _copied("a.ts", "-output_ts_offset", 3600),
        is_slow=True,
    ),
    _one(
        "one picture's timestamp 40 s late",
        _TOGETHER,
        _copied("a.mkv", "-bsf:v", "setts=pts=PTS+eq(N\\,70)*40/TB"),
        seconds=6.0,
    ),
    _one(
        "two transport streams joined, timestamps start again",
        _TOGETHER,
        _joined,
        seconds=6.0,
    ),
    _one(
        "240 Hz",
        f"{_TOGETHER}; copy at 60 Hz",
        _clip("a.mp4", *_PLAIN, rate=240.0),
        shown=steady(240.0),
        fps=60,
        pictures=355,
        is_slow=True,
    ),
)
"""Conditions of timestamps."""
