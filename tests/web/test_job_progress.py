"""The share of a whole job that is done, and the time left."""

from __future__ import annotations

from itertools import pairwise

import pytest

from d2m.core.dance_settings import DanceSettings
from d2m.core.levels import HIGH, LEVELS, STUDIO
from d2m.core.settings import Settings
from d2m.web.job_progress import MOST_WHILE_RUNNING, JobPart, JobProgress, dance_parts, music_parts
from d2m.web.status_html import time_left

READING = ("Reading the clip", "Tracking the dancer")


def two_parts() -> JobProgress:
    """Return the progress of a job of a reading of 6 s and a piece of music of 2 s."""
    return JobProgress(
        [
            JobPart(stages=READING, weight=6.0, phase=0),
            JobPart(stages=("Generating music (studio",), weight=2.0, phase=1),
        ]
    )


def test_stages_add_up_by_their_weights_and_the_share_never_falls() -> None:
    progress = two_parts()
    progress.report("Reading the clip", 0.5, 10.0)
    assert progress.share == pytest.approx(3 / 8)
    progress.report("Tracking the dancer", 0.25, 11.0)
    assert progress.share == pytest.approx(3 / 8)
    progress.report("Generating music (studio)", 0.5, 12.0)
    assert progress.share == pytest.approx(7 / 8)
    progress.report("Generating music (studio)", 1.0, 13.0)
    assert progress.share == MOST_WHILE_RUNNING, "only the end of the job is 100 %"


def test_unknown_stages_change_nothing() -> None:
    progress = two_parts()
    progress.report("Getting ready", 0.9, 1.0)
    assert (progress.share, progress.seconds_left(9.0)) == (0.0, None)


def test_a_cached_analysis_does_not_count() -> None:
    progress = two_parts()
    progress.report("Generating music (studio)", 0.25, 5.0)
    assert progress.share == pytest.approx(0.25)
    progress.report("Generating music (studio)", 0.5, 8.0)
    assert progress.seconds_left(8.0) == pytest.approx(3.0)


def test_the_time_left_follows_from_the_time_so_far() -> None:
    progress = two_parts()
    progress.report("Reading the clip", 0.0, 100.0)
    progress.report("Reading the clip", 0.1, 101.0)
    assert progress.seconds_left(101.0) is None, "too early to say"
    progress.report("Reading the clip", 0.5, 106.0)
    assert progress.seconds_left(106.0) == pytest.approx(10.0)
    assert progress.seconds_left(109.0) == pytest.approx(7.0), "time goes on between reports"
    assert progress.seconds_left(999.0) == 0.0


def test_a_part_that_only_some_clips_need_counts_once_it_is_reported() -> None:
    few, many = (JobProgress(music_parts((STUDIO,), Settings())) for _ in range(2))
    for progress in (few, many):
        progress.report("Tracking the dancer", 1.0, 3.0)
    before = many.share
    many.report("Tracking each of several people", 0.0, 4.0)
    assert many.share == before == few.share
    for progress in (few, many):
        progress.report("Generating music (studio)", 0.0, 5.0)
    assert few.seconds_left(5.0) != many.seconds_left(5.0)


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered names", "same names"])
def test_every_variation_is_a_part_of_its_level(numbered: bool) -> None:
    progress = JobProgress(music_parts((HIGH,), Settings(variations=4)))
    shares = []
    for number in range(4):
        name = (
            f"Generating music (high, {number + 1} of 4)" if numbered else "Generating music (high)"
        )
        for share in (0.0, 0.5, 1.0):
            progress.report(name, share, 10.0 + number + share)
            shares.append(progress.share)
    steps = [after - before for before, after in pairwise(shares)]
    assert min(steps) >= 0
    assert sum(step > 0.01 for step in steps) == 8


def test_levels_that_are_made_at_once_add_up() -> None:
    progress = JobProgress(music_parts(tuple(LEVELS.values()), Settings(overlay=True)))
    shares = []
    for share in (0.2, 0.6, 1.0):
        for name in LEVELS:
            progress.report(f"Generating music ({name})", share, 1.0 + share)
            shares.append(progress.share)
    assert shares == sorted(shares)
    assert len({*shares}) == len(shares)
    progress.report("Packing the files", 0.0, 9.0)
    assert 0.9 < progress.share < MOST_WHILE_RUNNING


def test_a_dance_has_its_own_parts() -> None:
    progress = JobProgress(dance_parts(DanceSettings(dancers=2)))
    for stage in ("Listening to the song", "Finding the beats of the song", "Generating the dance"):
        progress.report(stage, 0.0, 1.0)
    assert 0.05 < progress.share < 0.5
    progress.report("Drawing", 1.0, 5.0)
    assert progress.share > 0.8


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.0, "A few seconds left."),
        (5.0, "About 5 s left."),
        (16.2, "About 20 s left."),
        (89.0, "About 90 s left."),
        (130.0, "About 2 min left."),
    ],
)
def test_the_time_left_is_rounded_honestly(seconds: float | None, said: str) -> None:
    assert time_left(seconds) == said
