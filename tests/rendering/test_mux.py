from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import butter, resample_poly, sosfilt

from d2m.audio.loudness import measure_loudness
from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.media.audio_file import read_audio, write_flac
from d2m.media.clip import normalise, read_frames
from d2m.media.full_quality import SOUND_RATE
from d2m.rendering.mux import mux
from tests.clips import ClipMaker, click_track, coded_frames, first_click, number_of, probe_clip

MONO = 0.5**0.5
"""Gain of mono music on each of two speakers."""


def loud_near(audio: np.ndarray, time: float) -> bool:
    at = round(time * SAMPLE_RATE)
    return bool(np.abs(audio[at : at + 800]).max() > 0.2)


@pytest.fixture
def copy(make_clip: ClipMaker, tmp_path: Path) -> Path:
    """A normalised clip."""
    normalise(make_clip(), tmp_path / "copy.mp4")
    return tmp_path / "copy.mp4"


@pytest.fixture
def own_sound(tmp_path: Path) -> Path:
    """The clip's own sound: a click at 2 s on the left."""
    click = click_track([2.0], 3.0, SOUND_RATE)
    write_flac(tmp_path / "sound.flac", np.stack([click, 0 * click]), SOUND_RATE)
    return tmp_path / "sound.flac"


@pytest.mark.parametrize("seconds", [1.0, 3.0, 10.0])
def test_video_and_music_have_the_same_duration(copy: Path, tmp_path: Path, seconds: float) -> None:
    music = click_track([0.5], seconds, SAMPLE_RATE)
    target = tmp_path / "out" / "result.mp4"
    mux(copy, music, target)
    with av.open(str(target)) as container:
        lengths = [float(stream.duration * stream.time_base) for stream in container.streams]
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    assert lengths == pytest.approx([3.0, 3.0], abs=1 / 30)
    assert target.read_bytes().find(b"moov") < target.read_bytes().find(b"mdat")
    assert [path.name for path in target.parent.iterdir()] == ["result.mp4"]


def test_the_video_is_copied_and_the_music_is_in_time(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    mux(copy, click_track([0.5], 3.0, SAMPLE_RATE), target)
    assert [number_of(frame) for _, frame in read_frames(target)] == list(range(90))
    assert coded_frames(target) == coded_frames(copy)
    audio = read_audio(target)
    assert first_click(audio, SAMPLE_RATE) == pytest.approx(0.5, abs=0.005)
    assert not loud_near(audio, 2.0)


def stereo_of(path: Path) -> np.ndarray:
    """Return the sound of a result (2, N) at its own rate."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def peak_dbtp(path: Path) -> float:
    """Return the true peak of a result's decoded sound: fourfold oversampling, as BS.1770 has."""
    dense = resample_poly(stereo_of(path).astype(float), 4, 1, axis=-1)
    return float(20 * np.log10(np.abs(dense).max()))


@pytest.mark.parametrize("rate", [SAMPLE_RATE, STUDIO_SAMPLE_RATE])
def test_the_own_sound_is_mixed_in_with_its_gain_and_its_side(
    copy: Path, own_sound: Path, tmp_path: Path, rate: int
) -> None:
    target = tmp_path / "result.mp4"
    music = click_track([0.5], 3.0, rate)
    mux(copy, music, target, own_sound=own_sound, original_gain=0.5, sample_rate=rate)
    left, right = stereo_of(target)
    at = round(1.99 * SOUND_RATE)
    assert np.abs(left[at:][: SOUND_RATE // 20]).max() == pytest.approx(0.4, abs=0.06)
    assert np.abs(right[at:][: SOUND_RATE // 20]).max() < 0.05
    for side in (left, right):
        assert first_click(side, SOUND_RATE) == pytest.approx(0.5, abs=0.005)
        # Mono on two speakers: 3 dB less on each, so that it is as loud as on one.
        assert np.abs(side[:SOUND_RATE]).max() == pytest.approx(0.8 * MONO, abs=0.08)


def test_peaks_are_limited_and_soft_music_keeps_its_level(copy: Path, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * SOUND_RATE) / SOUND_RATE).astype(np.float32)
    write_flac(tmp_path / "loud.flac", np.stack([0.9 * tone, 0.9 * tone]), SOUND_RATE)
    music = np.stack([0.3 * tone, 0.3 * tone])
    music[:, SOUND_RATE : 2 * SOUND_RATE] *= 3
    target = tmp_path / "result.mp4"
    mux(
        copy,
        music,
        target,
        own_sound=tmp_path / "loud.flac",
        original_gain=0.5,
        sample_rate=SOUND_RATE,
    )
    left, _ = stereo_of(target)
    assert peak_dbtp(target) <= -1.0  # a clipped sum would have 2.6, or be distorted
    assert np.abs(left[SOUND_RATE // 4 : SOUND_RATE // 2]).max() == pytest.approx(0.75, abs=0.03)
    middle = left[round(1.25 * SOUND_RATE) : round(1.75 * SOUND_RATE)]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    first = spectrum[210:231].max()  # 0.5 s: two bins per Hz
    assert spectrum[640:681].max() < 0.01 * first


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", ["square", "hiss", "clicks"])
def test_decoded_true_peaks_stay_below_the_limit(
    copy: Path, tmp_path: Path, kind: str, channels: int
) -> None:
    """Sounds that overshoot when they are coded, with a loud own sound on top."""
    count = 3 * SOUND_RATE
    rng = np.random.default_rng(3)
    times = np.arange(count) / SOUND_RATE
    sounds = {
        "square": 0.9 * np.sign(np.sin(2 * np.pi * 310 * times)),
        "hiss": rng.standard_normal(count),
        "clicks": 3.0 * (rng.random(count) > 0.999),
    }
    own = (0.9 * np.sign(np.sin(2 * np.pi * 97 * times))).astype(np.float32)
    write_flac(tmp_path / "loud.flac", np.stack([own, -own]), SOUND_RATE)
    music = np.stack([sounds[kind].astype(np.float32)] * channels)
    target = tmp_path / "result.mp4"
    for gain in (0.0, 1.0):
        mux(
            copy,
            music,
            target,
            own_sound=tmp_path / "loud.flac",
            original_gain=gain,
            sample_rate=SOUND_RATE,
        )
        assert -4.0 < peak_dbtp(target) <= -1.0


def test_each_sample_of_the_music_is_where_it_was(copy: Path, tmp_path: Path) -> None:
    """Neither the coder's delay nor the container moves the music, by a single sample."""
    noise = 0.1 * np.random.default_rng(5).standard_normal((2, 3 * SOUND_RATE)).astype(np.float32)
    target = tmp_path / "result.mp4"
    mux(copy, noise, target, sample_rate=SOUND_RATE)
    decoded = stereo_of(target)[0]
    early, late = (
        np.vdot(decoded[5000 + lag :][:90_000], noise[0, 5000:][:90_000]) for lag in (-1, 1)
    )
    there = np.vdot(decoded[5000:][:90_000], noise[0, 5000:][:90_000])
    assert there > 2 * max(early, late)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].start_time == 0


def test_mono_music_is_as_loud_as_stereo(copy: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).standard_normal(3 * SOUND_RATE)
    noise = sosfilt(butter(4, 8000, fs=SOUND_RATE, output="sos"), 0.1 * noise).astype(np.float32)
    target = tmp_path / "result.mp4"
    mux(copy, noise, target, sample_rate=SOUND_RATE)
    loudness = measure_loudness(stereo_of(target), SOUND_RATE)
    assert loudness == pytest.approx(measure_loudness(noise, SOUND_RATE), abs=0.3)


def test_a_clip_without_audio_gets_music(make_clip: ClipMaker, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    normalise(make_clip(), tmp_path / "copy.mp4")
    mux(tmp_path / "copy.mp4", click_track([0.5], 3.0, SAMPLE_RATE), target, original_gain=0.5)
    assert probe_clip(target).has_audio


def test_bad_input_leaves_an_earlier_result_alone(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    target.write_bytes(b"earlier")
    with pytest.raises(AudioError):
        mux(copy, np.zeros((3, 100), np.float32), target)
    with pytest.raises(VideoError):
        mux(tmp_path / "none.mp4", np.zeros(SAMPLE_RATE, np.float32), target)
    assert target.read_bytes() == b"earlier"


def stereo_clicks(seconds: float) -> np.ndarray:
    """Return a click at 0.5 s on the left and one at 1.5 s on the right, over soft noise."""
    rate = STUDIO_SAMPLE_RATE
    noise = 0.05 * np.random.default_rng(0).standard_normal((2, round(seconds * rate)))
    clicks = [click_track([time_s], seconds, rate) for time_s in (0.5, 1.5)]
    return (noise + np.stack(clicks)).astype(np.float32)


def test_left_and_right_stay_apart(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    mux(copy, stereo_clicks(3.0), target, sample_rate=STUDIO_SAMPLE_RATE)
    sides = stereo_of(target)
    for side, time_s in zip(sides, (0.5, 1.5), strict=True):
        assert first_click(side, SOUND_RATE) == pytest.approx(time_s, abs=0.005)
    assert coded_frames(target) == coded_frames(copy)


@pytest.mark.parametrize(
    ("channels", "rate"), [(1, SAMPLE_RATE), (2, STUDIO_SAMPLE_RATE), (1, SOUND_RATE)]
)
def test_the_sound_is_stereo_aac_at_48_khz_and_192_kbit_s(
    copy: Path, tmp_path: Path, channels: int, rate: int
) -> None:
    target = tmp_path / "result.mp4"
    noise = 0.1 * np.random.default_rng(0).standard_normal((channels, 3 * rate))
    mux(copy, noise.astype(np.float32), target, sample_rate=rate)
    with av.open(str(target)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (48_000, 2)
    rates = 8 * sum(packet.size for packet in _packets(target)) / 3.0
    assert 170_000 < rates < 215_000


def _packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("shape", [(3, 100), (2, 0), (1, 2, 100)])
def test_audio_of_another_shape_is_refused(copy: Path, tmp_path: Path, shape: tuple) -> None:
    with pytest.raises(AudioError, match="one or two channels"):
        mux(copy, np.zeros(shape, np.float32), tmp_path / "result.mp4")
