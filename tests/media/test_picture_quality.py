"""H.264 of any make keeps its coded pictures; everything else is encoded once, with little loss."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from d2m.media.clip_limits import ClipLimits
from d2m.media.full_quality import ClipFiles, SplitClip, split_clip
from d2m.media.picture_sentences import (
    COPIED,
    DAMAGED,
    HDR,
    INTERLACED,
    NOT_UPRIGHT,
    OTHER_H264,
    USED_IN_PART,
    WIDE_PIXELS,
)
from d2m.rendering.mux import mux
from tests.clips import coded_frames, ffmpeg

SECONDS = 3
PICTURE = "testsrc2=size={}:rate={}"
"""FFmpeg's moving test picture: fine lines, text, flat colours and gradients."""
BT709 = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited"
SOUND = ("-f", "lavfi", "-i", f"sine=frequency=300:duration={SECONDS}")
HEVC = ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:crf=14")
VP9 = ("libvpx-vp9", "-crf", "14", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "8")
MAKES = {
    "baseline.mp4": ("320x240", 30, ("-profile:v", "baseline", "-c:a", "aac")),
    "main, two references.mp4": ("320x240", 25, ("-profile:v", "main", "-bf", "2", "-refs", "2")),
    "high, B-pyramid.mp4": ("640x360", 24, ("-profile:v", "high", "-bf", "5", "-b-pyramid", "2")),
    "open GOP.mkv": ("320x240", 30, ("-x264-params", "open-gop=1:keyint=20:bframes=3")),
    "no edit list.mov": ("320x240", 30, ("-bf", "0", "-use_editlist", "0")),
    "edit list.mov": ("320x240", 30, ("-bf", "2", "-c:a", "aac")),
    "fragmented.mp4": ("320x240", 30, ("-movflags", "frag_keyframe+empty_moov+default_base_moof")),
    "60 fps.mp4": ("320x240", 60, ("-bf", "2")),
    "full range.mp4": ("320x240", 30, ("-vf", "scale=out_range=full", "-color_range", "pc")),
    "intra only.mov": ("320x240", 30, ("-g", "1")),
    "camera, 29.97 fps.mp4": ("1280x720", "30000/1001", ("-level", "4.2", "-slices", "4")),
    "portrait.mp4": ("270x480", 30, ("-bf", "2", "-c:a", "aac")),
    "odd height.mp4": (
        "322x242",
        30,
        (
            "-vf",
            "crop=322:242",
        ),
    ),
    "long timescale.mp4": ("320x240", 30, ("-video_track_timescale", "600")),
}


def encoded(folder: Path, name: str, size: str, rate: int | str, options: tuple = ()) -> Path:
    clip = folder / name
    source = ("-f", "lavfi", "-i", PICTURE.format(size, rate))
    coder = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
    ffmpeg(*source, *SOUND, "-t", SECONDS, *coder, *options, clip)
    return clip


def split(clip: Path, **part: float) -> tuple[SplitClip, ClipFiles]:
    files = ClipFiles(folder=clip.parent / "files")
    files.folder.mkdir()
    return split_clip(clip, files, limits=ClipLimits(), **part), files


def hashes(path: Path) -> list[str]:
    return [hashlib.sha256(data).hexdigest() for _, data in coded_frames(path)]


def result_of(files: ClipFiles) -> Path:
    """Return the clip with new music."""
    result = files.folder / "result.mp4"
    mux(files.picture, np.full(SECONDS * 48_000, 0.01, np.float32), result, sample_rate=48_000)
    return result


def assert_unchanged(clip: Path) -> ClipFiles:
    made, files = split(clip)
    assert made.picture_sentence == COPIED
    assert hashes(result_of(files)) == hashes(clip)
    return files


@pytest.mark.parametrize("name", MAKES)
def test_the_coded_pictures_of_h264_come_back_bit_by_bit(tmp_path: Path, name: str) -> None:
    assert_unchanged(encoded(tmp_path, name, *MAKES[name]))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_so_do_those_of_turned_clips_with_their_turn(tmp_path: Path, turn: int) -> None:
    plain = encoded(tmp_path, "plain.mp4", "320x240", 30)
    clip = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", turn, "-i", plain, "-c", "copy", clip)
    files = assert_unchanged(clip)
    with av.open(str(clip)) as source, av.open(str(files.folder / "result.mp4")) as result:
        one, other = (next(file.decode(video=0)).rotation for file in (source, result))
        assert one == other != 0


def test_so_do_those_of_clips_whose_rate_varies(tmp_path: Path) -> None:
    clip = tmp_path / "vary.mp4"
    drop = ("-vf", "select=not(mod(n\\,7))+lt(mod(n\\,3)\\,2)", "-fps_mode", "vfr", "-bf", "2")
    encoded(tmp_path, clip.name, "320x240", 30, drop)
    files = assert_unchanged(clip)
    steps = [np.diff(sorted(shown_at(path))) for path in (clip, files.folder / "result.mp4")]
    assert np.ptp(steps[0]) > 0.01
    np.testing.assert_allclose(steps[0], steps[1], atol=0.001)


def shown_at(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        packets = [one for one in container.demux(video=0) if one.size]
    return [float(one.pts * one.time_base) for one in packets]


def luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].astype(float)


def psnr_db(result: Path, source: Path) -> float:
    """Return the mean PSNR of the luma of two videos with the same pictures (dB)."""
    with av.open(str(result)) as one, av.open(str(source)) as other:
        pairs = zip(one.decode(video=0), other.decode(video=0), strict=True)
        errors = [np.mean((luma(a) - luma(b)) ** 2) for a, b in pairs]
    return float(10 * np.log10(255**2 / np.mean(errors)))


@pytest.mark.parametrize(
    ("name", "codec", "words"),
    [
        (
            "clip.mp4",
            ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:crf=14"),
            "HEVC",
        ),
        (
            "clip.webm",
            ("libvpx-vp9", "-crf", "14", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "8"),
            "VP9",
        ),
        ("clip.avi", ("mpeg4", "-q:v", "2"), "MPEG-4 Part 2"),
    ],
)
def test_another_codec_is_encoded_once_at_full_size_and_near_the_source(
    tmp_path: Path, name: str, codec: tuple, words: str
) -> None:
    clip = tmp_path / name
    picture = ("-f", "lavfi", "-i", PICTURE.format("1280x720", 12), "-t", 2)
    ffmpeg(*picture, "-vf", f"{BT709},format=yuv420p", "-c:v", *codec, clip)
    made, files = split(clip)
    assert made.picture_sentence.startswith("The picture was encoded once, because")
    assert words in made.picture_sentence
    assert (made.picture.width, made.picture.height) == (1280, 720)
    assert psnr_db(files.picture, clip) > 42.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-pix_fmt", "yuv420p10le"), OTHER_H264),
        (("-vf", "setsar=4/3"), WIDE_PIXELS),
        (("-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme"), INTERLACED),
        (("-vf", "setparams=color_trc=arib-std-b67:color_primaries=bt2020"), HDR),
    ],
    ids=["10 bits", "wide pixels", "interlaced", "HDR"],
)
def test_it_says_why_a_picture_was_encoded(tmp_path: Path, options: tuple, sentence: str) -> None:
    made, _ = split(encoded(tmp_path, "clip.mp4", "320x240", 50, options))
    assert made.picture_sentence == sentence
    assert not made.is_copied


def test_it_says_so_of_parts_of_mirrored_and_of_damaged_clips(tmp_path: Path) -> None:
    plain = encoded(tmp_path, "plain.mkv", "320x240", 30)
    assert split(plain, start_s=0.5)[0].picture_sentence == USED_IN_PART
    mirrored = tmp_path / "mirrored" / "clip.mp4"
    mirrored.parent.mkdir()
    ffmpeg("-display_hflip", "-i", plain, "-c", "copy", mirrored)
    assert split(mirrored)[0].picture_sentence == NOT_UPRIGHT
    damaged = tmp_path / "damaged" / "clip.mkv"
    damaged.parent.mkdir()
    data = bytearray(plain.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = np.random.default_rng(0).bytes(40)
    damaged.write_bytes(data)
    assert split(damaged)[0].picture_sentence == DAMAGED
