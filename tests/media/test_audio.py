from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
import pytest
import soundfile

from d2m.audio.postprocess import denoise, fade_edges, normalise_loudness
from d2m.audio.waveform import log_mel
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio, write_wav
from tests.media.conftest import ClipMaker, click_track, first_loud


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    """Six seconds of a held chord, a plucked tune, kick, snare and hats."""
    rng = np.random.default_rng(0)
    length = 6 * SAMPLE_RATE
    time = np.arange(length) / SAMPLE_RATE
    sound = sum(0.06 * np.sin(2 * np.pi * f * time) for f in (110, 220, 277.2, 329.6))

    def add(start: float, seconds: float, decay: float, part: np.ndarray) -> None:
        at, n = round(start * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
        part = part[:n] * np.exp(-decay * np.arange(min(n, len(part))) / SAMPLE_RATE)
        sound[at : at + n] += part[: length - at]

    for beat in range(12):
        pitch = 440 * 2 ** (rng.integers(0, 12) / 12)
        add(beat / 2, 0.45, 4, 0.1 * np.sin(2 * np.pi * pitch * time))
        add(beat / 2, 0.15, 20, 0.5 * np.sin(2 * np.pi * 55 * time))
        add(beat / 2 + 0.25, 0.05, 80, 0.1 * np.diff(rng.standard_normal(length)))
    for bar in range(6):
        add(bar + 0.5, 0.2, 15, 0.15 * rng.standard_normal(length))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def mel_db(audio: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(y=audio, sr=SAMPLE_RATE, n_mels=80, hop_length=256)
    return 10 * np.log10(mel + 1e-6)


def distance_db(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(mel_db(a) - mel_db(b)).mean())


def test_wav_goes_out_and_comes_back(tmp_path: Path, music: np.ndarray) -> None:
    path = tmp_path / "new" / "music.wav"
    write_wav(path, music)
    assert soundfile.info(path).subtype == "PCM_16"
    assert soundfile.info(path).samplerate == SAMPLE_RATE
    back = read_audio(path)
    assert back.dtype == np.float32
    assert np.abs(back - music).max() < 1e-4
    assert [item.name for item in path.parent.iterdir()] == ["music.wav"]


def test_a_wav_of_another_rate_and_two_channels_is_converted(tmp_path: Path) -> None:
    time = np.arange(48_000 * 2) / 48_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 48_000)
    back = read_audio(tmp_path / "tone.wav")
    assert len(back) == pytest.approx(2 * SAMPLE_RATE, abs=4)
    peak = np.argmax(np.abs(np.fft.rfft(back))) * SAMPLE_RATE / len(back)
    assert peak == pytest.approx(440, abs=1)
    assert np.abs(back).max() == pytest.approx(0.5, abs=0.02)


def test_the_sound_of_a_video_is_read_on_its_clock(make_clip: ClipMaker) -> None:
    sound = read_audio(make_clip(sound=click_track([1.5], 3.0)))
    assert first_loud(sound, SAMPLE_RATE) == pytest.approx(1.5, abs=0.01)


def test_what_has_no_sound_is_refused(make_clip: ClipMaker, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound here\n" * 100)
    for path, reason in (
        (make_clip(), "no sound"),
        (text, "not a video or sound"),
        (tmp_path / "none.wav", "no file"),
    ):
        with pytest.raises(AudioError, match=reason) as caught:
            read_audio(path)
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 100)), np.array([0.0, np.nan])])
def test_what_is_no_audio_is_not_written(tmp_path: Path, bad: np.ndarray) -> None:
    with pytest.raises(AudioError):
        write_wav(tmp_path / "bad.wav", bad)
    assert not (tmp_path / "bad.wav").exists()


def test_log_mel_shows_a_tone_where_it_is() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    shown = log_mel(tone)
    assert shown.shape == (80, 1 + SAMPLE_RATE // 256)
    centres = librosa.mel_frequencies(n_mels=82, fmax=SAMPLE_RATE / 2)[1:-1]
    assert centres[shown[:, 40].argmax()] == pytest.approx(1000, rel=0.05)
    assert log_mel(np.zeros(5000, np.float32)).max() == -5


def test_denoise_leaves_clean_music_alone(music: np.ndarray) -> None:
    cleaned = denoise(music)
    assert cleaned.shape == music.shape
    assert distance_db(cleaned, music) < 0.5
    assert abs(10 * np.log10((cleaned**2).mean() / (music**2).mean())) < 0.1


def test_denoise_takes_hiss_down(music: np.ndarray) -> None:
    level = np.sqrt((music**2).mean()) * 10 ** (-25 / 20)
    hiss = level * np.random.default_rng(1).standard_normal(len(music)).astype(np.float32)
    noisy = music + hiss
    assert distance_db(denoise(noisy), music) < 0.85 * distance_db(noisy, music)
    pause = np.concatenate([noisy, hiss[:SAMPLE_RATE]])
    assert denoise(pause)[-SAMPLE_RATE // 2 :].std() < 0.7 * level
    assert not denoise(np.zeros(SAMPLE_RATE, np.float32)).any()


@pytest.mark.parametrize("gain", [0.05, 1.0, 1.9])
@pytest.mark.parametrize("target", [-23.0, -14.0])
def test_loudness_reaches_its_target_under_the_peak(
    music: np.ndarray, gain: float, target: float
) -> None:
    levelled = normalise_loudness(music * np.float32(gain), target)
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(levelled)
    assert loudness == pytest.approx(target, abs=0.3)
    assert np.abs(levelled).max() <= 0.97


def test_loudness_of_silence_and_of_a_blip() -> None:
    assert not normalise_loudness(np.zeros(SAMPLE_RATE, np.float32)).any()
    blip = np.zeros(2000, np.float32)
    blip[1000] = 0.5
    levelled = normalise_loudness(blip)
    assert levelled.shape == blip.shape
    assert 0 < np.abs(levelled).max() <= 0.97


def test_fades_touch_the_edges_only(music: np.ndarray) -> None:
    faded = fade_edges(music + np.float32(0.1))
    first, last = round(0.01 * SAMPLE_RATE), round(0.25 * SAMPLE_RATE)
    assert faded[0] == 0
    assert faded[-1] == 0
    assert np.array_equal(faded[first:-last], (music + np.float32(0.1))[first:-last])
    assert fade_edges(np.ones(3, np.float32)).shape == (3,)
