"""The seed corpus for fuzzing: small valid clips of many kinds, to be damaged."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tests.torture.clip_factory import H264, run_ffmpeg
from tests.torture.mutate import damaged
from tests.torture.prober import Outcome, Prober

_SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2.2")
_SMALL = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=15:duration=2.2")
SEEDS: dict[str, tuple[object, ...]] = {
    "mp4": (*H264, "-c:a", "aac"),
    "mp4_fragmented": (*H264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-g", 8),
    "mp4_hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", "-an"),
    "mp4_av1": ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1", "-an"),
    "mov": ("-c:v", "prores", "-c:a", "pcm_s16le"),
    "mkv": (*H264, "-c:a", "flac"),
    "mkv_mpeg2": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-c:a", "libopus"),
    "webm_vp9": (
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        8,
        "-c:a",
        "libvorbis",
    ),
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "avi_mjpeg": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"),
    "gif": ("-an",),
    "ts": (*H264, "-c:a", "aac"),
    "m2ts": (*H264, "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", 1),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2", "-r", 25),
    "vob": ("-c:v", "mpeg2video", "-c:a", "ac3", "-r", 25),
    "flv": ("-c:v", "flv", "-c:a", "libmp3lame", "-ar", 44_100),
    "flv_h264": (*H264, "-c:a", "aac"),
    "wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
    "mkv_ffv1": ("-c:v", "ffv1", "-c:a", "wavpack"),
    "mkv_surround": (*H264, "-c:a", "dca", "-strict", -2, "-ac", 2),
    "avi_old": ("-c:v", "msmpeg4", "-c:a", "adpcm_ms"),
    "avi_huffyuv": ("-c:v", "huffyuv", "-c:a", "wmav2"),
    "mov_dnxhd": (
        "-c:v",
        "dnxhd",
        "-profile:v",
        "dnxhr_sq",
        "-pix_fmt",
        "yuv422p",
        "-s",
        "256x128",
    ),
    "mov_old": ("-c:v", "qtrle", "-c:a", "adpcm_ima_qt"),
    "mov_svq": ("-c:v", "svq1", "-c:a", "pcm_s16be"),
}


REGRESSIONS = (("avi", 1051), ("avi", 1387), ("mp4", 1400), ("mp4_fragmented", 5089))
"""Kind and random seed of damaged clips that have revealed a fault."""


def seed_clips(folder: Path, kinds: Collection[str] = tuple(SEEDS)) -> dict[str, bytes]:
    """Return the content of a clip of each kind."""
    clips = {}
    for kind in kinds:
        arguments = SEEDS[kind]
        path = folder / f"{kind}.{kind.partition('_')[0]}"
        run_ffmpeg(*_SMALL, *_SOUND, "-shortest", *arguments, path)
        clips[kind] = path.read_bytes()
    return clips


def probe_damaged(probe: Prober, folder: Path, kind: str, data: bytes, seed: int) -> Outcome:
    """Damage a clip and normalise it, or sometimes a part of it."""
    clip = folder / f"damaged.{kind.partition('_')[0]}"
    clip.write_bytes(damaged(data, seed)[0])
    part = (0.1, 2.0) if seed % 5 == 0 else (0.0, None)
    return probe(clip, folder / "copy.mp4", *part)
