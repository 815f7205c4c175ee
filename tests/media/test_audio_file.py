from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio, write_flac, write_wav
from tests.clips import ClipMaker, click_track, first_click


def test_a_written_wav_file_is_read_back(tmp_path: Path) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, SAMPLE_RATE).astype(np.float32)
    path = tmp_path / "new" / "music.wav"
    write_wav(path, audio)
    assert soundfile.info(path).subtype == "PCM_16"
    assert soundfile.info(path).samplerate == SAMPLE_RATE
    back = read_audio(path)
    assert back.dtype == np.float32
    assert np.abs(back - audio).max() < 1e-4
    assert [item.name for item in path.parent.iterdir()] == ["music.wav"]


def test_another_sample_rate_and_two_channels_are_converted(tmp_path: Path) -> None:
    time = np.arange(48_000 * 2) / 48_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 48_000)
    back = read_audio(tmp_path / "tone.wav")
    assert len(back) == pytest.approx(2 * SAMPLE_RATE, abs=4)
    peak = np.argmax(np.abs(np.fft.rfft(back))) * SAMPLE_RATE / len(back)
    assert peak == pytest.approx(440, abs=1)
    assert np.abs(back).max() == pytest.approx(0.5, abs=0.02)


def test_the_audio_of_a_video_starts_with_its_first_frame(make_clip: ClipMaker) -> None:
    audio = read_audio(make_clip(audio=click_track([1.5], 3.0)))
    assert first_click(audio, SAMPLE_RATE) == pytest.approx(1.5, abs=0.01)


def test_files_without_audio_are_refused(make_clip: ClipMaker, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound here\n" * 100)
    for path, reason in (
        (make_clip(), "no sound"),
        (text, "not a video or audio file"),
        (tmp_path / "none.wav", "no file"),
    ):
        with pytest.raises(AudioError, match=reason) as caught:
            read_audio(path)
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((3, 100)), np.array([0.0, np.nan])])
def test_invalid_audio_is_not_written(tmp_path: Path, bad: np.ndarray) -> None:
    with pytest.raises(AudioError):
        write_wav(tmp_path / "bad.wav", bad)
    assert not (tmp_path / "bad.wav").exists()


def test_stereo_is_written_with_24_bits(tmp_path: Path) -> None:
    audio = np.stack([np.linspace(-1, 1, 500), np.zeros(500)]).astype(np.float32)
    write_wav(tmp_path / "music.wav", audio, 44_100, bits=24)
    write_flac(tmp_path / "music.flac", audio, 44_100)
    for name, container in (("music.wav", "WAV"), ("music.flac", "FLAC")):
        info = soundfile.info(tmp_path / name)
        assert (info.format, info.subtype, info.samplerate) == (container, "PCM_24", 44_100)
        np.testing.assert_allclose(soundfile.read(tmp_path / name)[0].T, audio, atol=2**-22)
