from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, read_frames
from d2m.rendering.mux import VIDEO_SAMPLE_RATE, mux
from tests.clips import ClipMaker, click_track, coded_frames, first_click, number_of, probe_clip


def loud_near(audio: np.ndarray, time: float) -> bool:
    at = round(time * SAMPLE_RATE)
    return bool(np.abs(audio[at : at + 800]).max() > 0.2)


@pytest.fixture
def copy(make_clip: ClipMaker, tmp_path: Path) -> Path:
    """A normalised clip whose own audio has a click at 2 s."""
    normalise(make_clip(audio=click_track([2.0], 3.0)), tmp_path / "copy.mp4")
    return tmp_path / "copy.mp4"


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


def test_the_original_audio_is_mixed_in_with_its_gain(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    mux(copy, click_track([0.5], 3.0, SAMPLE_RATE), target, original_gain=0.7)
    audio = read_audio(target)
    assert loud_near(audio, 0.5)
    assert loud_near(audio, 2.0)


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


def test_the_studio_version_is_stereo_at_48_khz(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.mp4"
    mux(copy, stereo_clicks(3.0), target, sample_rate=STUDIO_SAMPLE_RATE)
    with av.open(str(target)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (VIDEO_SAMPLE_RATE, 2) == (48_000, 2)
        decoded = np.concatenate([f.to_ndarray() for f in container.decode(stream)], axis=1)
        size = sum(packet.size for packet in _packets(target))
    loudest = np.abs(decoded).argmax(axis=1) / VIDEO_SAMPLE_RATE
    assert loudest == pytest.approx([0.5, 1.5], abs=0.01)
    assert 8 * size / 3.0 > 192_000
    assert coded_frames(target) == coded_frames(copy)


def _packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(audio=0) if packet.size]


def test_the_original_audio_is_on_both_sides_of_the_studio_version(
    copy: Path, tmp_path: Path
) -> None:
    target = tmp_path / "result.mp4"
    music = np.zeros((2, 3 * STUDIO_SAMPLE_RATE), np.float32)
    mux(copy, music, target, sample_rate=STUDIO_SAMPLE_RATE, original_gain=0.7)
    assert loud_near(read_audio(target), 2.0)


@pytest.mark.parametrize("shape", [(3, 100), (2, 0), (1, 2, 100)])
def test_audio_of_another_shape_is_refused(copy: Path, tmp_path: Path, shape: tuple) -> None:
    with pytest.raises(AudioError, match="one or two channels"):
        mux(copy, np.zeros(shape, np.float32), tmp_path / "result.mp4")
