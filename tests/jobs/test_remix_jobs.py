"""A worker process changes the balance of a job that it did before, from its cache."""

from __future__ import annotations

from pathlib import Path

from d2m.core.events import SoundtrackSummary
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import Finished, Job, RemixedVideo, Stage
from d2m.jobs.remix_job import RemixJob
from tests.clips import coded_frames


def test_the_picture_and_the_sound_come_from_the_cache(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    made = list(pool.run(Job(clip=short_clip, levels="high", out=tmp_path)))
    paths = next(event.paths for event in made if isinstance(event, SoundtrackSummary))
    folders = [tmp_path, short_clip.parent]
    settings = Settings(original=0.5, ducking=True)
    job = RemixJob.requested(str(short_clip), str(paths["wav"]), settings, folders)
    with pool.events(job) as events:
        found = list(events)
        stages = {event.name for event in found if isinstance(event, Stage)}
        video, end = (event for event in found if not isinstance(event, Stage))
        assert stages <= {"Getting ready", "Mixing the sound"}
        assert isinstance(video, RemixedVideo)
        assert (video.original, video.ducking) == (0.5, True)
        assert coded_frames(video.path) == coded_frames(paths["mp4"])
    assert isinstance(end, Finished)
    assert end.has_results
