"""The tool that measures the levels: its figures on sounds and networks that are made up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.styles import style_named
from d2m.generation.soundtrack import Music
from d2m.perception.conditioning import Conditioning
from d2m.score.arrangement import arrange
from d2m.score.composition import compose
from d2m.score.options import ScoreOptions
from tests.synthetic import synthetic_conditioning
from tools.level_figures import __main__ as command
from tools.level_figures.__main__ import notes_on, report
from tools.level_figures.copy_figures import codec_copy, music_copy_figures, notes_kept
from tools.level_figures.intervals import estimate
from tools.level_figures.measure import (
    HISS_ROW,
    LATE_ROW,
    NOISE_ROW,
    SONG_ROW,
    STUDIO_ROW,
    Listeners,
    measure_piece,
    remembered,
)
from tools.level_figures.music_figures import dance_figures, log_mel_correlation
from tools.level_figures.pictures import PICTURE_MELS, mel_power
from tools.level_figures.pieces import (
    UnseenPiece,
    at_loudness_of,
    middle,
    motionless,
    music_excerpts,
    with_other_dancer,
    without_drums,
)
from tools.level_figures.report import all_rows, markdown_table, pair_estimate, row_estimates

from tools.level_figures.report import PAIR_ROWS, ROWS  # isort: skip
from tools.level_figures.speed import speed_figures
from tools.level_figures.transcription import (
    TRANSCRIBER_HOP,
    HeardNotes,
    Transcriber,
    note_f_measure,
    notes_from,
    pitch_correlation,
    windows_of,
)
from tools.score_figures.pieces import click_track

LENGTH_S = 6.0
NOISES = {"high": 0.1, "low": 0.01}


class NoisyModel:
    """A level whose codec and generator add noise to the studio version of one piece."""

    def __init__(self, piece: UnseenPiece, noise: float, *, plays_score: bool = True) -> None:
        self.piece, self.noise, self.plays_score = piece, noise, plays_score
        self.encoded: list[int] = []

    def encode(self, audio: np.ndarray) -> np.ndarray:
        self.encoded.append(len(audio))
        return np.round(audio * 32767).astype(np.int64)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return self._noisy((codes / 32767).astype(np.float32), 1.0)

    def generate(self, dance: Conditioning, *, seed: int = 0) -> Music:
        """Play the studio version: noisier without movement, and noisiest with another's."""
        assert seed == self.piece.seed
        still = not dance.features.any()
        own = np.array_equal(dance.features, self.piece.dance.features)
        audio = self._noisy(self.piece.studio, 1.0 if own else 3.0 if still else 9.0)
        return Music(audio=audio, score=self.piece.score if self.plays_score else None)

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
    studio = tones([60, 64, 67, 72, 67, 64]) + click_track(dance).mono
    return UnseenPiece(
        number=100,
        seed=7,
        dance=dance,
        score=arrange(compose("house", 7), dance, ScoreOptions()),
        studio=studio,
        tonal=tones([60, 64, 67, 72, 67, 64]),
        other_song=tones([55, 59, 62, 66, 70, 50]),
    )


def heard(starts_s: list[float], pitches: list[int]) -> HeardNotes:
    starts = np.array(starts_s, dtype=float)
    sounding = np.zeros((40, 88), dtype=np.float32)
    for start, pitch in zip((starts * 4).astype(int), pitches, strict=True):
        sounding[start : start + 4, pitch - 21] = 1.0
    return HeardNotes(
        starts_s=starts, ends_s=starts + 0.2, pitches=np.array(pitches), sounding=sounding
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


def test_notes_begin_at_onsets_and_end_where_they_are_faint() -> None:
    frames, onsets = np.zeros((100, 88)), np.zeros((100, 88))
    frames[10:40, 39] = 0.9  # pitch 60
    frames[60:64, 51] = 0.9  # too short
    onsets[10, 39] = onsets[60, 51] = 0.8
    notes = notes_from(frames, onsets)
    assert notes.pitches.tolist() == [60]
    assert notes.starts_s == pytest.approx([10 * TRANSCRIBER_HOP / SAMPLE_RATE])
    assert notes.ends_s == pytest.approx([40 * TRANSCRIBER_HOP / SAMPLE_RATE])


def test_a_repeated_note_ends_the_note_before_and_silences_its_neighbours() -> None:
    frames, onsets = np.zeros((100, 88)), np.zeros((100, 88))
    frames[10:80, 39] = frames[10:80, 40] = 0.9
    onsets[10, 39] = onsets[45, 39] = 0.9
    onsets[10, 40] = 0.6
    notes = notes_from(frames, onsets)
    starts = np.round(notes.starts_s * SAMPLE_RATE / TRANSCRIBER_HOP).astype(int)
    # The neighbour comes first at the same onset, and takes what is left there.
    assert list(zip(starts.tolist(), notes.pitches.tolist(), strict=True)) == [(10, 61), (45, 60)]


def test_notes_are_shared_within_50_ms_at_the_same_pitch() -> None:
    times, pitches = [0.0, 1.0, 2.0, 3.0, 4.0], [60, 62, 64, 65, 67]
    reference = heard(times, pitches)
    assert note_f_measure(heard([t + 0.04 for t in times], pitches), reference) == 1.0
    assert note_f_measure(heard([t + 0.06 for t in times], pitches), reference) == 0.0
    assert note_f_measure(heard(times, [p + 1 for p in pitches]), reference) == 0.0
    assert note_f_measure(heard(times[:3], pitches[:3]), reference) == pytest.approx(0.75)
    assert note_f_measure(heard([], []), reference) == 0.0
    assert np.isnan(note_f_measure(reference, heard([0.0], [60])))


def test_only_high_notes_count(piece: UnseenPiece) -> None:
    low = heard([0.0, 1.0, 2.0, 3.0, 4.0], [40, 41, 60, 61, 62]).above(48)
    assert low.pitches.tolist() == [60, 61, 62]
    assert low.sounding.shape == (40, 88 - 27)
    kept = notes_kept("x", piece.studio, piece.studio, by_octave)
    assert (kept["x"], kept["x_count"]) == (1.0, 5.0)
    assert kept["x_pitch"] == pytest.approx(1.0)
    assert notes_kept("x", piece.studio, piece.studio, None) == {}


def test_pitches_correlate_with_themselves_only() -> None:
    one, other = heard([0.0, 2.0], [60, 64]), heard([1.0, 3.0], [70, 74])
    assert pitch_correlation(one, one) == pytest.approx(1.0)
    assert pitch_correlation(one, other) < 0.05
    assert np.isnan(pitch_correlation(one, heard([], [])))


def test_windows_continue_each_other_without_gaps() -> None:
    audio = np.arange(100_000, dtype=np.float32)
    windows, n_frames = windows_of(audio)
    assert windows.shape[1:] == (43_844, 1)
    assert n_frames == 100_000 // TRANSCRIBER_HOP
    kept = [one[15 * TRANSCRIBER_HOP : 157 * TRANSCRIBER_HOP, 0] for one in windows]
    assert np.array_equal(np.concatenate(kept)[:100_000], audio)


def test_a_transcriber_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="basic-pitch"):
        Transcriber(tmp_path)


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
    clicks = click_track(piece.dance).mono
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


def measured(piece: UnseenPiece, *, plays_score: bool, picture: Path | None = None) -> Any:
    models: Any = {
        level: NoisyModel(piece, noise, plays_score=plays_score) for level, noise in NOISES.items()
    }
    listeners = Listeners(
        transcribe=by_octave, embed=lambda audio: np.array([np.abs(np.diff(audio)).mean()])
    )
    return measure_piece(models, piece, listeners, picture)


def test_a_piece_is_measured_and_drawn(piece: UnseenPiece, tmp_path: Path) -> None:
    picture = tmp_path / "house.png"
    one = measured(piece, plays_score=True, picture=picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    high, low = one["levels"]["high"], one["levels"]["low"]
    for key in ("codec_log_mel", "codec_convergence", "generated_log_mel", "generated_embedding"):
        assert 0 < low[key] < high[key], key
    assert high["same_score"] == 1.0
    # Fake generator and codec add the same noise.
    assert high["generated_log_mel"] == pytest.approx(high["copy_log_mel"], rel=0.05)
    assert high["generated_log_mel"] < high["still_log_mel"] < high["other_log_mel"]
    assert low["notes_mix"] == low["generated_notes"] == 1.0
    references = one["references"]
    assert references[LATE_ROW]["log_mel"] < references[SONG_ROW]["log_mel"]
    assert references[HISS_ROW]["log_mel"] < references[NOISE_ROW]["log_mel"]
    assert references[STUDIO_ROW]["beat_f_librosa"] > 0.9
    assert low["song_embedding"] == references[SONG_ROW]["embedding"]


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


def test_music_without_a_score_is_not_compared_with_the_studio_version(
    piece: UnseenPiece,
) -> None:
    one = measured(piece, plays_score=False)
    figures = one["levels"]["high"]
    assert "beat_f_librosa" in figures
    assert not {"generated_log_mel", "still_log_mel"} & set(figures)
    assert "songs of their own" in notes_on([one])[0]
    titles = [row["title"] for row in all_rows([one], [])]
    assert "codec, log-mel L1 (decades)" in titles
    assert not any("generator over codec" in title for title in titles)


def test_the_report_has_ratios_rises_and_pairs(piece: UnseenPiece) -> None:
    one = measured(piece, plays_score=True)
    by_key = {(row.key, row.over): row for row in ROWS}
    ratio = row_estimates(by_key["generated_log_mel", "copy_log_mel"], [one, one])["high"]
    assert ratio.value == pytest.approx(1.0, abs=0.05)
    rise = row_estimates(by_key["still_log_mel", "generated_log_mel"], [one])["high"]
    figures = one["levels"]["high"]
    wanted = figures["still_log_mel"] / figures["generated_log_mel"] - 1
    assert rise.value == pytest.approx(wanted)
    share = pair_estimate(PAIR_ROWS[0], [one])
    assert share is not None
    assert (share.value, share.n) == (1.0, 1)
    data = {"pieces": [one], "music": [], "rows": all_rows([one], []), "speed": {}, "notes": []}
    text = "\n".join(report(json.loads(json.dumps(data))))
    assert "| generator over codec, log-mel L1 |" in text
    assert "| another song of the style | 1 |" in text


def test_the_command_writes_figures_and_pictures(
    piece: UnseenPiece, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(level: HopLevel, **_: Any) -> NoisyModel:
        return NoisyModel(piece, NOISES[level.name])

    monkeypatch.setattr(command.CompactModel, "from_pretrained", load)
    monkeypatch.setattr(command, "unseen_pieces", lambda *numbers: [piece] * numbers[0])
    command.main(
        tmp_path, 1, libraries=None, music=None, before=None, threads=torch.get_num_threads(),
        speed=False,
    )  # fmt: skip
    data = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert len(data["pieces"]) == 1
    assert data["notes"] == [
        "Without a folder of libraries, no notes and embeddings were measured."
    ]
    assert "| generator over codec" in (tmp_path / "figures.md").read_text(encoding="utf-8")
    assert (tmp_path / "house.png").is_file()


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
    assert [name for name, _ in found] == ["music-a 1 s", "music-a 11 s"]
    assert {len(excerpt) for _, excerpt in found} == {8 * SAMPLE_RATE}
    models: Any = {level: NoisyModel(piece, noise) for level, noise in NOISES.items()}
    figures = music_copy_figures(models, tmp_path, None)
    assert len(figures) == 2
    assert set(figures[0]["levels"]["low"]) == {"music_codec_log_mel", "music_codec_convergence"}
    soundfile.write(tmp_path / "music-b.flac", audio, 44_100)
    with pytest.raises(ValueError, match="22050 Hz"):
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
