"""From a song to the files of a dance, with the bundled networks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from d2m import MusicToDance
from d2m.choreography.dance_report import read_dance_settings
from d2m.core.dance_events import ChoreographySummary, DanceObserver, SongSummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import AudioError, OutputError, SettingsError
from d2m.core.events import ResultFiles
from tests.songs import EXAMPLE_SONG

LENGTH_S = 6.0
SETTINGS = DanceSettings(
    style="house", seed=3, length_s=LENGTH_S, dancers=2, drawing="skeleton", shape="portrait"
)


class Collector(DanceObserver[None]):
    """Keeps the events of a job."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.events: list[Any] = []

    def on_progress(self, stage: str, share: float) -> None:
        assert 0 <= share <= 1
        if stage not in self.stages:
            self.stages.append(stage)

    def on_song(self, song: SongSummary) -> None:
        self.events.append(song)

    def on_choreography(self, choreography: ChoreographySummary) -> None:
        self.events.append(choreography)

    def on_files(self, files: ResultFiles) -> None:
        self.events.append(files)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Collector:
    """Return the events of a job for two dancers, whose files stay."""
    collector = Collector()
    out = tmp_path_factory.mktemp("dance")
    MusicToDance().produce(EXAMPLE_SONG, SETTINGS, out=out, observer=collector)
    return collector


def test_the_events_tell_the_job(job: Collector) -> None:
    song, dance, files = job.events
    assert song.tempo_bpm == pytest.approx(120, rel=0.02)
    assert "120" in song.beat_sentence
    assert (dance.style, dance.style_is_chosen, dance.dancers) == ("House", True, 2)
    assert {"Generating the dance", "Drawing the dancer", "Writing the files"} <= {*job.stages}
    assert job.stages.index("Listening to the song") == 0
    assert files.archive.is_file()


def test_the_video_has_the_song_and_lasts_as_long(job: Collector) -> None:
    with av.open(str(job.events[1].paths["mp4"])) as movie:
        video, sound = movie.streams.video[0], movie.streams.audio[0]
        assert (video.codec_context.width, video.codec_context.height) == (720, 1280)
        assert float(video.average_rate) == 30
        assert sound.codec_context.name == "aac"
        assert movie.duration / av.time_base == pytest.approx(LENGTH_S, abs=0.1)


def test_both_dancers_have_their_own_joints(job: Collector) -> None:
    paths = job.events[1].paths
    with np.load(paths["npz"]) as one, np.load(paths["npz2"]) as two:
        assert one["keypoints"].shape == (round(LENGTH_S * 30), 17, 2)
        assert one["keypoints"][..., 0].mean() != two["keypoints"][..., 0].mean()
        assert np.abs(one["joints"] - two["joints"]).max() > 0.1
    assert paths["bvh2"].read_text().startswith("HIERARCHY")
    people = json.loads(paths["json"].read_text())["frames"][0]["people"]
    assert len(people) == 2


def test_the_report_tells_all_and_gives_the_settings_back(job: Collector) -> None:
    dance, files = job.events[1:]
    facts = json.loads(files.report.read_text())
    assert (facts["style"], facts["seed"]) == ("house", 3)
    assert [one["seed"] for one in facts["dancers"]] == [3, 4]
    assert len(facts["music_beats_s"]) == pytest.approx(LENGTH_S * 2, abs=1)
    stops = facts["kinematic_beats_s"]
    assert stops == sorted(stops)
    assert facts["figures"]["beat_hit"] == pytest.approx(dance.figures["beat_hit"], abs=1e-4)
    assert any("owner" in entry["licence"] for entry in facts["rights"])
    assert read_dance_settings(files.report) == SETTINGS
    assert {*zipfile.ZipFile(files.archive).namelist()} == {
        files.report.name,
        *(path.name for path in dance.paths.values()),
    }


def test_the_same_settings_give_the_same_dance_and_another_seed_another(job: Collector) -> None:
    pipeline = MusicToDance()
    with np.load(job.events[1].paths["npz2"]) as second:
        again = pipeline.generate(EXAMPLE_SONG, SETTINGS, seed=4, dancers=1)
        joints = again.dances[0].motion.joints
        np.testing.assert_allclose(second["joints"], joints[: len(second["joints"])], atol=1e-4)
    assert again.paths == {}
    assert again.keypoints == ()


def test_a_song_without_a_beat_has_no_figures(tmp_path: Path) -> None:
    import soundfile

    rng = np.random.default_rng(5)
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(22_050 * 4), 22_050)
    dance = MusicToDance().generate(path, style="house")
    assert not dance.song.has_beat
    assert dance.figures() == {}
    assert "no beat" in dance.summary().beat_figures


def test_settings_and_folder_are_checked_before_the_song(tmp_path: Path) -> None:
    lost, blocked = tmp_path / "lost.mp3", tmp_path / "file"
    blocked.touch()
    with pytest.raises(SettingsError, match="dancers is 9: choose 1 to 4"):
        MusicToDance().generate(lost, dancers=9)
    with pytest.raises(OutputError):
        MusicToDance().generate(lost, out=blocked)
    with pytest.raises(AudioError, match=r"lost\.mp3"):
        MusicToDance().generate(lost)


def test_a_report_of_music_is_not_one_of_a_dance(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"settings": {}, "levels": {}, "clip": {}}))
    with pytest.raises(SettingsError, match="not the report of a dance"):
        read_dance_settings(path)
    path.write_text("[]")
    with pytest.raises(SettingsError, match="not a report of D2M"):
        read_dance_settings(path)
