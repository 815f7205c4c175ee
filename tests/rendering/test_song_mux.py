from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import AudioError
from d2m.media.clip_part import ClipPart
from d2m.media.song_file import SongLimits, read_song
from d2m.rendering.song_mux import mux_song
from tests.click_songs import click_errors_s, clicks, write_song
from tests.clips import ClipMaker, coded_frames


@dataclass(frozen=True)
class Part:
    """A part of a song."""

    path: Path
    start_s: float = 0.0
    duration_s: float = 4.0


@pytest.fixture
def picture(make_clip: ClipMaker) -> Path:
    """A silent video of 4 s."""
    return make_clip("picture.mp4", times=np.arange(120) / 30)


def sound_of(path: Path) -> tuple[int, np.ndarray, float]:
    """Return sample rate (Hz), samples (C, N) and start (s) of a video's sound."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        start_s = float(frames[0].pts * frames[0].time_base)
        samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    return frames[0].sample_rate, samples, start_s


def coded_sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize(
    ("name", "rate", "arguments"),
    [
        ("song.m4a", 44_100, ()),
        ("mono.m4a", 48_000, ("-ac", "1")),
        ("song.aac", 44_100, ()),
        ("song.ts", 48_000, ("-c:a", "aac")),
    ],
)
def test_the_coded_sound_of_aac_is_copied(
    name: str, rate: int, arguments: tuple[str, ...], picture: Path, tmp_path: Path
) -> None:
    song = write_song(tmp_path / name, clicks(rate), rate, *arguments)
    target = tmp_path / "out" / "dance.mp4"
    mux_song(picture, Part(song), target)
    copied, source = coded_sound(target), coded_sound(song)
    if name.endswith("m4a"):
        assert copied == source[: len(copied)]
    assert len(copied) >= 4.0 * rate / 1024
    _, samples, start_s = sound_of(target)
    _, _, expected = read_song(song, SongLimits(), ClipPart(), sample_rate=rate)
    count = min(samples.shape[1], expected.shape[1])
    assert start_s == 0
    np.testing.assert_allclose(samples[:, :count], expected[:, :count], atol=1e-5)
    assert samples.shape[1] / rate == pytest.approx(4.0, abs=1 / 30)
    assert coded_frames(target) == coded_frames(picture)
    assert [path.name for path in target.parent.iterdir()] == ["dance.mp4"]


@pytest.mark.parametrize(
    ("name", "rate", "arguments", "result"),
    [
        ("song.wav", 44_100, (), (44_100, 2)),
        ("mono.flac", 48_000, ("-ac", "1"), (48_000, 1)),
        ("song.mp3", 22_050, (), (48_000, 2)),
        ("surround.m4a", 48_000, ("-ac", "6"), (48_000, 2)),
    ],
)
def test_other_songs_are_encoded_in_time(
    name: str,
    rate: int,
    arguments: tuple[str, ...],
    result: tuple[int, int],
    picture: Path,
    tmp_path: Path,
) -> None:
    song = write_song(tmp_path / name, clicks(rate), rate, *arguments)
    mux_song(picture, Part(song), tmp_path / "dance.mp4")
    out_rate, samples, start_s = sound_of(tmp_path / "dance.mp4")
    assert ((out_rate, len(samples)), start_s) == (result, 0)
    assert np.abs(click_errors_s(samples[0], out_rate)).max() < 1.5 / out_rate
    assert samples.shape[1] / out_rate == pytest.approx(4.0, abs=1024 / out_rate)
    _, _, expected = read_song(song, SongLimits(), ClipPart(), sample_rate=out_rate)
    error = samples[:, : 4 * out_rate] - expected[:, : 4 * out_rate]
    assert np.sqrt(np.mean(error**2)) < 0.05 * np.sqrt(np.mean(expected**2))


def test_a_part_of_a_song_starts_on_its_sample(picture: Path, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.m4a", clicks(44_100, np.array([1.5, 2.5]), 6.0), 44_100)
    mux_song(picture, Part(song, start_s=1.2), tmp_path / "dance.mp4")
    rate, samples, _ = sound_of(tmp_path / "dance.mp4")
    assert np.abs(click_errors_s(samples[0], rate, np.array([0.3, 1.3]))).max() < 1.5 / rate


def test_a_short_song_is_followed_by_silence(picture: Path, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.m4a", clicks(44_100, np.array([2.9]), 3.0), 44_100)
    mux_song(picture, Part(song, duration_s=3.0), tmp_path / "dance.mp4")
    rate, samples, _ = sound_of(tmp_path / "dance.mp4")
    assert samples.shape[1] / rate == pytest.approx(4.0, abs=1024 / rate)
    assert np.abs(samples[:, round(3.1 * rate) :]).max() < 1e-3


def test_neither_level_nor_peaks_are_changed(picture: Path, tmp_path: Path) -> None:
    noise = np.cumsum(np.random.default_rng(0).standard_normal(4 * 48_000))
    noise -= np.convolve(noise, np.ones(400) / 400, "same")
    noise *= np.where(np.arange(len(noise)) < 96_000, 0.01, 1.3) / np.abs(noise).max()
    song = write_song(
        tmp_path / "song.wav", np.stack([noise, 0.5 * noise]), 48_000, "-c:a", "pcm_f32le"
    )
    mux_song(picture, Part(song), tmp_path / "dance.mp4")
    samples = sound_of(tmp_path / "dance.mp4")[1]
    for part in (slice(10_000, 90_000), slice(100_000, 180_000)):
        for gain, side in zip((1.0, 0.5), samples, strict=True):
            assert np.std(side[part]) == pytest.approx(gain * np.std(noise[part]), rel=0.01)
    assert np.abs(samples).max() > 1.1


def test_bad_songs_leave_an_earlier_result_alone(picture: Path, tmp_path: Path) -> None:
    target, text = tmp_path / "dance.mp4", tmp_path / "text.mp3"
    target.write_bytes(b"earlier")
    text.write_text("no song")
    with pytest.raises(AudioError, match="holds no sound"):
        mux_song(picture, Part(text), target)
    assert target.read_bytes() == b"earlier"
