"""The studio version of a clip, from the pipeline to its files."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from d2m.audio.loudness import measure_loudness, true_peak_db
from d2m.core.events import Observer, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import STUDIO, STUDIO_SAMPLE_RATE, levels_named
from d2m.core.settings import INSTRUMENT_SWITCHES, Settings
from d2m.generation.soundtrack import Music
from d2m.generation.studio import StudioModel
from d2m.pipeline import DanceToMusic
from d2m.rendering.report import read_settings
from d2m.rendering.score_files import SCORE_KINDS
from d2m.score.notes import STEMS
from tests.result_checks import assert_valid_video
from tests.synthetic import synthetic_conditioning

SETTINGS = Settings(style="lock", seed=3, key="D", mode="minor")


class Collector(Observer[None]):
    """Keeps what a job reports."""

    def __init__(self) -> None:
        self.soundtracks: dict[str, SoundtrackSummary] = {}

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        self.soundtracks[soundtrack.level] = soundtrack

    def on_details(self, details: SoundtrackDetails) -> None:
        self.soundtracks[details.level].paths.update(details.paths)


Job = tuple[dict[str, SoundtrackSummary], ResultFiles]


@pytest.fixture(scope="module")
def job(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The files of the studio version and of level high."""
    collector, out = Collector(), tmp_path_factory.mktemp("out")
    levels = levels_named("studio,high")
    files = DanceToMusic().produce(short_clip, levels, SETTINGS, out=out, observer=collector)
    assert files is not None
    return collector.soundtracks, files


@pytest.fixture(scope="module")
def studio(job: Job) -> SoundtrackSummary:
    return job[0]["studio"]


@pytest.mark.e2e
class TestFiles:
    def test_the_music_is_mastered_stereo(self, studio: SoundtrackSummary) -> None:
        info = soundfile.info(studio.paths["wav"])
        assert (info.samplerate, info.channels, info.subtype) == (44_100, 2, "PCM_24")
        audio, rate = soundfile.read(studio.paths["wav"], dtype="float32")
        assert measure_loudness(audio.T, rate) == pytest.approx(-14.0, abs=0.5)
        assert true_peak_db(audio.T, rate) <= -1.0
        assert np.abs(audio[:, 0] - audio[:, 1]).max() > 0.01
        assert np.abs(audio.mean(axis=0)).max() < 1e-3
        assert np.abs(audio[-100:]).max() < 1e-3

    def test_the_music_of_the_video_is_below_the_limit_when_it_is_decoded(self, job: Job) -> None:
        for soundtrack in job[0].values():
            facts = json.loads(job[1].report.read_text())["clip"]
            assert_valid_video(soundtrack.paths["mp4"], facts["duration_s"], facts["fps"])

    def test_there_is_a_file_of_each_kind(self, studio: SoundtrackSummary) -> None:
        assert {"mp4", "wav", "png", "dark", *SCORE_KINDS} == {*studio.paths}
        assert all(path.stat().st_size > 0 for path in studio.paths.values())

    def test_stems_are_as_long_as_the_music(self, studio: SoundtrackSummary) -> None:
        frames = soundfile.info(studio.paths["wav"]).frames
        for stem in STEMS:
            info = soundfile.info(studio.paths[stem])
            assert (info.frames, info.channels, info.samplerate) == (frames, 2, 44_100)
            assert (info.format, info.subtype) == ("FLAC", "PCM_24")

    def test_the_midi_file_has_the_instruments_of_the_report(self, job: Job) -> None:
        soundtracks, files = job
        midi = mido.MidiFile(str(soundtracks["studio"].paths["midi"]))
        facts = json.loads(files.report.read_text())["levels"]["studio"]
        assert [track.name for track in midi.tracks[1:]] == list(facts["instruments"])
        assert facts["key"] == "D minor"
        assert facts["sections"][-1]["end_s"] == pytest.approx(3.0, abs=0.1)
        assert facts["final_hit_s"] < 3.0

    def test_the_rights_sheet_lists_every_instrument(self, job: Job) -> None:
        levels = json.loads(job[1].report.read_text())["levels"]
        for level in ("studio", "high"):
            sheet = levels[level]["rights"]
            assert {*levels["studio"]["instruments"]} <= {entry["what"] for entry in sheet}
            assert all(entry["origin"] and entry["licence"] for entry in sheet)
            assert all(entry["commercial_use"] for entry in sheet)
        assert levels["high"]["rights"][-1]["what"] == "Compact (bundled)"
        assert "commercially" in job[0]["studio"].rights == job[0]["high"].rights

    def test_the_zip_has_all_files_and_nothing_is_compared(self, job: Job) -> None:
        soundtracks, files = job
        written = {path.name for one in soundtracks.values() for path in one.paths.values()}
        assert written | {files.report.name} == {*zipfile.ZipFile(files.archive).namelist()}
        assert files.comparisons == {}

    def test_a_report_gives_the_settings_and_levels_back(self, job: Job) -> None:
        assert read_settings(job[1].report) == (SETTINGS, "studio,high")


@pytest.fixture(scope="module")
def model() -> StudioModel:
    return StudioModel.from_pretrained()


def generated(
    model: StudioModel, *, seed: int = 3, seconds: float = 4.0, **changes: object
) -> Music:
    """Return the music of a procedural dancer with some settings."""
    settings = replace(Settings(), **changes)  # type: ignore[arg-type]
    dance = synthetic_conditioning(duration_s=seconds)
    return StudioModel(model.player, settings).generate(dance, seed=seed)


class TestSteering:
    def test_the_same_settings_give_the_same_samples(self, model: StudioModel) -> None:
        first, again = (generated(model, arrangement=2) for _ in range(2))
        np.testing.assert_array_equal(first.audio, again.audio)

    def test_another_arrangement_is_of_the_same_song(self, model: StudioModel) -> None:
        first, other = generated(model).score, generated(model, arrangement=1).score
        assert first is not None
        assert other is not None
        assert (first.key, first.sub_genre) == (other.key, other.sub_genre)
        assert first.tracks != other.tracks

    def test_another_seed_is_another_song(self, model: StudioModel) -> None:
        first, other = generated(model).score, generated(model, seed=4).score
        assert first is not None
        assert other is not None
        assert first.tracks != other.tracks

    @pytest.mark.parametrize("switch", INSTRUMENT_SWITCHES)
    def test_an_instrument_that_is_off_is_silent(self, model: StudioModel, switch: str) -> None:
        music = generated(model, **{switch: False})
        assert music.score is not None
        assert switch not in {track.stem for track in music.score.tracks}
        assert not music.stems[switch].any()
        assert np.abs(music.audio).max() > 0.1

    @pytest.mark.parametrize("switch", INSTRUMENT_SWITCHES)
    def test_one_instrument_alone_plays(self, model: StudioModel, switch: str) -> None:
        off = {name: name == switch for name in INSTRUMENT_SWITCHES}
        music = generated(model, **off)
        assert music.stems[switch].any()
        assert np.isfinite(music.audio).all()

    def test_brightness_is_heard(self, model: StudioModel) -> None:
        dark, bright = (generated(model, brightness=value).audio for value in (0.0, 2.0))
        assert _high_share(bright) > 2 * _high_share(dark)

    def test_more_energy_and_density_give_more_notes(self, model: StudioModel) -> None:
        counts = []
        for amount in (0.0, 2.0):
            score = generated(model, energy=amount, density=amount).score
            assert score is not None
            counts.append(sum(len(track.notes) for track in score.tracks))
        assert counts[0] < counts[1]


def _high_share(audio: np.ndarray) -> float:
    """Return the share of the energy above 4 kHz."""
    power = np.abs(np.fft.rfft(audio.mean(axis=0))) ** 2
    limit = round(4000 / STUDIO_SAMPLE_RATE * audio.shape[1])
    return float(power[limit:].sum() / power.sum())


@pytest.mark.parametrize("seconds", [1.0, 3.0, 20.0])
def test_a_piece_of_any_length_ends(model: StudioModel, seconds: float) -> None:
    music = generated(model, seconds=seconds)
    assert music.score is not None
    assert music.audio.shape == (2, round(seconds * STUDIO_SAMPLE_RATE))
    assert 0.0 <= music.score.end_s < seconds
    onsets = [note.start_s for track in music.score.tracks for note in track.notes]
    assert max(onsets) <= music.score.end_s + 0.03
    assert not music.audio[:, -1].any()


def test_stems_add_up_to_what_was_mastered(model: StudioModel) -> None:
    music = generated(model)
    mix = np.sum([music.stems[stem] for stem in STEMS], axis=0)
    assert np.corrcoef(mix[0], music.audio[0])[0, 1] > 0.95


def test_no_synthesizer_library_or_soundfont_is_used() -> None:
    program = (
        "import sys; sys.modules['fluidsynth'] = None\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
        "from d2m.generation.studio import StudioModel\n"
        "from tests.synthetic import synthetic_conditioning\n"
        "music = StudioModel.from_pretrained().generate(synthetic_conditioning())\n"
        "assert abs(music.audio).max() > 0.1\n"
        "assert not [one for one in opened if one.endswith(('.sf2', '.sf3'))]\n"
        "print('played', len(music.score.tracks), 'tracks')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("played"), done.stderr


def test_the_studio_version_needs_no_weights(short_clip: Path, tmp_path: Path) -> None:
    pipeline = DanceToMusic(checkpoints=tmp_path)
    soundtrack = pipeline.generate(short_clip, STUDIO, SETTINGS)
    assert soundtrack.audio.shape[0] == 2
    assert 0.0 <= soundtrack.scores["beat_f_measure"] <= 1.0
