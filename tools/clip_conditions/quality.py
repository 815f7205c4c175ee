"""Conditions of quality: how much of a clip's picture and sound reaches the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from d2m.media.clip_limits import ClipLimits
from d2m.media.full_quality import SOUND_RATE, ClipFiles, SplitClip, split_clip
from d2m.rendering.mux import mux
from d2m.rendering.video_writer import combine_streams
from tests.clips import click_track, clip_maker, ffmpeg, first_click
from tools.clip_conditions.condition import Condition, Seen
from tools.picture_quality import LEAST_PSNR_DB, coded_pictures, luma_psnr_db

_TOPIC = "Quality"
_S, _RATE = 2.2, 30
_PICTURE = f"testsrc2=size=640x360:rate={_RATE}:duration={_S}"
_BT709 = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
_TONE = f"sine=frequency=440:duration={_S}"
_PHONE = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "30", "-crf", "20")
_HLG = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
_COPIED = "the result holds the clip's coded pictures at their times"


def made(folder: Path, name: str, *options: object, picture: str = _PICTURE) -> Path:
    """Return a clip of moving bars and shapes with a tone."""
    clip = folder / name
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", _TONE, *options, clip)
    return clip


def result_of(clip: Path, **part: float) -> tuple[SplitClip, ClipFiles, Path]:
    """Split a clip and return what that gave, and its result with silent music."""
    files = ClipFiles(folder=clip.parent / "files")
    files.folder.mkdir()
    split = split_clip(clip, files, limits=ClipLimits(), **part)
    result = clip.parent / "result.mp4"
    mux(files.picture, np.full(2 * SOUND_RATE, 1e-4, np.float32), result, sample_rate=SOUND_RATE)
    return split, files, result


def shown_times(path: Path) -> np.ndarray:
    """Return the times of a video's pictures from the first one on (s)."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    times = np.sort([float(packet.pts * packet.time_base) for packet in packets])
    return np.asarray(times - times[0])


def _copied(name: str, *options: object) -> Callable[[Path], Seen]:
    return lambda folder: _is_copied(made(folder, name, *options))


def _is_copied(clip: Path) -> Seen:
    _, _, result = result_of(clip)
    before, after = coded_pictures(clip), coded_pictures(result)
    equal = sum(one == other for one, other in zip(before, after, strict=False))
    error_ms = 1000 * float(np.abs(shown_times(clip) - shown_times(result)).max())
    passed = equal == len(before) == len(after) and error_ms < 1.5
    return Seen(
        text=f"{equal} of {len(before)} equal, times within {error_ms:.1f} ms", passed=passed
    )


def _turned(folder: Path) -> Seen:
    upright = made(folder, "upright.mp4", *_PHONE)
    clip = folder / "clip.mp4"
    ffmpeg("-display_rotation", "90", "-i", upright, "-c", "copy", clip)
    seen = _is_copied(clip)
    with av.open(str(folder / "result.mp4")) as container:
        turned = next(container.decode(video=0)).rotation
    return Seen(text=f"{seen.text}, turned by {turned}°", passed=seen.passed and turned == 90)


def _pauses(folder: Path) -> Seen:
    times = np.cumsum(np.random.default_rng(1).choice([1 / 60, 1 / 30, 0.2], 60))
    encoder = {"preset": "medium", "bf": "2"}
    return _is_copied(clip_maker(folder)("clip.mp4", times=times - times[0], encoder=encoder))


def _encoded(name: str, *options: object) -> Callable[[Path], Seen]:
    def check(folder: Path) -> Seen:
        clip = made(folder, name, *options, picture=f"{_PICTURE},{_BT709}")
        split, _, result = result_of(clip)
        psnr_db = luma_psnr_db(result, clip)
        count, expected = len(coded_pictures(result)), len(coded_pictures(clip))
        size = f"{split.picture.width} x {split.picture.height}"
        text = f"{psnr_db:.1f} dB, {count} of {expected} pictures, {size}"
        passed = psnr_db >= LEAST_PSNR_DB and count == expected and size == "640 x 360"
        return Seen(text=text, passed=passed)

    return check


def _hdr(folder: Path) -> Seen:
    clip = made(
        folder, "clip.mov", *_HEVC, "-pix_fmt", "yuv420p10le", "-vf", _HLG, "-tag:v", "hvc1"
    )
    _, files, result = result_of(clip)
    original = folder / "original.mp4"
    combine_streams(files.original, result, original)
    facts = []
    for path in (result, original):
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            facts.append((container.streams.video[0].codec_context.name, frame.color_trc))
    equal = coded_pictures(original) == coded_pictures(clip)
    text = f"page: {facts[0][0]}, transfer {facts[0][1]}; beside it: {facts[1][0]}, {facts[1][1]}"
    return Seen(text=text, passed=equal and facts == [("h264", 1), ("hevc", 18)])


def _part(folder: Path) -> Seen:
    clip = made(folder, "clip.mp4", *_PHONE, picture=_PICTURE.replace(str(_S), "6"))
    split, _, result = result_of(clip, start_s=1.37, length_s=2.5)
    first_ms = 1000 * float(shown_times(result)[1])
    text = f"{split.picture.duration_s:.3f} s, second picture at {first_ms:.0f} ms"
    # 1.37 s lies 3 ms after the picture of 1.367 s, which is shown until 1.400 s.
    return Seen(
        text=text, passed=abs(split.picture.duration_s - 2.5) < 0.002 and abs(first_ms - 30) < 2
    )


def _sound(folder: Path, channels: int, rate: int) -> Seen:
    clip = made(folder, "clip.mkv", *_PHONE, "-ac", channels, "-ar", rate, "-c:a", "pcm_s16le")
    split, files, _ = result_of(clip)
    result = folder / "loud.mp4"
    music = click_track([1.0], split.picture.duration_s, SOUND_RATE)
    mux(
        files.picture,
        music,
        result,
        own_sound=files.sound,
        original_gain=1.0,
        sample_rate=SOUND_RATE,
    )
    with av.open(str(result)) as container:
        track = container.streams.audio[0]
        form = f"{track.codec_context.name}, {track.rate} Hz, {track.channels} channels"
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(track)], axis=1)
    late_ms = 1000 * (first_click(sound[0], SOUND_RATE) - 1.0)
    passed = form == "aac, 48000 Hz, 2 channels" and abs(late_ms) < 10
    return Seen(text=f"{form}, click {late_ms:+.1f} ms", passed=passed)


def _loud(folder: Path) -> Seen:
    clip = made(folder, "clip.mp4", *_PHONE, "-af", "volume=17dB", "-c:a", "aac", "-b:a", "256k")
    split, files, _ = result_of(clip)
    count = round(split.picture.duration_s * SOUND_RATE)
    music = 0.9 * np.sin(2 * np.pi * 440 * np.arange(count) / SOUND_RATE).astype(np.float32)
    result = folder / "loud.mp4"
    mux(
        files.picture,
        music,
        result,
        own_sound=files.sound,
        original_gain=1.0,
        sample_rate=SOUND_RATE,
    )
    with av.open(str(result)) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    part = sound[0, SOUND_RATE // 2 :][:SOUND_RATE]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    third_db = 20 * float(np.log10(spectrum[1310:1331].max() / spectrum[430:451].max()))
    peak = float(np.abs(sound).max())
    text = f"peak {peak:.2f}, third harmonic {third_db:.0f} dB"
    return Seen(text=text, passed=peak < 1.05 and third_db < -40)


_ENCODED = "one encode at full size, 42 dB or more, every picture at its time"
_CHECKS: tuple[tuple[str, str, Callable[[Path], Seen]], ...] = (
    ("phone: H.264 with B-frames in MP4", _COPIED, _copied("clip.mp4", *_PHONE)),
    ("camera: H.264 at 29.97 Hz in MOV", _COPIED, _copied("clip.mov", "-r", "30000/1001", *_PHONE)),
    ("recorder: H.264 with B-frames in MKV", _COPIED, _copied("clip.mkv", *_PHONE)),
    (
        "browser: H.264 in a fragmented MP4",
        _COPIED,
        _copied("clip.mp4", *_PHONE, "-movflags", "frag_keyframe+empty_moov"),
    ),
    ("phone: full range (yuvj420p)", _COPIED, _copied("clip.mp4", *_PHONE, "-pix_fmt", "yuvj420p")),
    ("phone held upright: display matrix", f"{_COPIED}, turned", _turned),
    ("phone: rate varies, pauses of 0.2 s", _COPIED, _pauses),
    (
        "slow motion: H.264 at 120 Hz",
        _COPIED,
        lambda folder: _is_copied(
            made(folder, "clip.mp4", *_PHONE, picture=_PICTURE.replace("rate=30", "rate=120"))
        ),
    ),
    ("phone: HEVC", _ENCODED, _encoded("clip.mov", *_HEVC, "-tag:v", "hvc1")),
    ("browser: VP8 in WebM", _ENCODED, _encoded("clip.webm", "-c:v", "libvpx", "-b:v", "4M")),
    ("editor: ProRes 4:2:2, 10 bits", _ENCODED, _encoded("clip.mov", "-c:v", "prores_ks")),
    (
        "editor: H.264 4:2:2",
        _ENCODED,
        _encoded("clip.mp4", *_PHONE, "-pix_fmt", "yuv422p", "-profile:v", "high422"),
    ),
    ("old camera: MPEG-4 in AVI", _ENCODED, _encoded("clip.avi", "-c:v", "mpeg4", "-q:v", "3")),
    (
        "iPhone: HEVC with HLG, 10 bits",
        "SDR H.264 for the page, and beside it the source's HEVC packets as hvc1 with HLG",
        _hdr,
    ),
    ("part of a clip: 2.5 s from 1.37 s", "2.5 s; the first picture ends at 1.400 s", _part),
    (
        "own sound: mono, 22.05 kHz",
        "AAC, 48 kHz, stereo; music within 10 ms",
        lambda folder: _sound(folder, 1, 22_050),
    ),
    (
        "own sound: 5.1, 48 kHz",
        "AAC, 48 kHz, stereo; music within 10 ms",
        lambda folder: _sound(folder, 6, 48_000),
    ),
    ("own sound and music both loud", "limited: no sample above 1.05, no distortion", _loud),
)
_SLOW = (
    *("VP8", "ProRes", "4:2:2", "slow motion", "29.97", "5.1", "part of a clip", "both loud"),
    *("mono, 22.05", "fragmented MP4", "old camera", "full range", "recorder"),
)
"""Words in the names of conditions that only the whole table has."""
QUALITY: tuple[Condition, ...] = tuple(
    Condition(
        topic=_TOPIC,
        name=name,
        expected=expected,
        check=check,
        is_slow=any(word in name for word in _SLOW),
    )
    for name, expected, check in _CHECKS
)
"""Conditions of quality."""
