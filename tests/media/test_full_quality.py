from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from d2m.media.clip import read_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.full_quality import SOUND_RATE, ClipFiles, SplitClip, split_clip
from d2m.media.picture_encoder import PictureEncoder
from tests.clips import (
    ClipMaker,
    click_track,
    coded_frames,
    decode_video,
    ffmpeg,
    first_click,
    number_of,
)

B_FRAMES = {"preset": "medium", "bf": "3", "g": "30"}
SIZE = (320, 240)


def split(clip: Path, **part: float) -> tuple[SplitClip, ClipFiles]:
    files = ClipFiles(folder=clip.parent / "files")
    files.folder.mkdir()
    return split_clip(clip, files, limits=ClipLimits(), **part), files


def payloads(path: Path) -> list[bytes]:
    return [data for _, data in coded_frames(path)]


def times_of(path: Path) -> list[float]:
    """Return the times of the pictures (s), in the order in which they are shown."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    return sorted(float(packet.pts * packet.time_base) for packet in packets)


def numbers(path: Path, fps: float = 30.0) -> list[int]:
    return [number_of(frame) for _, frame in read_frames(path, fps=fps)]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.mkv"])
def test_h264_is_copied_packet_by_packet(make_clip: ClipMaker, name: str) -> None:
    clip = make_clip(name, encoder=B_FRAMES, audio=click_track([1.0], 3.0))
    made, files = split(clip)
    assert made.is_copied
    assert payloads(files.picture) == payloads(clip)
    assert times_of(files.picture) == pytest.approx(np.arange(90) / 30, abs=0.001)
    assert numbers(files.picture) == numbers(files.copy) == list(range(90))
    assert made.picture.duration_s == pytest.approx(made.copy.duration_s, abs=0.01)
    assert not files.original.exists()
    with av.open(str(files.picture)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_turned_clip_is_copied_with_its_display_matrix(make_clip: ClipMaker) -> None:
    clip = make_clip(size=SIZE, rotation=90)
    made, files = split(clip)
    assert made.is_copied
    assert (made.picture.width, made.picture.height) == (240, 320)
    with av.open(str(files.picture)) as container:
        assert next(container.decode(video=0)).rotation == 90
    assert (made.copy.width, made.copy.height) == (240, 320)


def test_a_late_first_picture_moves_to_the_start(make_clip: ClipMaker) -> None:
    clip = make_clip(
        "late.mkv",
        times=5.0 + np.arange(90) / 30,
        audio=click_track([1.0], 3.0),
        audio_start=5.0,
    )
    made, files = split(clip)
    assert made.is_copied
    assert times_of(files.picture)[0] == 0.0
    sound, _ = soundfile.read(files.sound)
    assert first_click(sound[:, 0], SOUND_RATE) == pytest.approx(1.0, abs=0.01)


def test_large_pictures_keep_their_size_and_the_copy_is_small(make_clip: ClipMaker) -> None:
    made, _ = split(make_clip(size=(1920, 1080), times=np.arange(21) / 10))
    assert (made.picture.width, made.picture.height) == (1920, 1080)
    assert (made.copy.width, made.copy.height) == (640, 360)


@pytest.mark.parametrize(
    ("name", "codec", "entry"),
    [
        ("clip.mp4", "libx265", "hvc1"),
        ("clip.webm", "libvpx-vp9", "vp09"),
        ("clip.mkv", "libsvtav1", "av01"),
    ],
)
def test_other_codecs_become_h264_and_are_kept_beside_it(
    make_clip: ClipMaker, name: str, codec: str, entry: str
) -> None:
    source = make_clip("source.mp4", size=SIZE)
    clip = source.with_name(name)
    quiet = ("-x265-params", "log-level=error") if codec == "libx265" else ()
    ffmpeg("-i", source, "-c:v", codec, "-b:v", "2M", *quiet, clip)
    made, files = split(clip)
    assert not made.is_copied
    assert numbers(files.picture) == list(range(90))
    with av.open(str(files.picture)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    with av.open(str(files.original)) as container:
        assert container.streams.video[0].codec_context.codec_tag == entry
    assert payloads(files.original) == payloads(clip)
    assert numbers(files.original) == list(range(90))


def test_vp8_has_no_original_because_mp4_may_not_hold_it(make_clip: ClipMaker) -> None:
    source = make_clip("source.mp4", size=SIZE)
    ffmpeg("-i", source, "-c:v", "libvpx", "-b:v", "2M", source.with_name("clip.webm"))
    _, files = split(source.with_name("clip.webm"))
    assert not files.original.exists()
    assert numbers(files.picture) == list(range(90))


def test_every_encoded_picture_keeps_its_own_time(make_clip: ClipMaker) -> None:
    steps = np.random.default_rng(3).choice([0.017, 0.033, 0.067, 0.2], 79)
    times = np.concatenate([[0.0], np.cumsum(steps)])
    clip = make_clip("vary.mkv", times=times, size=(66, 48))
    vp9 = clip.with_name("vary.webm")
    ffmpeg("-i", clip, "-c:v", "libvpx-vp9", "-b:v", "1M", "-fps_mode", "vfr", vp9)
    made, files = split(vp9)
    assert not made.is_copied
    assert np.ptp(np.diff(times_of(vp9))) > 0.1
    assert times_of(files.picture) == pytest.approx(times_of(vp9), abs=0.0005)


@pytest.mark.parametrize("start_s", [0.5, 1.02])
def test_parts_are_cut_exactly(make_clip: ClipMaker, start_s: float) -> None:
    clip = make_clip(times=np.arange(150) / 30, encoder=B_FRAMES, audio=click_track([2.0], 5.0))
    made, files = split(clip, start_s=start_s, length_s=2.5)
    assert not made.is_copied
    assert made.picture.duration_s == pytest.approx(2.5, abs=0.001)
    first = int(start_s * 30)
    assert number_of(decode_video(files.picture)[0]) == first
    shown = decode_video(files.picture)
    assert [number_of(frame) for frame in shown] == list(range(first, first + len(shown)))
    sound, _ = soundfile.read(files.sound)
    assert first_click(sound[:, 0], SOUND_RATE) == pytest.approx(2.0 - start_s, abs=0.01)


def test_own_sound_is_stereo_and_keeps_its_level(make_clip: ClipMaker) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * 44_100) / 44_100).astype(np.float32)
    made, files = split(make_clip(audio=tone))
    info = soundfile.info(files.sound)
    assert (info.samplerate, info.channels) == (48_000, 2)
    sound, _ = soundfile.read(files.sound)
    assert made.picture.has_audio
    assert np.abs(sound[9600:-9600]).max(axis=0) == pytest.approx([0.5, 0.5], abs=0.03)


def test_a_silent_clip_has_no_sound_file(make_clip: ClipMaker) -> None:
    made, files = split(make_clip())
    assert not made.picture.has_audio
    assert not files.sound.exists()


def unplayable(make_clip: ClipMaker, kind: str) -> Path:
    """Return an H.264 clip that browsers do not show as it is."""
    source = make_clip("source.mp4", size=SIZE)
    clip = source.with_name("clip.mp4")
    options = {
        "10 bits": ("-pix_fmt", "yuv420p10le"),
        "4:4:4": ("-pix_fmt", "yuv444p"),
        "wide pixels": ("-vf", "setsar=4/3"),
        "interlaced": ("-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme"),
        "flipped": (),
    }[kind]
    if kind == "flipped":
        ffmpeg("-display_vflip", "-i", source, "-c", "copy", clip)
    else:
        ffmpeg("-i", source, "-c:v", "libx264", *options, clip)
    return clip


@pytest.mark.parametrize("kind", ["10 bits", "4:4:4", "wide pixels", "interlaced", "flipped"])
def test_what_browsers_do_not_show_is_encoded(make_clip: ClipMaker, kind: str) -> None:
    made, files = split(unplayable(make_clip, kind))
    assert not made.is_copied
    with av.open(str(files.picture)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.sample_aspect_ratio in (None, 1)
        assert not any(frame.interlaced_frame or frame.rotation for frame in frames)
        tags = {(f.colorspace, f.color_primaries, f.color_trc, f.color_range) for f in frames}
        assert tags == {(1, 1, 1, 1)}
    if kind == "wide pixels":
        assert made.picture.width / made.picture.height == pytest.approx(16 / 9, abs=0.02)


def test_damaged_packets_are_not_copied(make_clip: ClipMaker) -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(120)]
    clip = make_clip("clip.mkv", times=np.arange(120) / 30, frames=frames)
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = noise.bytes(2000)
    clip.write_bytes(data)
    made, files = split(clip)
    assert not made.is_copied
    assert made.picture.duration_s == pytest.approx(made.copy.duration_s, abs=1 / 24)
    assert len(decode_video(files.picture)) > 60


def test_pictures_with_parameters_of_their_own_are_not_copied(make_clip: ClipMaker) -> None:
    parts = []
    for index, cabac in enumerate("01"):
        times = np.arange(45) / 30
        part = make_clip(f"part{index}.mp4", times=times, encoder={"x264-params": f"cabac={cabac}"})
        parts.append(part.with_suffix(".h264"))
        ffmpeg("-i", part, "-c", "copy", "-bsf:v", "h264_mp4toannexb", parts[-1])
    joined = parts[0].with_name("joined.h264")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    clip = joined.with_name("clip.mp4")
    ffmpeg("-r", 30, "-i", joined, "-c", "copy", clip)
    made, files = split(clip)
    assert not made.is_copied
    assert numbers(files.picture) == 2 * list(range(45))


def test_the_bit_rate_has_a_bound(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    encoder = PictureEncoder(
        tmp_path / "noise.mp4", size=(640, 360), fps=30.0, max_bit_rate=2_000_000
    )
    for index in range(90):
        picture = noise.integers(0, 255, (360, 640, 3), np.uint8)
        encoder.add(
            av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p"), index / 30
        )
    encoder.finish(3.0)
    assert (tmp_path / "noise.mp4").stat().st_size < 1.5 * 3.0 * 2_000_000 / 8


def test_an_encoded_picture_has_little_loss(make_clip: ClipMaker) -> None:
    rows, columns = np.mgrid[:120, :160]
    frames = [
        np.stack([rows + columns + 3 * i, 2 * rows - i, columns + i], axis=-1).astype(np.uint8)
        for i in range(61)
    ]
    source = make_clip("source.mp4", frames=frames, times=np.arange(61) / 30, encoder={"crf": "8"})
    clip = source.with_name("clip.mkv")
    ffmpeg("-i", source, "-c:v", "libx265", "-x265-params", "lossless=1:log-level=error", clip)
    _, files = split(clip)
    error = decode_video(files.picture).astype(float) - decode_video(clip)
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 36.0  # in RGB, of a picture full of edges
