from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, read_frames
from d2m.rendering.mux import mux
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
        mux(copy, np.zeros((2, 100), np.float32), target)
    with pytest.raises(VideoError):
        mux(tmp_path / "none.mp4", np.zeros(SAMPLE_RATE, np.float32), target)
    assert target.read_bytes() == b"earlier"
