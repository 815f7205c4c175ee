from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m.choreography.song_analysis import SongAnalysis, analyse_song
from d2m.core.beat_tempo import tempo_text
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from tests.click_songs import write_song
from tests.drums import RATE, drum_loop


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of 16 s: silence, then drums from 2 s to 14 s at 110 BPM, then silence."""
    audio = np.zeros(16 * RATE)
    audio[2 * RATE : 14 * RATE] = drum_loop(12.0, 110.0, 0.2)
    return write_song(
        tmp_path_factory.mktemp("songs") / "my song.mp3", np.stack([audio, audio]), RATE
    )


@pytest.fixture(scope="module")
def analysis(song: Path) -> SongAnalysis:
    return analyse_song(song)


def test_beats_of_a_song_are_found_and_go_on_where_it_is_silent(analysis: SongAnalysis) -> None:
    assert (analysis.name, analysis.start_s, analysis.warnings) == ("my song", 0.0, ())
    assert analysis.has_beat
    assert analysis.confidence > 0.9
    assert analysis.tempo_bpm == pytest.approx(110.0, rel=0.005)
    assert analysis.duration_s == pytest.approx(16.0, abs=0.01)
    assert analysis.audio.shape == (round(analysis.duration_s * SAMPLE_RATE),)
    beat_s = 60 / 110
    expected = 2.2 + beat_s * np.arange(-4, 26)
    errors = analysis.beats_s[:, None] - expected
    errors = errors[np.arange(len(errors)), np.abs(errors).argmin(axis=1)]
    assert np.abs(errors).max() < 0.02
    inside = (analysis.beats_s > 2) & (analysis.beats_s < 14)
    assert np.abs(np.median(errors[inside])) < 0.005
    assert analysis.beats_s[0] < beat_s
    assert analysis.beats_s[-1] > 16.0 - beat_s
    assert set(analysis.downbeats_s) <= set(analysis.beats_s)
    assert np.diff(analysis.downbeats_s) == pytest.approx(4 * beat_s, rel=0.02)


def test_onsets_are_those_of_the_sound(analysis: SongAnalysis) -> None:
    strokes = 2.2 + 30 / 110 * np.arange(43)
    late = np.abs(analysis.onsets_s[:, None] - strokes).min(axis=0)
    assert np.mean(late < 0.006) > 0.95
    assert len(analysis.onsets_s) < 60


def test_a_part_has_the_same_beats(song: Path, analysis: SongAnalysis) -> None:
    part = analyse_song(song, start_s=4.0, length_s=8.0)
    assert (part.start_s, part.duration_s) == (4.0, 8.0)
    near = np.abs(part.beats_s[:, None] + 4.0 - analysis.beats_s).min(axis=1)
    assert near.max() < 0.01


def test_noise_gets_even_beats_and_a_warning(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(5 * RATE)
    soundfile.write(tmp_path / "rain.wav", noise, RATE)
    rain = analyse_song(tmp_path / "rain.wav")
    assert not rain.has_beat
    assert np.ptp(np.diff(rain.beats_s)) < 1e-9
    assert 70 <= rain.tempo_bpm <= 140
    assert rain.warnings == (
        f"The song has no steady beat, so the dance keeps a plain {tempo_text(rain.tempo_bpm)}.",
    )


def test_a_song_that_breaks_off_is_a_warning_and_silence_is_refused(
    song: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(song.read_bytes()[: song.stat().st_size // 2])
    assert "s of 16.0 s can be played, because" in analyse_song(cut).warnings[0]
    soundfile.write(tmp_path / "still.wav", np.zeros(5 * RATE), RATE)
    with pytest.raises(AudioError, match=r"The song still\.wav is silent, so there is nothing"):
        analyse_song(tmp_path / "still.wav")
