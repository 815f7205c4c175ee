"""The share of a whole job that is done, and the time left."""

from __future__ import annotations

import pytest

from d2m.core.dance_settings import DanceSettings
from d2m.core.events import SoundtrackSummary
from d2m.core.levels import HIGH, LEVELS, STUDIO
from d2m.core.settings import Settings
from d2m.web.job_progress import MOST_WHILE_RUNNING, JobPart, JobProgress, dance_parts, music_parts
from d2m.web.status_html import time_left

READING = ("Reading the clip", "Tracking the dancer")
MUSIC = "Generating music (studio)"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def two_parts(clock: Clock) -> JobProgress:
    """Return the progress of a job of a reading of 6 s and a piece of music of 2 s."""
    reading = JobPart(stages=READING, weight=6.0, phase=0)
    return JobProgress(
        [reading, JobPart(stages=("Generating music (studio",), weight=2.0, phase=1)], clock
    )


def soundtrack(level: str) -> SoundtrackSummary:
    return SoundtrackSummary(level=level, style="House", paths={}, scores={}, seconds=1.0)


def test_stages_add_up_by_their_weights_and_the_share_never_falls() -> None:
    progress = two_parts(Clock())
    progress.on_progress("Reading the clip", 0.5)
    assert progress.share == pytest.approx(3 / 8)
    progress.on_progress("Tracking the dancer", 0.25)
    assert progress.share == pytest.approx(3 / 8)
    progress.on_progress(MUSIC, 0.5)
    assert progress.share == pytest.approx(7 / 8)
    progress.on_progress(MUSIC, 1.0)
    assert progress.share == MOST_WHILE_RUNNING, "only the end of the job is 100 %"


def test_unknown_stages_change_nothing() -> None:
    progress = two_parts(Clock())
    progress.on_progress("Getting ready", 0.9)
    assert (progress.share, progress.seconds_left) == (0.0, None)


def test_a_cached_analysis_does_not_count() -> None:
    clock = Clock()
    progress = two_parts(clock)
    progress.on_progress(MUSIC, 0.25)
    assert progress.share == pytest.approx(0.25)
    clock.now_s += 3
    progress.on_progress(MUSIC, 0.5)
    assert progress.seconds_left == pytest.approx(3.0)


def test_the_time_left_follows_from_the_time_so_far() -> None:
    clock = Clock()
    progress = two_parts(clock)
    progress.on_progress("Reading the clip", 0.0)
    clock.now_s += 1
    progress.on_progress("Reading the clip", 0.1)
    assert progress.seconds_left is None, "too early to say"
    clock.now_s += 5
    progress.on_progress("Reading the clip", 0.5)
    assert progress.seconds_left == pytest.approx(10.0)
    clock.now_s += 3
    assert progress.seconds_left == pytest.approx(7.0), "time goes on between reports"
    clock.now_s += 99
    assert progress.seconds_left == 0.0


def test_the_time_left_rises_only_if_it_rises_much() -> None:
    clock = Clock()
    progress = two_parts(clock)
    progress.on_progress("Reading the clip", 0.0)
    clock.now_s += 6
    progress.on_progress("Reading the clip", 0.5)
    clock.now_s += 1
    progress.on_progress("Reading the clip", 0.5)
    assert progress.seconds_left == pytest.approx(9.0), "a small rise is noise"
    clock.now_s += 5
    progress.on_progress("Reading the clip", 0.5)
    assert progress.seconds_left == pytest.approx(20.0), "a large one is not"
    progress.on_progress("Reading the clip", 1.0)
    assert progress.seconds_left == pytest.approx(4.0), "a fall is good news at once"


def test_a_part_that_only_some_clips_need_counts_once_it_is_reported() -> None:
    one, many = (JobProgress(music_parts((STUDIO,), Settings())) for _ in range(2))
    for progress in (one, many):
        progress.on_progress("Tracking the dancer", 1.0)
    before = many.share
    many.on_progress("Tracking each of several people", 0.1)
    assert many.share == before == one.share
    for progress in (one, many):
        progress.on_progress(MUSIC, 0.0)
    assert many.share > one.share, "less is left of more"


def test_every_variation_is_a_part_of_its_level() -> None:
    progress = JobProgress(music_parts((HIGH,), Settings(variations=4)))
    shares = []
    for _ in range(4):
        for share in (0.0, 0.5, 1.0):
            progress.on_progress("Generating music (high)", share)
            shares.append(progress.share)
        progress.on_soundtrack(soundtrack("high"))
        shares.append(progress.share)
    assert shares == sorted(shares)
    assert len({*shares}) > 8
    assert shares[-1] < 0.8, "the plots are still to come"


def test_variations_that_are_made_at_once_are_not_counted_twice() -> None:
    progress = JobProgress(music_parts((HIGH,), Settings(variations=4)))
    for _ in range(9):
        progress.on_progress("Generating music (high)", 0.9)
        progress.on_progress("Generating music (high)", 0.1)
    assert progress.share < 0.2


def test_levels_that_are_made_at_once_add_up() -> None:
    progress = JobProgress(music_parts(tuple(LEVELS.values()), Settings(overlay=True)))
    shares = []
    for share in (0.2, 0.6, 1.0):
        for name in LEVELS:
            progress.on_progress(f"Generating music ({name})", share)
            shares.append(progress.share)
    assert shares == sorted(shares)
    assert len({*shares}) == len(shares)
    progress.on_progress("Packing the files", 0.0)
    assert 0.9 < progress.share < MOST_WHILE_RUNNING


def test_a_dance_has_its_own_parts() -> None:
    progress = JobProgress(dance_parts(DanceSettings(dancers=2)))
    for stage in ("Listening to the song", "Finding the beats of the song", "Generating the dance"):
        progress.on_progress(stage, 0.0)
    assert 0.05 < progress.share < 0.5
    progress.on_progress("Drawing the dancer", 1.0)
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
