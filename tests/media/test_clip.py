from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
import soundfile

from d2m.core.errors import SettingsError, VideoError
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, read_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.frames import common_rate
from d2m.media.upright import fitted_size
from tests.clips import ClipMaker, click_track, first_click, number_of, numbered_frame, probe_clip


def numbers(path: Path, fps: float) -> list[int]:
    return [number_of(frame) for _, frame in read_frames(path, fps=fps)]


def test_probing_finds_the_properties_of_a_clip(make_clip: ClipMaker) -> None:
    info = probe_clip(make_clip(size=(96, 64), audio=click_track([1.0], 3.0)))
    assert (info.width, info.height, info.has_audio) == (96, 64, True)
    assert info.duration_s == pytest.approx(3.0, abs=0.01)
    assert info.fps == pytest.approx(30.0, abs=0.01)
    assert info.frame_count() == 90
    assert info.frame_count(10) == 30


@pytest.mark.parametrize("name", ["clip.mov", "clip.mkv", "clip.avi"])
def test_every_frame_keeps_its_place(make_clip: ClipMaker, name: str) -> None:
    source = make_clip(name, codec="mpeg4" if name.endswith("avi") else "libx264")
    target = source.with_name("copy.mp4")
    info = normalise(source, target)
    assert (info.fps, info.duration_s, info.has_audio) == (30, 3.0, False)
    assert numbers(target, 30) == list(range(90))


def test_a_normalised_clip_is_h264_and_aac_with_its_index_first(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    target = tmp_path / "copy.mp4"
    shares: list[float] = []
    normalise(make_clip(audio=click_track([1.0], 3.0)), target, progress=shares.append)
    with av.open(str(target)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.pix_fmt, audio.codec_context.name) == (
            "h264",
            "yuv420p",
            "aac",
        )
        assert video.start_time == 0
    assert target.read_bytes().find(b"moov") < target.read_bytes().find(b"mdat")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".d2m-")] == []


def test_frames_can_be_read_at_another_rate(make_clip: ClipMaker, tmp_path: Path) -> None:
    normalise(make_clip(), tmp_path / "copy.mp4")
    frames = list(read_frames(tmp_path / "copy.mp4", fps=10))
    assert [number_of(frame) for _, frame in frames] == list(range(0, 90, 3))
    assert [time for time, _ in frames] == pytest.approx(np.arange(30) / 10)


def test_frames_of_variable_rate_are_right_to_a_frame(make_clip: ClipMaker, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 15, 0.2], 90))
    times -= times[0]
    target = tmp_path / "copy.mp4"
    info = normalise(make_clip(times=times), target, fps=30)
    assert info.duration_s == pytest.approx(times[-1] + times[-1] / 89, abs=1 / 30)
    for time, frame in read_frames(target, fps=30):
        number = number_of(frame)
        until = times[number + 1] if number < 89 else info.duration_s
        assert times[number] - 0.5 / 30 - 1e-3 <= time <= until + 0.5 / 30 + 1e-3


def test_a_late_start_is_subtracted_from_frames_and_audio(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    source = make_clip(
        "late.mkv",
        times=5.0 + np.arange(90) / 30,
        audio=click_track([1.0], 3.0),
        audio_start=5.0,
    )
    target = tmp_path / "copy.mp4"
    info = normalise(source, target)
    assert info.duration_s == pytest.approx(3.0)
    assert numbers(target, 30) == list(range(90))
    assert first_click(read_audio(target), 22_050) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("delay", [-0.4, 0.5])
def test_audio_keeps_its_timing_relative_to_the_frames(
    make_clip: ClipMaker, tmp_path: Path, delay: float
) -> None:
    source = make_clip(
        "shifted.mkv",
        times=1.0 + np.arange(90) / 30,
        audio=click_track([1.0], 2.5),
        audio_start=1.0 + delay,
    )
    target = tmp_path / "copy.mp4"
    normalise(source, target)
    assert first_click(read_audio(target), 22_050) == pytest.approx(1.0 + delay, abs=0.01)


def test_audio_keeps_its_level(make_clip: ClipMaker, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * 44_100) / 44_100).astype(np.float32)
    normalise(make_clip(audio=tone), tmp_path / "copy.mp4")
    assert np.abs(read_audio(tmp_path / "copy.mp4")[5000:-5000]).max() == pytest.approx(
        0.5, abs=0.03
    )


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotated_clips_are_upright_as_in_ffmpeg(
    make_clip: ClipMaker, tmp_path: Path, rotation: int
) -> None:
    frame = np.full((48, 96, 3), 60, np.uint8)
    frame[:20, :40] = (230, 30, 30)
    frame[28:, 60:] = (30, 30, 230)
    source = make_clip(frames=[frame] * 90, rotation=rotation)
    shown = tmp_path / "shown.rgb"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error"]
    command += ["-i", str(source), "-frames:v", "1", "-pix_fmt", "rgb24", str(shown)]
    command[-1:-1] = ["-f", "rawvideo"]
    subprocess.run(command, check=True, timeout=60)
    size = (48, 96) if rotation % 180 else (96, 48)
    expected = np.fromfile(shown, np.uint8).reshape(size[1], size[0], 3).astype(int)

    info = normalise(source, tmp_path / "copy.mp4")
    assert (info.width, info.height) == size
    assert (probe_clip(source).width, probe_clip(source).height) == size
    _, got = next(read_frames(tmp_path / "copy.mp4"))
    assert np.abs(got.astype(int) - expected).mean() < 6


def test_colours_are_preserved(make_clip: ClipMaker, tmp_path: Path) -> None:
    frame = np.zeros((64, 96, 3), np.uint8)
    frame[:, :32], frame[:, 32:64], frame[:, 64:] = (200, 40, 40), (40, 200, 40), (230,) * 3
    normalise(make_clip(frames=[frame] * 90), tmp_path / "copy.mp4")
    _, got = next(read_frames(tmp_path / "copy.mp4"))
    for column in (16, 48, 80):
        assert np.abs(got[32, column].astype(int) - frame[32, column]).max() < 12


def test_odd_large_and_portrait_sizes_are_scaled(make_clip: ClipMaker, tmp_path: Path) -> None:
    target = tmp_path / "copy.mp4"
    odd = normalise(make_clip("odd.mkv", size=(65, 47)), target)
    assert (odd.width % 2, odd.height % 2) == (0, 0)
    tall = normalise(make_clip(size=(108, 192)), target, longest_side=128)
    assert (tall.width, tall.height) == (72, 128)
    _, frame = next(read_frames(target, longest_side=64))
    assert frame.shape == (64, 36, 3)
    assert frame.dtype == np.uint8


def test_a_truncated_file_is_used_as_far_as_it_can_be_decoded(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(150)]
    source = make_clip(times=np.arange(150) / 30, frames=frames, options={"movflags": "+faststart"})
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 7 // 10])
    info = normalise(source, tmp_path / "copy.mp4")
    assert 3.0 < info.duration_s < 4.0
    source.write_bytes(data[: len(data) * 2 // 10])
    with pytest.raises(VideoError, match="at least 2 s"):
        normalise(source, tmp_path / "short.mp4")
    assert not (tmp_path / "short.mp4").exists()


def test_damaged_packets_are_skipped(make_clip: ClipMaker, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(120)]
    source = make_clip(
        "clip.mkv",
        times=np.arange(120) / 30,
        frames=frames,
        audio=click_track([1.0], 4.0),
    )
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = noise.bytes(2000)
    source.write_bytes(data)
    info = normalise(source, tmp_path / "copy.mp4")
    assert info.duration_s == pytest.approx(4.0, abs=0.5)


def test_files_that_are_not_videos_are_refused_with_one_sentence(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    good = make_clip()
    text = tmp_path / "text.mp4"
    text.write_text("This is a letter, not a video.\n" * 50)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    tone = tmp_path / "tone.m4a"
    with av.open(str(tone), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44_100
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    wav = tmp_path / "sound.mp4"
    soundfile.write(wav, np.zeros(44_100), 22_050, format="WAV")
    playlist = tmp_path / "list.mp4"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\n{good.name}\n#EXT-X-ENDLIST\n"
    )
    concat = tmp_path / "concat.mp4"
    concat.write_text(f"ffconcat version 1.0\nfile {good.name}\n")
    still = tmp_path / "still.mp4"
    rawish = make_clip("raw.avi", codec="snow", encoder={"strict": "-2"})
    cases = {
        text: "not a video",
        empty: "empty",
        tone: "has sound but no picture",
        wav: "has sound .*but no picture",
        playlist: "is a playlist",
        concat: "is a playlist",
        still: "no file",
        rawish: "not supported",
        make_clip("short.mp4", times=np.arange(30) / 30): "at least 2 s",
    }
    for path, reason in cases.items():
        with pytest.raises(VideoError, match=reason) as caught:
            probe_clip(path)
        message = str(caught.value)
        assert str(tmp_path) not in message
        assert message.endswith(".")
        assert "\n" not in message


def test_limits_are_enforced(make_clip: ClipMaker) -> None:
    clip = make_clip()
    default = ClipLimits()
    for limits, reason in (
        (replace(default, max_bytes=100), "MB allowed"),
        (replace(default, max_pixels=64 * 48 - 1), "too large"),
        (replace(default, max_frames=50), "more than 50 frames"),
        (replace(default, max_duration_s=2.5), "2.5 s allowed"),
    ):
        with pytest.raises(VideoError, match=reason):
            probe_clip(clip, limits)


def test_clips_over_two_minutes_are_refused_by_default(make_clip: ClipMaker) -> None:
    clip = make_clip(times=np.arange(0, 130, 2.0), size=(16, 16))
    with pytest.raises(VideoError, match="120 s allowed"):
        probe_clip(clip)


def test_4k_passes_and_8k_does_not(make_clip: ClipMaker) -> None:
    times = [0.0, 1.2]
    assert probe_clip(make_clip(times=times, size=(2160, 3840))).height == 3840
    large = [numbered_frame(0, (7680, 4320))] * 2
    with pytest.raises(VideoError, match="too large"):
        probe_clip(make_clip("8k.mp4", times=times, frames=large))


def test_settings_out_of_range_are_refused(make_clip: ClipMaker, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="1 to 120 frames"):
        normalise(make_clip(), tmp_path / "copy.mp4", fps=0)


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        *((5, 20), (10, 20), (12, 24), (15, 30), (20, 20), (23.976, 24), (25.05, 25), (28, 28)),
        *((29.97, 30), (33.3, 34), (47.95, 48), (59.94, 60), (119.88, 60), (240, 60)),
    ],
)
def test_common_rates(fps: float, expected: int) -> None:
    assert common_rate(fps) == expected


def test_sizes_are_even_and_limited() -> None:
    assert fitted_size(1920, 1080, 1280) == (1280, 720)
    assert fitted_size(853.33, 480, 1280) == (854, 480)
    assert fitted_size(3, 1000, 100) == (2, 100)
