"""The benchmark of the levels: its figures on sounds and networks that are made up."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from d2m.benchmark import levels_evaluation
from d2m.benchmark.cli import evaluate
from d2m.benchmark.codec_copies import codec_copy, music_copy_figures, notes_kept
from d2m.benchmark.level_music import dance_figures, log_mel_correlation
from d2m.benchmark.level_pictures import PICTURE_MELS, draw_spectrograms, mel_power
from d2m.benchmark.level_report import levels_json, levels_markdown, levels_notes
from d2m.benchmark.level_rows import LEVEL_ROWS, PAIR_ROWS
from d2m.benchmark.level_speed import ROUNDS, speed_figures
from d2m.benchmark.level_tables import all_rows, markdown_table, pair_estimate, row_estimates
from d2m.benchmark.listeners import Listeners, remembered
from d2m.benchmark.piece_figures import (
    HISS_ROW,
    LATE_ROW,
    NOISE_ROW,
    SONG_ROW,
    STUDIO_ROW,
    measure_piece,
)
from d2m.benchmark.ratio_intervals import estimate
from d2m.benchmark.real_music import click_audio
from d2m.benchmark.transcription import HeardNotes
from d2m.benchmark.unseen_pieces import (
    UnseenPiece,
    at_loudness_of,
    middle,
    motionless,
    music_excerpts,
    with_other_dancer,
    without_drums,
)
from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.styles import style_named
from d2m.generation.soundtrack import Music
from d2m.models.music_tagger import MusicTagger
from d2m.perception.conditioning import Conditioning
from d2m.score.arrangement import arrange
from d2m.score.composition import compose
from d2m.score.options import ScoreOptions
from tests.benchmark.test_transcription import heard
from tests.synthetic import synthetic_conditioning

LENGTH_S = 6.0
NOISES = {"high": 0.1, "low": 0.01}


class NoisyModel:
    """A level whose codec adds noise to the studio version of one piece."""

    def __init__(self, piece: UnseenPiece, noise: float) -> None:
        self.piece, self.noise = piece, noise
        self.encoded: list[int] = []
        self.seeds: list[int] = []

    def encode(self, audio: np.ndarray) -> np.ndarray:
        self.encoded.append(len(audio))
        return np.round(audio * 32767).astype(np.int64)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return self._noisy((codes / 32767).astype(np.float32), 1.0)

    def generate(self, dance: Conditioning, *, seed: int = 0) -> Music:
        """Play the studio version: noisier without movement, and noisiest with another's."""
        self.seeds.append(seed)
        still = not dance.features.any()
        own = np.array_equal(dance.features, self.piece.dance.features)
        audio = self._noisy(self.piece.studio, 1.0 if own else 3.0 if still else 9.0)
        return Music(audio=audio, codes=self.encode(audio), score=self.piece.score)

    def _noisy(self, audio: np.ndarray, factor: float) -> np.ndarray:
        noise = np.random.default_rng([1, len(audio)]).standard_normal(len(audio))
        return np.asarray(audio + self.noise * factor * noise, dtype=np.float32)


def tones(pitches: list[int], seconds: float = LENGTH_S) -> np.ndarray:
    """Return decaying tones, one after the other."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    each = seconds / len(pitches)
    hz = 440 * 2 ** (
        (np.array(pitches)[np.minimum(time // each, len(pitches) - 1).astype(int)] - 69) / 12
    )
    return np.asarray(0.3 * np.exp(-4 * (time % each)) * np.sin(2 * np.pi * hz * time), np.float32)


@pytest.fixture(scope="module")
def piece() -> UnseenPiece:
    dance = synthetic_conditioning(3, tempo_bpm=110.0, duration_s=LENGTH_S)
    dance = replace(dance, style=style_named("house"))
    studio = tones([60, 64, 67, 72, 67, 64]) + click_audio(
        dance.grid.beats_s, round(LENGTH_S * SAMPLE_RATE)
    )
    return UnseenPiece(
        number=100,
        seed=7,
        dance=dance,
        score=arrange(compose("house", 7), dance, ScoreOptions()),
        studio=studio,
        tonal=tones([60, 64, 67, 72, 67, 64]),
        other_song=tones([55, 59, 62, 66, 70, 50]),
    )


def by_octave(audio: np.ndarray) -> HeardNotes:
    """Hear five notes whose pitch is 60, or 62 where the audio is mostly noise."""
    rough = float(np.abs(np.diff(audio)).mean() / (np.abs(audio).mean() + 1e-9))
    return heard([0.0, 1.0, 2.0, 3.0, 4.0], [60 if rough < 0.3 else 62] * 5)


def test_an_estimate_is_a_mean_with_its_interval() -> None:
    found = estimate([1.0, 2.0, 3.0, float("nan")])
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert (found.n, found.lower < 2.0 < found.upper) == (3, True)
    assert (found.lower, found.upper) == pytest.approx((1.0, 3.0), abs=0.4)


def test_a_ratio_is_of_means_and_draws_both_values_of_a_piece_together() -> None:
    found = estimate([1.0, 4.0, 9.0], [2.0, 8.0, 18.0])
    assert found is not None
    assert (found.value, found.lower, found.upper) == pytest.approx((0.5, 0.5, 0.5))
    assert estimate([float("nan")]) is None


def test_only_high_notes_count(piece: UnseenPiece) -> None:
    low = heard([0.0, 1.0, 2.0, 3.0, 4.0], [40, 41, 60, 61, 62]).above(48)
    assert low.pitches.tolist() == [60, 61, 62]
    assert low.sounding.shape == (40, 88 - 27)
    kept = notes_kept("x", piece.studio, piece.studio, by_octave)
    assert (kept["x"], kept["x_count"]) == (1.0, 5.0)
    assert kept["x_pitch"] == pytest.approx(1.0)
    assert notes_kept("x", piece.studio, piece.studio, None) == {}


def test_audio_is_brought_to_the_loudness_of_other_audio(piece: UnseenPiece) -> None:
    scaled = at_loudness_of(piece.studio * 0.3, piece.studio)
    assert np.allclose(scaled, piece.studio, atol=1e-4)
    assert not at_loudness_of(np.zeros(SAMPLE_RATE), piece.studio).any()
    assert len(middle(piece.studio, 2.0)) == 2 * SAMPLE_RATE
    assert middle(piece.studio, 2.0)[0] == piece.studio[2 * SAMPLE_RATE]


def test_drums_are_left_out_of_the_sum() -> None:
    time = np.arange(44_100) / 44_100
    stems = {
        name: np.tile(np.sin(2 * np.pi * hz * time), (2, 1)).astype(np.float32)
        for name, hz in (("drums", 3000), ("bass", 100), ("chords", 500))
    }
    music = Music(audio=sum(stems.values()), stems=stems)  # type: ignore[arg-type]
    levels = np.abs(np.fft.rfft(without_drums(music)))
    assert levels[100] > 1000 < levels[500]
    assert levels[3000] < 10


def test_changed_dances_keep_their_beats(piece: UnseenPiece) -> None:
    still, other = motionless(piece.dance), with_other_dancer(piece.dance, piece.seed)
    for changed in (still, other):
        assert changed.rhythm is piece.dance.rhythm
        assert changed.style is piece.dance.style
        assert changed.features.shape == piece.dance.features.shape
    assert not still.features.any()
    assert not len(still.events.hits_s)
    assert np.abs(other.features - piece.dance.features).mean() > 0.01


def test_a_copy_is_as_long_and_made_of_whole_frames(piece: UnseenPiece) -> None:
    model = NoisyModel(piece, 0.0)
    copy = codec_copy(model, piece.studio[:5000])  # type: ignore[arg-type]
    assert np.allclose(copy, piece.studio[:5000], atol=1e-4)
    assert model.encoded == [6144]


def test_clicks_on_the_beats_fit_the_dance_until_they_end(piece: UnseenPiece) -> None:
    clicks = click_audio(piece.dance.grid.beats_s, len(piece.studio))
    whole = dance_figures(clicks, piece.dance, LENGTH_S)
    assert whole["beat_f_librosa"] > 0.9
    assert whole["beat_f_network"] > 0.9
    clicks[round(3.05 * SAMPLE_RATE) :] = 0.0
    half, cut = (dance_figures(clicks, piece.dance, end_s) for end_s in (3.0, LENGTH_S))
    assert half["beat_f_network"] > cut["beat_f_network"]


def test_log_mels_correlate_less_the_more_noise_there_is(piece: UnseenPiece) -> None:
    noise = np.random.default_rng(0).standard_normal(len(piece.studio))
    same, near, far = (
        log_mel_correlation(piece.studio + level * noise, piece.studio) for level in (0, 0.01, 0.3)
    )
    assert same == pytest.approx(1.0)
    assert same > near > far
    assert log_mel_correlation(np.zeros(9000), piece.studio) == 0.0


@pytest.fixture(scope="module")
def measured(piece: UnseenPiece) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    models: Any = {level: NoisyModel(piece, noise) for level, noise in NOISES.items()}
    listeners = Listeners(
        transcribe=by_octave, embed=lambda audio: np.array([np.abs(np.diff(audio)).mean()])
    )
    return measure_piece(models, piece, listeners)


def test_a_piece_is_measured(measured: Any) -> None:
    one, sounds = measured
    high, low = one["levels"]["high"], one["levels"]["low"]
    for key in ("codec_log_mel", "codec_convergence", "generated_log_mel", "generated_embedding"):
        assert 0 < low[key] < high[key], key
    assert high["same_score"] == 1.0
    # The music of a level is the codec's copy.
    assert high["generated_log_mel"] == pytest.approx(high["codec_log_mel"], rel=0.15)
    assert high["generated_log_mel"] < high["still_log_mel"] < high["other_log_mel"]
    assert low["notes_mix"] == 1.0
    assert 0.5 < low["generated_beats_hit"] <= 1.0
    references = one["references"]
    assert references[LATE_ROW]["log_mel"] < references[SONG_ROW]["log_mel"]
    assert references[LATE_ROW]["coverage"] == pytest.approx(1.0, abs=0.2)
    assert references[HISS_ROW]["log_mel"] < references[NOISE_ROW]["log_mel"]
    assert references[STUDIO_ROW]["beat_f_librosa"] > 0.9
    assert low["song_embedding"] == references[SONG_ROW]["embedding"]
    assert next(iter(sounds)) == "studio version"
    assert {len(sound) for sound in sounds.values()} == {round(LENGTH_S * SAMPLE_RATE)}


def test_pieces_are_drawn_side_by_side(measured: Any, tmp_path: Path) -> None:
    sounds = measured[1]
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    draw_spectrograms({"house": sounds}, one)
    text = draw_spectrograms({"house": sounds, "waack": sounds}, two)
    assert text.startswith("Mel spectrograms of house and waack.")
    assert text.endswith("level high; level low.")
    with Image.open(one) as single, Image.open(two) as double:
        assert double.width == 2 * single.width
        assert len(np.unique(np.asarray(double.convert("L")))) > 20


def test_originals_are_listened_to_once(piece: UnseenPiece) -> None:
    calls: list[int] = []

    def listen(audio: np.ndarray) -> float:
        calls.append(len(audio))
        return float(audio.sum())

    again = remembered(listen)
    for audio in (piece.studio, piece.tonal, piece.studio.copy(), piece.studio * 0.5):
        assert again(audio) == float(audio.sum())
    assert len(calls) == 3
    for count in range(9):
        again(np.full(10, count, dtype=np.float32))
    again(piece.studio)
    assert calls[-1] == len(piece.studio)


def test_the_report_has_ratios_rises_and_pairs(measured: Any) -> None:
    one = measured[0]
    by_key = {(row.key, row.over): row for row in LEVEL_ROWS}
    ratio = row_estimates(by_key["generated_embedding", "song_embedding"], [one, one])["high"]
    near, far = (one["levels"]["high"][key] for key in ("generated_embedding", "song_embedding"))
    assert ratio.value == pytest.approx(near / far)
    rise = row_estimates(by_key["still_log_mel", "generated_log_mel"], [one])["high"]
    figures = one["levels"]["high"]
    wanted = figures["still_log_mel"] / figures["generated_log_mel"] - 1
    assert rise.value == pytest.approx(wanted)
    share = pair_estimate(PAIR_ROWS[0], [one])
    assert share is not None
    assert (share.value, share.n) == (1.0, 1)
    data = {"pieces": [one], "music": [], "rows": all_rows([one], []), "speed": {}, "notes": [],
            "picture": "Spectrograms",
            "weights": {"a": {"bytes": 1200, "sha256": "0f"}}}  # fmt: skip
    text = levels_markdown(data)
    assert "| codec, log-mel L1 (decades) |" in text
    assert "| another song of the style | 1 |" in text
    assert "- weights: a, 1,200 bytes, SHA-256 0f..." in text
    assert "![Spectrograms](levels.png)" in text
    stored = json.loads(levels_json(data | {"seconds": [math.nan, 0.123456]}))
    assert stored["seconds"] == [None, 0.1235]
    assert stored["rows"][0]["title"] == LEVEL_ROWS[0].title
    other = {"levels": {"high": one["levels"]["high"] | {"same_score": 0.0}}}
    assert levels_notes([one, other]) == [
        "In 1 of 3 cases, the score was not the studio version's."
    ]


@pytest.fixture
def made_up(piece: UnseenPiece, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(level: HopLevel, **_: Any) -> NoisyModel:
        return NoisyModel(piece, NOISES[level.name])

    monkeypatch.setattr(levels_evaluation.CompactModel, "from_pretrained", load)
    monkeypatch.setattr(levels_evaluation, "unseen_pieces", lambda count, _: [piece] * count)
    monkeypatch.setattr(MusicTagger, "embed", lambda _, audio, __: audio[:200].astype(float))


@pytest.mark.usefixtures("made_up")
def test_the_command_writes_a_report_and_pictures(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    done = CliRunner().invoke(
        evaluate,
        f"levels --pieces 1 --out {tmp_path} --pictures {tmp_path / 'all'} --no-speed "
        f"--threads {threads}".split(),
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "levels.md", "levels.json", "levels.png", "all",
    }  # fmt: skip
    data = json.loads((tmp_path / "levels.json").read_text(encoding="utf-8"))
    assert len(data["pieces"]) == 1
    assert data["notes"] == ["Without a folder of libraries, no notes were measured."]
    assert set(data["weights"]) == {f"codec_{level}.safetensors" for level in NOISES}
    text = (tmp_path / "levels.md").read_text(encoding="utf-8")
    assert done.stdout == f"{text}\n"
    assert "| codec, log-mel L1 (decades) |" in text
    assert (tmp_path / "all" / "house.png").is_file()


@pytest.mark.usefixtures("made_up")
def test_missing_files_are_errors_before_anything_is_measured(tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text("{}", encoding="utf-8")
    for options, error in ((f"--before {before}", DataError),
                           (f"--libraries {tmp_path}", SettingsError)):  # fmt: skip
        with pytest.raises(error, match=r"holds? "):
            CliRunner().invoke(
                evaluate, f"levels --out {tmp_path / 'out'} {options}".split(),
                catch_exceptions=False,
            )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_missed_goals_are_bold_and_music_has_to_win_back_half() -> None:
    one = {"levels": {"high": {"codec_log_mel": 0.12, "music_notes": 0.7},
                      "low": {"codec_log_mel": 0.12, "music_notes": 0.7}}}  # fmt: skip
    before = all_rows([{"levels": {"high": {"music_notes": 0.2}, "low": {"music_notes": 0.6}}}], [])
    rows = {row["key"]: row for row in all_rows([one], before)}
    assert rows["music_notes"]["goals"] == pytest.approx([0.6, 0.8])
    table = markdown_table([rows["codec_log_mel"], rows["music_notes"]])
    assert "| 0.120 | 0.120 to 0.120 | **0.120** |" in table[2]
    assert table[3].endswith("| >= 0.600 / 0.800 |")
    assert "| **0.700** | 0.700 to 0.700 | 1 |" in table[3]


def test_recorded_music_is_cut_and_copied(piece: UnseenPiece, tmp_path: Path) -> None:
    import soundfile

    audio = np.random.default_rng(5).uniform(-0.3, 0.3, 20 * SAMPLE_RATE)
    soundfile.write(tmp_path / "music-a.flac", audio, SAMPLE_RATE)
    soundfile.write(tmp_path / "score-a.flac", audio, SAMPLE_RATE)
    found = list(music_excerpts(tmp_path))
    assert [(name, start_s) for name, start_s, _ in found] == [("music-a", 1.0), ("music-a", 11.0)]
    assert {len(excerpt) for *_, excerpt in found} == {8 * SAMPLE_RATE}
    models: Any = {level: NoisyModel(piece, noise) for level, noise in NOISES.items()}
    figures = music_copy_figures(models, tmp_path, None)
    assert len(figures) == 2
    assert set(figures[0]["levels"]["low"]) == {"music_codec_log_mel", "music_codec_convergence"}
    with pytest.raises(DataError, match=r"holds no music-\*\.flac"):
        list(music_excerpts(tmp_path / "nowhere"))
    soundfile.write(tmp_path / "music-b.flac", audio, 44_100)
    with pytest.raises(DataError, match="22050 Hz"):
        list(music_excerpts(tmp_path))


def test_a_tone_is_drawn_at_its_pitch() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    rows = [
        int(mel_power(np.sin(2 * np.pi * hz * time)).mean(axis=1).argmax()) for hz in (500, 5000)
    ]
    assert 0 < rows[0] < rows[1] < PICTURE_MELS


def test_times_are_relative_to_the_length(piece: UnseenPiece) -> None:
    before = torch.get_num_threads()
    model: Any = NoisyModel(piece, 0.01)
    times = speed_figures({"high": model}, piece, threads=1)["high"]
    assert torch.get_num_threads() == before
    assert times["generate_real_time"] == pytest.approx(times["generate_s"] / LENGTH_S)
    assert times["decode_s"] > 0
    assert len(set(model.seeds)) == ROUNDS  # no round finds its song played already
