from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import SettingsError, VideoError
from d2m.media import clip
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, read_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.frames import decode_frames
from tests.clips import ClipMaker, click_track, first_click, number_of, numbered_frame, probe_clip

EXAMPLES = Path(__file__).parents[2] / "examples"
B_FRAMES = {"preset": "medium", "bf": "3", "g": "48", "x264-params": "open-gop=1"}


def numbers(path: Path, fps: float = 30) -> list[int]:
    return [number_of(frame) for _, frame in read_frames(path, fps=fps)]


@pytest.mark.parametrize("start", [0.0, 0.8, 1.0, 2.6])
@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("clip.mp4", {}),
        ("clip.mp4", B_FRAMES),
        ("clip.mp4", {"g": "1000"}),
        ("clip.webm", {"codec": "libvpx", "g": "40"}),
        ("clip.avi", {"codec": "mpeg4", "g": "40"}),
        ("clip.gif", {"codec": "gif"}),
    ],
    ids=["plain", "b-frames", "one keyframe", "webm", "avi", "gif"],
)
def test_a_part_has_exactly_its_frames(
    make_clip: ClipMaker, tmp_path: Path, name: str, encoder: dict[str, str], start: float
) -> None:
    options = dict(encoder)
    codec = options.pop("codec", "libx264")
    rate = 25 if codec == "gif" else 30  # whose clock ticks in hundredths of a second
    source = make_clip(name, times=np.arange(150) / rate, codec=codec, encoder=options)
    info = normalise(source, tmp_path / "part.mp4", start_s=start, length_s=2.2, fps=rate)
    first, count = round(start * rate), round(2.2 * rate)
    assert info.duration_s == pytest.approx(2.2, abs=0.5 / rate)
    assert numbers(tmp_path / "part.mp4", rate) == list(range(first, first + count))


@pytest.mark.parametrize("start", [0.31, 1.5, 2.96])
def test_a_part_of_variable_rate_shows_what_the_whole_clip_shows(
    make_clip: ClipMaker, tmp_path: Path, start: float
) -> None:
    rng = np.random.default_rng(5)
    times = 3.0 + np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 15, 0.2, 0.5], 90))
    source = make_clip("clip.mkv", times=times)
    normalise(source, tmp_path / "whole.mp4", fps=30)
    info = normalise(source, tmp_path / "part.mp4", fps=30, start_s=start, length_s=2.5)
    assert info.duration_s == pytest.approx(2.5, abs=1 / 30)
    start_times = times - times[0]
    for time, frame in read_frames(tmp_path / "part.mp4", fps=30):
        number = number_of(frame)
        assert start_times[number] - 0.5 / 30 - 2e-3 <= start + time
        assert start + time <= start_times[number + 1] + 0.5 / 30 + 2e-3
    whole, part = numbers(tmp_path / "whole.mp4"), numbers(tmp_path / "part.mp4")
    expected = np.array(whole[round(start * 30) :][: len(part)])
    assert np.abs(expected - part).max() <= 2
    assert (expected == part).mean() > 0.85


def test_a_long_frame_is_cut_at_the_end_of_the_part(make_clip: ClipMaker, tmp_path: Path) -> None:
    source = make_clip(times=[0.0, 0.5, 1.0, 200.0, 200.5])
    limits = replace(ClipLimits(), max_duration_s=60.0)
    info = normalise(source, tmp_path / "part.mp4", fps=30, limits=limits, length_s=3.0)
    assert info.duration_s == pytest.approx(3.0)
    assert numbers(tmp_path / "part.mp4") == [0] * 15 + [1] * 15 + [2] * 60


@pytest.mark.parametrize("delay", [-0.4, 0.0, 0.5])
@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_audio_and_frames_are_cut_at_the_same_time(
    make_clip: ClipMaker, tmp_path: Path, name: str, delay: float
) -> None:
    source = make_clip(
        name,
        times=1.0 + np.arange(180) / 30,
        audio=click_track([1.0, 4.0], 6.0),
        audio_start=1.0 + delay,
    )
    info = normalise(source, tmp_path / "part.mp4", start_s=2.5, length_s=3.0)
    assert info.has_audio
    sound = read_audio(tmp_path / "part.mp4")
    assert len(sound) / 22_050 == pytest.approx(3.0, abs=0.05)
    assert first_click(sound, 22_050) == pytest.approx(1.5 + delay, abs=0.01)
    assert numbers(tmp_path / "part.mp4") == list(range(75, 165))


def test_parts_of_rotated_and_real_clips_match_the_whole_clip(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    frame = [np.roll(numbered_frame(77, (96, 48)), i, axis=0) for i in range(120)]
    for number, shade in enumerate(frame):
        shade[:10] = 2 * number
    rotated = make_clip(times=np.arange(120) / 30, frames=frame, rotation=-90)
    for source in (rotated, EXAMPLES / "salsa_cmu_portrait.mp4"):
        whole = normalise(source, tmp_path / "whole.mp4", longest_side=256)
        part = normalise(source, tmp_path / "part.mp4", longest_side=256, start_s=1.3, length_s=2.0)
        assert (part.width, part.height) == (whole.width, whole.height)
        assert part.height > part.width
        expected = [frame for _, frame in read_frames(tmp_path / "whole.mp4")][39:99]
        got = [frame for _, frame in read_frames(tmp_path / "part.mp4")]
        assert len(got) == len(expected) == 60
        for one, other in zip(got, expected, strict=True):
            assert np.abs(one.astype(int) - other).mean() < 4


def test_the_end_of_a_clip_ends_the_part(make_clip: ClipMaker, tmp_path: Path) -> None:
    source = make_clip(times=np.arange(150) / 30)
    info = normalise(source, tmp_path / "part.mp4", start_s=2.0, length_s=20.0)
    assert info.duration_s == pytest.approx(3.0)
    assert numbers(tmp_path / "part.mp4") == list(range(60, 150))
    assert normalise(source, tmp_path / "part.mp4", start_s=2.0).duration_s == pytest.approx(3.0)


def test_only_the_part_of_a_long_clip_is_decoded(
    make_clip: ClipMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = np.arange(6000) / 10
    blank = np.zeros((16, 16, 3), np.uint8)
    source = make_clip(
        times=times,
        frames=[blank + (i // 60) for i in range(6000)],
        audio=click_track([400.5], 600.0),
    )
    with pytest.raises(VideoError, match="120 s allowed: choose a shorter part"):
        normalise(source, tmp_path / "whole.mp4")
    decoded: list[av.VideoFrame] = []
    monkeypatch.setattr(
        clip,
        "decode_frames",
        lambda *a, **k: (decoded.append(f) or f for f in decode_frames(*a, **k)),
    )
    info = normalise(source, tmp_path / "part.mp4", start_s=400.0, length_s=20.0)
    assert info.duration_s == pytest.approx(20.0)
    assert len(decoded) <= 200 + 2 * 30
    shades = [int(frame.mean()) for _, frame in read_frames(tmp_path / "part.mp4", fps=10)]
    assert np.abs(np.array(shades) - (4000 + np.arange(200)) // 60).max() <= 2
    assert first_click(read_audio(tmp_path / "part.mp4"), 22_050) == pytest.approx(0.5, abs=0.01)


def test_invalid_parts_are_refused_with_one_sentence(make_clip: ClipMaker, tmp_path: Path) -> None:
    source = make_clip(times=np.arange(150) / 30)
    target = tmp_path / "part.mp4"
    cases: list[tuple[float, float | None, type[Exception], str]] = [
        (5.0, None, VideoError, "starts at 5 s, but the clip lasts only 5.0 s"),
        (1e9, 10.0, VideoError, "choose an earlier start"),
        (4.0, 10.0, VideoError, "lasts only 1.0 s: choose at least 2 s"),
        (0.0, 1.0, VideoError, "lasts only 1.0 s: choose at least 2 s"),
        (-0.5, None, SettingsError, "start at -0.5 s"),
        (float("nan"), None, SettingsError, "start at nan s"),
        (float("inf"), 3.0, SettingsError, "start at inf s"),
        (0.0, 0.0, SettingsError, "last 0 s"),
        (0.0, -3.0, SettingsError, "last -3 s"),
        (0.0, float("nan"), SettingsError, "last nan s"),
        (0.0, float("inf"), SettingsError, "last inf s"),
    ]
    for start, length, kind, reason in cases:
        with pytest.raises(kind, match=reason) as caught:
            normalise(source, target, start_s=start, length_s=length)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)
        assert not target.exists()


def test_limits_apply_to_the_part(make_clip: ClipMaker, tmp_path: Path) -> None:
    source = make_clip(times=np.arange(240) / 30)
    for change, reason in (
        ({"max_bytes": 100}, "MB allowed"),
        ({"max_pixels": 64 * 48 - 1}, "too large"),
        ({"max_frames": 50}, "more than 50 frames"),
        ({"max_frames": 100, "max_listed": 200}, "more than 200 frames"),
        ({"max_duration_s": 2.0}, "part lasts 3 s, more than the 2 s allowed"),
    ):
        limits = replace(ClipLimits(), **change)
        with pytest.raises(VideoError, match=reason):
            normalise(source, tmp_path / "part.mp4", limits=limits, start_s=4.5, length_s=3.0)
    few = replace(ClipLimits(), max_frames=110, max_duration_s=3.0)
    with pytest.raises(VideoError, match="more than 110 frames"):
        normalise(source, tmp_path / "part.mp4", limits=few)
    info = normalise(source, tmp_path / "part.mp4", limits=few, start_s=4.5, length_s=3.0)
    assert info.duration_s == pytest.approx(3.0)
    lone = make_clip("lone.mp4", times=np.arange(240) / 30, encoder={"g": "1000"})
    with pytest.raises(VideoError, match="more than 110 frames"):
        normalise(lone, tmp_path / "part.mp4", limits=few, start_s=4.5, length_s=3.0)


def test_damage_before_the_part_does_not_shift_it(make_clip: ClipMaker, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    frames = [numbered_frame(i, (64, 48)) // 2 for i in range(180)]
    for frame in frames:
        frame[:8] = noise.integers(0, 255, (8, 64, 3), np.uint8)
    source = make_clip("clip.mkv", times=np.arange(180) / 30, frames=frames)
    data = bytearray(source.read_bytes())
    data[len(data) // 4 : len(data) // 4 + 300] = bytes(300)
    source.write_bytes(data)
    assert probe_clip(source).duration_s == pytest.approx(6.0, abs=0.1)
    info = normalise(source, tmp_path / "part.mp4", start_s=3.0, length_s=2.5)
    assert info.duration_s == pytest.approx(2.5)
    got = [frame[8:] for _, frame in read_frames(tmp_path / "part.mp4")]
    assert [number_of(np.minimum(p.astype(int) * 2, 255)) for p in got] == list(range(90, 165))


@pytest.mark.parametrize("count", [1, 3, 7])
def test_samples_are_the_middle_frames_of_equal_parts(
    make_clip: ClipMaker, tmp_path: Path, count: int
) -> None:
    source = make_clip(times=np.arange(210) / 30, encoder={"g": "1000"})
    normalise(source, tmp_path / "copy.mp4")
    samples = clip.sample_frames(tmp_path / "copy.mp4", count=count)
    expected = (np.arange(count) + 0.5) / count * 210
    assert len(samples) == count
    for (time, frame), index in zip(samples, expected, strict=True):
        assert number_of(frame) == round(time * 30)
        assert abs(number_of(frame) - index) <= 1


def test_samples_never_repeat_and_are_scaled(make_clip: ClipMaker, tmp_path: Path) -> None:
    normalise(make_clip(times=np.arange(60) / 30, size=(96, 64)), tmp_path / "copy.mp4")
    samples = clip.sample_frames(tmp_path / "copy.mp4", count=200, longest_side=48)
    times = [time for time, _ in samples]
    assert len(samples) == 60
    assert times == sorted(set(times))
    assert samples[0][1].shape == (32, 48, 3)
