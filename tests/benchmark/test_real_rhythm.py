"""The benchmark of real dances: beat files, scores, statistics, reports, and the command."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from d2m.benchmark.cli import evaluate
from d2m.benchmark.real_beats import (
    TrueBeats,
    consensus_beats,
    find_clips,
    octave_f_measure,
    octave_name,
    read_true_beats,
)
from d2m.benchmark.real_music import (
    MUSIC,
    HeardMusic,
    MusicScores,
    click_audio,
    hear_music,
    score_music,
)
from d2m.benchmark.real_rhythm import RealRhythmConfig, evaluate_real_rhythm
from d2m.benchmark.real_rhythm_goals import real_goals, wrong_unsure
from d2m.benchmark.real_rhythm_report import write_real_rhythm
from d2m.benchmark.real_rhythm_results import ClipRhythm, RealRhythmResults, ScoredCandidate
from d2m.benchmark.rhythm_scores import (
    OTHER_CLIP,
    RANDOM_PHASE,
    RANDOM_PHASES,
    STEADY,
    is_right,
    match_beats,
    trivial_beats,
)
from d2m.benchmark.rhythm_statistics import calibrate, mean_interval, shift_histogram
from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.perception.sound_beats import SoundBeats

TRUE_BPM = 120.0
LENGTH_S = 12.0


def grid(first_s: float, bpm: float = TRUE_BPM) -> np.ndarray:
    return np.arange(first_s, LENGTH_S, 60.0 / bpm)


@pytest.fixture
def truth() -> TrueBeats:
    return TrueBeats(title="solo", tempo_bpm=TRUE_BPM, beats_s=grid(0.2))


def matched(truth: TrueBeats, beats_s: np.ndarray, bpm: float = TRUE_BPM):
    return match_beats(beats_s, bpm, truth, LENGTH_S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two empty files named as clips."""
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.mp4", "b.MOV", "notes.txt"):
        (clips / name).touch()
    return clips


class TestScores:
    def test_the_true_beats_are_right(self, truth):
        match = matched(truth, truth.beats_s)
        assert (match.octave, match.best_shift) == ("same", 0.0)
        assert match.f70 == match.f100_octave == match.shifted_f70 == 1.0
        assert is_right(match)

    @pytest.mark.parametrize(
        ("late_s", "shift", "f70", "f100"),
        # A beat is 0.5 s: 0.125 s is a quarter of it.
        [(0.06, -1 / 8, 1.0, 1.0), (0.085, -4 / 24, 0.0, 1.0), (-0.125, 1 / 4, 0.0, 0.0)],
    )
    def test_late_beats_are_shifted_back(self, truth, late_s, shift, f70, f100):
        match = matched(truth, grid(0.2 + late_s))
        assert match.best_shift == pytest.approx(shift)
        assert (match.f70, match.f100) == (f70, f100)
        assert match.shifted_f70 == 1.0

    @pytest.mark.parametrize(
        ("bpm", "first_s", "octave", "f70", "aside"),
        [
            (60.0, 0.2, "half", 2 / 3, 1.0),
            (60.0, 0.7, "half", 2 / 3, 1.0),
            (240.0, 0.2, "double", 2 / 3, 1.0),
            (60.0, 0.45, "half", 0.0, 0.0),
            (120.0, 0.45, "same", 0.0, 0.0),
        ],
    )
    def test_octaves_are_told_from_off_beats(self, truth, bpm, first_s, octave, f70, aside):
        match = matched(truth, grid(first_s, bpm), bpm)
        assert match.octave == octave
        assert match.f70 == pytest.approx(f70, abs=0.02)
        assert match.f70_octave == pytest.approx(aside, abs=0.03)
        assert match.tempo_octave == 1.0
        assert match.tempo_right == float(octave == "same")

    def test_another_tempo_is_no_octave(self, truth):
        match = matched(truth, grid(0.2, 90.0), 90.0)
        assert match.octave == "other"
        assert not match.tempo_octave
        assert not is_right(match)

    @pytest.mark.parametrize("bpm", [115.3, 124.7])
    def test_a_tempo_may_be_four_percent_off(self, bpm):
        assert octave_name(bpm, TRUE_BPM) == "same"
        assert octave_name(2 * bpm, TRUE_BPM) == "double"

    def test_without_beats_nothing_is_right(self, truth):
        match = matched(truth, np.zeros(0), float("nan"))
        assert (match.octave, match.f70, match.shifted_f70) == ("other", 0.0, 0.0)
        assert np.isnan(match.best_shift)

    def test_beats_outside_the_annotation_do_not_count(self, truth):
        part = replace(truth, beats_s=truth.beats_s[4:10])
        assert matched(part, truth.beats_s).f70 == 1.0

    def test_f_measure_allows_the_octave_in_either_direction(self, truth):
        assert octave_f_measure(truth.beats_s[::2], truth.beats_s) == pytest.approx(1, abs=0.03)
        assert octave_f_measure(truth.beats_s, truth.beats_s[::2]) == 1.0
        assert octave_f_measure(np.zeros(0), truth.beats_s) == 0.0

    def test_trivial_beats_know_the_tempo_or_nothing(self, truth):
        slow = TrueBeats(title="duo", tempo_bpm=83.0, beats_s=grid(0.1, 83.0))
        truths, lengths = {"solo": truth, "duo": slow}, {"solo": LENGTH_S, "duo": LENGTH_S}
        rows = trivial_beats(truths, lengths, seed=0)
        assert rows[STEADY]["solo"][0].tempo_bpm == 110.0
        assert rows[OTHER_CLIP]["solo"][0].tempo_bpm == 83.0
        phases = [match.f70 for match in rows[RANDOM_PHASE]["solo"]]
        assert len(phases) == RANDOM_PHASES
        # Within 70 ms of a beat of 500 ms: 28 % of the phases.
        assert 0.05 < np.mean(phases) < 0.6
        assert rows == trivial_beats(truths, lengths, seed=0)


class TestBeatFiles:
    def read(self, folder: Path, entries: object):
        path = folder.parent / "beats.json"
        path.write_text(json.dumps(entries))
        return read_true_beats(path, find_clips(folder))

    def test_clips_are_files_with_the_ending_of_a_video(self, folder):
        assert list(find_clips(folder)) == ["a.mp4", "b.MOV"]

    def test_entries_may_be_lists_and_names_may_lack_the_ending(self, folder):
        entry = {"beats_s": [0.1, 0.6, 1.1, 1.6], "tempo_bpm": 119.0, "title": "solo, 24 fps"}
        entry["disputed"] = True
        found = self.read(folder, {"b": [0, 1, 2, 3.1], "a.mp4": entry, "c.mp4": [1]})
        assert list(found) == ["a.mp4", "b.MOV"]
        assert (found["a.mp4"].title, found["a.mp4"].tempo_bpm) == ("solo, 24 fps", 119.0)
        assert (found["b.MOV"].title, found["b.MOV"].tempo_bpm) == ("b", 60.0)
        assert [one.disputed for one in found.values()] == [True, False]

    def test_a_folder_of_text_files_has_a_time_on_each_line(self, folder):
        texts = folder.parent / "texts"
        texts.mkdir()
        (texts / "a.beats").write_text("0.5\t1\n1.0\t2\n1.5\t3\n\n2.0\t4\n")
        (texts / "b.txt").write_text("0.1,beat\n0.7,beat\n1.3\n1.9\n")
        found = read_true_beats(texts, find_clips(folder))
        np.testing.assert_allclose(found["a.mp4"].beats_s, [0.5, 1, 1.5, 2])
        assert found["b.MOV"].tempo_bpm == pytest.approx(100.0)

    @pytest.mark.parametrize(
        ("entries", "message"),
        [
            ([1, 2], "holds no object"),
            ({"c.mp4": [1, 2, 3, 4]}, "beats of none of the clips"),
            ({"a": [1, 2, 3]}, "at least 4 ascending times"),
            ({"a": [1, 2, 2, 4]}, "at least 4 ascending times"),
            ({"a": [1, 2, "3", 4]}, "at least 4 ascending times"),
            ({"a": [True, 2, 3, 4]}, "at least 4 ascending times"),
            ({"a": [-1, 2, 3, 4]}, "at least 4 ascending times"),
            ({"a": [1, 2, 3, 10**400]}, "at least 4 ascending times"),
            ({"a": {"tempo_bpm": 100}}, "at least 4 ascending times"),
            ({"a": {"beats_s": [1, 2, 3, 4], "tempo_bpm": "fast"}}, "The tempo of a in beats"),
            ({"a": {"beats_s": [1, 2, 3, 4], "tempo_bpm": 0}}, "The tempo of a in beats"),
            ({"a": [1, 2, 3, 4], "b": {"beats_s": [1, 2, 3, 4], "title": "a"}}, "same title"),
        ],
    )
    def test_wrong_entries_are_refused(self, folder, entries, message):
        with pytest.raises(DataError, match=message):
            self.read(folder, entries)

    def test_wrong_files_are_refused(self, folder):
        clips = find_clips(folder)
        path = folder.parent / "beats.json"
        with pytest.raises(DataError, match=r"beats\.json does not exist"):
            read_true_beats(path, clips)
        path.write_bytes(b"\xff{")
        with pytest.raises(DataError, match="can't be read as JSON"):
            read_true_beats(path, clips)
        (folder.parent / "a.txt").write_text("first beat\n")
        with pytest.raises(DataError, match=r"a\.txt can't be read"):
            read_true_beats(folder.parent, clips)
        with pytest.raises(DataError, match="nowhere does not exist"):
            find_clips(folder / "nowhere")
        (folder / "empty").mkdir()
        with pytest.raises(DataError, match="contains no clips"):
            find_clips(folder / "empty")

    def test_two_trackers_must_agree_on_the_sound(self, truth):
        sound = SoundBeats(has_beat=True, confidence=0.9, tempo_bpm=120, beats_s=truth.beats_s)
        found, reason = consensus_beats("solo", sound, truth.beats_s[::2] + 0.03)
        assert reason == ""
        assert found is not None
        assert found.beats_s is truth.beats_s
        assert consensus_beats("solo", sound, truth.beats_s + 0.2)[0] is None
        silent = SoundBeats(reason="it is quiet")
        assert consensus_beats("solo", silent, truth.beats_s) == (None, "it is quiet")


class TestStatistics:
    def test_the_interval_holds_the_mean_and_narrows(self):
        rng = np.random.default_rng(0)
        values = rng.random(400)
        few, many = mean_interval(values[:20].tolist()), mean_interval(values.tolist())
        for found in (few, many):
            assert found.low < found.mean < found.high
        assert many.high - many.low < 0.5 * (few.high - few.low)
        # The standard error of 400 uniform values is 0.0144.
        assert many.high - many.low == pytest.approx(2 * 1.96 * 0.0144, rel=0.15)

    def test_missing_values_are_left_out(self):
        assert mean_interval([1.0, float("nan"), 3.0]).clips == 2
        assert mean_interval([float("nan")]).as_text() == "–"

    def test_calibration_by_range(self):
        found = calibrate([0.1, 0.15, 0.9, 1.0], [False, True, True, True])
        assert [one.count for one in found.bins] == [2, 2]
        assert found.bins[0].predicted == pytest.approx(0.125)
        assert (found.bins[0].found, found.bins[1].found) == (0.5, 1.0)
        assert found.brier == pytest.approx((0.01 + 0.85**2 + 0.01) / 4)
        assert found.base_brier == pytest.approx((0.75**2 + 3 * 0.25**2) / 4)

    def test_shifts_are_counted_by_eighths_of_a_beat(self):
        found = shift_histogram([0.0, 1 / 24, -11 / 24, 0.5, -0.25, float("nan")])
        assert {shift: count for shift, count in found.items() if count} == {
            0.0: 2,
            0.5: 2,
            -0.25: 1,
        }


def clip_rhythm(truth: TrueBeats, late_s: float, bpm: float, *, unsure: bool) -> ClipRhythm:
    return ClipRhythm(
        true_bpm=truth.tempo_bpm,
        match=match_beats(grid(0.2 + late_s, bpm), bpm, truth, LENGTH_S),
        clock="dance",
        reason="the clip has no sound",
        unsure=unsure,
        confidence=0.4,
        phase_confidence=0.5,
        candidates=(
            ScoredCandidate(tempo_bpm=bpm, shift_beats=0.0, probability=0.5, right=not unsure),
        ),
    )


@pytest.fixture
def results(truth: TrueBeats) -> RealRhythmResults:
    clips = {
        "solo": clip_rhythm(truth, 0.0, 120.0, unsure=False),
        "duo | two": clip_rhythm(truth, 0.1, 90.0, unsure=True),
    }
    scores = MusicScores(
        librosa_f=0.5, librosa_octave=0.9, network_f=0.6, network_octave=0.7, hits_met=float("nan")
    )
    return RealRhythmResults(
        clocks={"auto": clips, "dance": clips, "sound": {}},
        trivial=trivial_beats({"solo": truth}, {"solo": LENGTH_S}, 0),
        truth="The truth is made up.",
        music={"high": {MUSIC: {"solo": scores}}},
        music_clock="auto",
        skipped={"cat": "No dancer."},
    )


class TestReport:
    def test_goals_of_real_dances(self, results):
        found = {(goal.title.split(",")[0], goal.level): goal for goal in real_goals(results)}
        assert found["tempo right", "auto"].reached  # one of two, all but one
        assert not found["tempo right", "dance"].reached
        assert found["wrong tempi that are called unsure", "dance"].value == 1.0
        levels = [(goal.title[-7:], goal.reached) for goal in real_goals(results)[-2:]]
        assert levels == [("librosa", True), ("network", False)]

    @pytest.mark.parametrize("count", [3, 7, 13, 14])
    def test_one_clip_may_have_a_wrong_tempo(self, results, count):
        right, wrong = results.clocks["auto"].values()
        for wrongs, reached in ((1, True), (2, False)):
            clips = {str(number): right for number in range(count - wrongs)}
            clips |= {f"wrong {number}": wrong for number in range(wrongs)}
            goal, *_ = real_goals(replace(results, clocks={"auto": clips}))
            assert goal.reached == reached

    def test_disputed_beats_count_in_no_goal(self, results, tmp_path):
        clips = results.clocks["auto"]
        wrong = {"duo | two": replace(clips["duo | two"], disputed=True)}
        disputed = replace(results, clocks={"auto": {**clips, **wrong}})
        found = {goal.title.split(",")[0]: goal.value for goal in real_goals(disputed)}
        assert found["tempo right"] == 1.0
        text = write_real_rhythm(disputed, tmp_path).read_text()
        assert "| clock auto | 1 | 1.00 [1.00, 1.00] |" in text
        assert "| clock auto, with disputed beats | 2 | 0.50 [0.00, 1.00] |" in text
        assert "| duo \\| two * |" in text

    def test_a_wrong_tempo_must_be_called_unsure(self, results, truth):
        clips = [*results.clocks["dance"].values(), clip_rhythm(truth, 0, 97.0, unsure=False)]
        assert wrong_unsure(clips) == 0.5
        assert np.isnan(wrong_unsure(clips[:1]))

    def test_files(self, results, tmp_path):
        markdown = write_real_rhythm(results, tmp_path / "report")
        text = markdown.read_text()
        assert "| solo | 120.0 | 120.0 | same | 1.00 |" in text
        assert "duo \\| two" in text
        assert "tempo right, octave aside: 1 of 1 where sure, 0 of 1 where unsure." in text
        assert "the first candidate is right in 1 of 2 clips" in text
        assert "- cat: No dancer." in text
        Image.open(markdown.with_name("rhythm.png")).verify()
        numbers = json.loads(markdown.with_suffix(".json").read_text())
        assert numbers["clocks"]["dance"]["solo"]["match"]["f70"] == 1.0
        assert numbers["music"]["high"][MUSIC]["solo"]["hits_met"] is None
        assert 0 < numbers["trivial"][RANDOM_PHASE]["solo"]["f100"] < 1
        bins = numbers["calibration"]["dance"]["candidates: right"]["bins"]
        assert [(one["count"], one["found"]) for one in bins] == [(2, 0.5)]


class TestMusic:
    def test_clicks_on_the_beats_are_heard(self, truth):
        heard = hear_music(click_audio(truth.beats_s, round(LENGTH_S * SAMPLE_RATE)), SAMPLE_RATE)
        scores = score_music(heard, truth, truth.beats_s[:6], LENGTH_S)
        assert scores.librosa_octave > 0.9
        assert scores.hits_met > 0.8
        off = score_music(heard, truth, truth.beats_s[:6] + 0.25, LENGTH_S)
        assert off.hits_met == 0.0

    def test_beats_after_the_end_do_not_count(self, truth):
        part = HeardMusic(
            librosa_s=truth.beats_s[:14], network_s=truth.beats_s + 0.2, onsets_s=np.zeros(0)
        )
        whole = score_music(part, truth, np.zeros(0), LENGTH_S)
        ended = score_music(part, truth, np.zeros(0), float(truth.beats_s[13]))
        assert ended.librosa_f == 1.0
        assert whole.librosa_f == pytest.approx(2 * 14 / (14 + len(truth.beats_s)))
        assert whole.network_f == 0.0
        assert np.isnan(whole.hits_met)


@pytest.fixture(scope="module")
def real_run(short_clip: Path, text_clip: Path, tmp_path_factory: pytest.TempPathFactory):
    """Measure a short clip beside one that is no video and one without beats."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "clips").mkdir()
    shutil.copy(short_clip, folder / "clips" / "groove.mp4")
    shutil.copy(text_clip, folder / "clips" / "letter.mp4")
    (folder / "clips" / "other.mp4").touch()
    beats = {
        "groove": {"beats_s": np.arange(0.25, 3, 60 / 112).tolist(), "title": "the groove"},
        "letter": {"beats_s": [1, 2, 3, 4]},
        "about": "Drawn by a rule.",
    }
    (folder / "beats.json").write_text(json.dumps(beats))
    config = RealRhythmConfig(
        clips=folder / "clips", beats=folder / "beats.json", cache=folder / "cache"
    )
    return folder, evaluate_real_rhythm(config)


class TestRun:
    def test_all_clocks_are_scored(self, real_run):
        _, results = real_run
        assert list(results.clocks["dance"]) == ["the groove"]
        clip = results.clocks["dance"]["the groove"]
        assert clip.clock == "dance"
        assert clip.true_bpm == pytest.approx(112.0)
        assert 0 <= clip.match.f70 <= clip.match.f70_octave <= 1
        assert 0 <= clip.hits_on_grid <= clip.hits_on_bent_grid <= 1
        assert len(clip.candidates) == 3
        assert results.clocks["auto"]["the groove"].match == clip.match  # it has no sound
        assert results.clocks["sound"] == {}

    def test_what_can_not_be_measured_is_listed(self, real_run):
        _, results = real_run
        assert set(results.skipped) == {"letter", "other"}
        assert "no beats are given" in results.skipped["other"]

    def test_the_command_prints_and_writes_the_report(self, real_run):
        folder, _ = real_run
        options = f"rhythm --clips {folder / 'clips'} --beats {folder / 'beats.json'} --clock dance"
        options += f" --cache {folder / 'cache'} --out {folder / 'report'}"
        done = CliRunner().invoke(evaluate, options.split(), catch_exceptions=False)
        assert done.exit_code == 0
        assert "| the groove | 112.0 |" in done.stdout
        assert done.stdout.splitlines()[-1] == str(folder / "report" / "rhythm.md")
        text = (folder / "report" / "rhythm.md").read_text()
        assert "The truth is annotated beats. Drawn by a rule." in text
        assert "Clock sound" not in text

    def test_clips_without_sound_can_not_be_their_own_truth(self, real_run):
        folder, _ = real_run
        config = RealRhythmConfig(clips=folder / "clips", beats=None, cache=folder / "cache")
        assert config.clocks == ("dance",)
        with pytest.raises(DataError, match="None of the 3 clips can be measured"):
            evaluate_real_rhythm(config)

    def test_a_clock_that_hears_the_truth_is_refused(self, folder):
        with pytest.raises(SettingsError, match="hears the sound"):
            evaluate_real_rhythm(RealRhythmConfig(clips=folder, beats=None, clock="auto"))
        with pytest.raises(SettingsError, match="Unknown clock 'wall'"):
            evaluate_real_rhythm(RealRhythmConfig(clips=folder, beats=folder, clock="wall"))

    @pytest.mark.parametrize(
        ("options", "message"),
        [("--clips x", "belong together"), ("--beats x --aist y", "belong together")],
    )
    def test_clips_and_beats_belong_together(self, options, message):
        done = CliRunner().invoke(evaluate, ["rhythm", *options.split()])
        assert done.exit_code == 2
        assert message in done.output
