"""Dances are made by the same queue and the same worker processes as music."""

from __future__ import annotations

from pathlib import Path

import pytest

from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import JobError, OutputError, SettingsError
from d2m.core.events import DanceSummary, ResultFiles
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, DanceJob, Finished, Job, Stage
from d2m.jobs.worker_main import sentence
from tests.songs import EXAMPLE_SONG

SETTINGS = DanceSettings(length_s=4.0, drawing="skeleton", style="house")


def test_one_process_makes_a_dance_then_analyses_a_clip(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    song = tmp_path / "song.m4a"
    song.write_bytes(EXAMPLE_SONG.read_bytes())
    with pool.events(DanceJob.requested(str(song), None, SETTINGS)) as events:
        next(events)
        song.unlink()  # as happens to a song that waits for long
        results = [event for event in events if not isinstance(event, Stage)]
        kinds = [type(event) for event in results]
        assert kinds == [SongSummary, ChoreographySummary, ResultFiles, Finished]
        assert results[1].paths["mp4"].is_file()
    assert not results[1].paths["mp4"].exists()
    assert pool.slots[0].process is not None
    pid = pool.slots[0].process.pid
    found = list(pool.run(Job(clip=short_clip, levels=ANALYSIS_ONLY, out=tmp_path)))
    assert any(isinstance(event, DanceSummary) for event in found)
    assert pool.slots[0].process.pid == pid


def test_what_is_no_song_is_refused_in_one_sentence(pool: WorkerPool, text_clip: Path) -> None:
    with pytest.raises(JobError, match=r"letter\.mp4 .*: send a song as MP3") as caught:
        list(pool.run(DanceJob(song=text_clip, settings=SETTINGS)))
    assert str(text_clip.parent) not in str(caught.value)


def test_a_song_must_be_chosen() -> None:
    with pytest.raises(SettingsError, match="Choose a song first"):
        DanceJob.requested(None, None, SETTINGS)


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, ""), OutputError(""), ValueError()])
def test_errors_speak_of_the_song(error: Exception) -> None:
    text = sentence(error, DanceJob.subject)
    assert "song" in text
    assert "clip" not in text
