"""Another seed gives another piece, and one job makes several."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from d2m.core.events import (
    DanceSummary,
    Observer,
    ResultFiles,
    SoundtrackDetails,
    SoundtrackSummary,
    heard_sentence,
)
from d2m.core.levels import HIGH, STUDIO
from d2m.core.settings import Settings
from d2m.pipeline import DanceToMusic
from d2m.rendering.report import read_settings


class Notes(Observer[None]):
    """Keeps the events of a job."""

    def __init__(self) -> None:
        self.dances: list[DanceSummary] = []
        self.music: list[SoundtrackSummary] = []
        self.details: list[SoundtrackDetails] = []

    def on_dance(self, dance: DanceSummary) -> None:
        self.dances.append(dance)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        self.music.append(soundtrack)

    def on_details(self, details: SoundtrackDetails) -> None:
        self.details.append(details)


class DoneJob(NamedTuple):
    notes: Notes
    files: ResultFiles
    folder: Path


@pytest.fixture(scope="module")
def pipeline() -> DanceToMusic:
    return DanceToMusic()


@pytest.fixture(scope="module")
def job(pipeline, short_clip, tmp_path_factory) -> DoneJob:
    """Three variations of two levels."""
    notes, folder = Notes(), tmp_path_factory.mktemp("out")
    settings = Settings(style="house", seed=4, variations=3)
    files = pipeline.produce(short_clip, (STUDIO, HIGH), settings, out=folder, observer=notes)
    assert files is not None
    return DoneJob(notes, files, folder)


@pytest.mark.e2e
class TestOneJob:
    def test_each_variation_is_another_song_at_all_levels(self, job):
        made = {(one.level, one.variation): one for one in job.notes.music}
        assert made.keys() == {(level, n) for level in ("studio", "high") for n in (1, 2, 3)}
        for number in (1, 2, 3):
            studio, high = made["studio", number], made["high", number]
            assert studio.seed == high.seed == 3 + number
            assert studio.song == high.song
        assert len({one.song for one in made.values()}) == 3
        assert {one.variation for one in job.notes.music[:2]} == {1}

    def test_no_two_pieces_have_the_same_bytes(self, job):
        for kind in ("wav", "mp4", "midi"):
            files = [one.paths[kind] for one in job.notes.music if one.level == "studio"]
            assert len({path.read_bytes() for path in files}) == 3

    def test_all_files_are_in_the_archive_and_in_the_report(self, job):
        facts = json.loads(job.files.report.read_text())
        assert [(one["variation"], one["seed"]) for one in facts["more_variations"]] == [
            (2, 5),
            (3, 6),
        ]
        levels = [facts["levels"], *(one["levels"] for one in facts["more_variations"])]
        assert all(one.keys() == {"studio", "high"} for one in levels)
        assert len({one["studio"]["song"] for one in levels}) == 3
        named = {
            name for one in levels for level in one.values() for name in level["files"].values()
        }
        with ZipFile(job.files.archive) as archive:
            assert {*archive.namelist()} == {*named, job.files.report.name}
        assert named < {path.name for path in job.folder.iterdir()}

    def test_the_report_makes_the_same_job_again(self, job):
        settings, levels = read_settings(job.files.report)
        assert settings == Settings(style="house", seed=4, variations=3)
        assert levels == "studio,high"

    def test_the_details_say_which_variation_they_are_of(self, job):
        found = [(one.level, one.variation) for one in job.notes.details]
        assert sorted(found) == sorted((one.level, one.variation) for one in job.notes.music)

    def test_a_sentence_says_when_all_kinds_of_songs_were_heard(self, job):
        first = [one for one in job.notes.music if one.variation < 3]
        assert heard_sentence(first) == ""
        assert heard_sentence(job.notes.music).startswith(
            "You have heard all 3 kinds of House songs (Deep house, Chicago house, Disco house):"
        )

    def test_three_styles_are_offered(self, job):
        (dance,) = job.notes.dances
        assert len({*dance.styles}) == 3
        assert dance.styles[0][1] == dance.style


@pytest.mark.e2e
@pytest.mark.parametrize(("one", "other"), [(4, 5), (0, 7)])
def test_two_seeds_are_two_pieces(pipeline, short_clip, one, other):
    dance = pipeline.perceive(short_clip)
    for level in (STUDIO, HIGH):
        first, second = (pipeline.generate(dance, level, seed=seed) for seed in (one, other))
        assert first.song != second.song
        assert first.audio.tobytes() != second.audio.tobytes()
