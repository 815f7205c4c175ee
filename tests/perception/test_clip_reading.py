"""Reading a clip once, for its copy, the pose and the optical flow."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.encoder import ClipEncoder
from d2m.media.frames import at_constant_rate
from d2m.media.full_quality import ClipFiles, split_clip
from d2m.media.picture_times import PictureTimes
from d2m.media.upright import rgb_of
from d2m.perception import clip_reading
from d2m.perception.clip_reading import ClipReader, ClipReading, RatePicker
from d2m.perception.optical_flow import DirectogramMeter
from d2m.perception.solo_tracker import SoloTracker, track_pose
from tests.perception.drawn_figure import draw_person, room

FPS, LENGTH = 30, 64
SIDES = 320, 180


class Pictures:
    """Keeps all pictures of a small copy."""

    def __init__(self) -> None:
        self.images: list[Any] = []

    def begin(self, info: ClipInfo) -> None:
        """Take no notice."""

    def view(self, frame: Any) -> None:
        """Keep a picture."""
        self.images.append(rgb_of(frame))


def write_people(path: Path, places: tuple[float, ...]) -> Path:
    """Write a clip of people who swing their arms at some places (shares of the width)."""
    import av

    width, height = SIDES
    with ClipEncoder(path, Fraction(FPS), SIDES, None, crf=12) as encoder:
        for frame in range(LENGTH):
            canvas = room(height, width)
            for place in places:
                draw_person(canvas, place * width, arm=0.9 + 0.7 * np.sin(frame / 5), size=0.9)
            encoder.add(av.VideoFrame.from_ndarray(canvas, "rgb24").reformat(format="yuv420p"))
    return path


def read(clip: Path, folder: Path, **options: Any) -> ClipReading:
    """Read a clip into a new folder."""
    folder.mkdir()
    with ClipReader(options.pop("progress", lambda _, __: None)) as reader:
        split_clip(
            clip,
            ClipFiles(folder=folder),
            limits=ClipLimits(),
            viewer=reader,
            progress=reader.report,
        )
        return reader.finish()


@pytest.fixture(scope="module")
def solo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("solo") / "solo.mp4", (0.5,))


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


@pytest.mark.usefixtures("no_thread_is_left")
def test_threads_find_what_is_found_without_them(solo: Path, tmp_path: Path) -> None:
    stages: list[tuple[str, float]] = []
    reading = read(solo, tmp_path / "threads", progress=lambda *stage: stages.append(stage))
    pictures, meter = Pictures(), DirectogramMeter(FPS)
    split_clip(solo, ClipFiles(folder=tmp_path), limits=ClipLimits(), viewer=pictures)
    frames = [(index / FPS, image) for index, image in enumerate(pictures.images)]
    track = track_pose(meter.pass_through(frames), FPS)
    assert len(frames) == LENGTH
    assert reading.people == 1
    assert reading.track is not None
    np.testing.assert_array_equal(reading.track.landmarks, track.landmarks)
    np.testing.assert_array_equal(reading.directogram, meter.result())
    assert [time for time, _ in reading.samples] == [4 / FPS + 8 * k / FPS for k in range(8)]
    assert stages[-1] == ("Tracking the dancer", 1.0)
    assert {stage for stage, _ in stages} <= {"Reading the clip", "Tracking the dancer"}
    assert all(0 <= share <= 1 for _, share in stages)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors can't be chosen here")
def test_one_processor_finds_what_several_find(solo: Path, tmp_path: Path) -> None:
    several = read(solo, tmp_path / "several")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})  # also of the threads that this one starts
    try:
        one = read(solo, tmp_path / "one")
    finally:
        os.sched_setaffinity(0, allowed)
    assert one.track is not None
    assert several.track is not None
    np.testing.assert_array_equal(one.track.landmarks, several.track.landmarks)
    np.testing.assert_array_equal(one.directogram, several.directogram)


@pytest.mark.usefixtures("no_thread_is_left")
def test_the_flow_of_all_frames_is_measured_when_several_people_are_seen(tmp_path: Path) -> None:
    duo = write_people(tmp_path / "duo.mp4", (0.27, 0.73))
    reading = read(duo, tmp_path / "duo")
    assert (reading.people, reading.track) == (2, None)
    assert len(reading.directogram) == LENGTH
    assert len(reading.samples) == 8


@pytest.mark.usefixtures("no_thread_is_left")
def test_an_error_in_a_thread_ends_the_reading(
    solo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the network broke")

    monkeypatch.setattr(SoloTracker, "add", fail)
    with pytest.raises(RuntimeError, match="the network broke"):
        read(solo, tmp_path / "broken")


@pytest.mark.usefixtures("no_thread_is_left")
def test_stopping_ends_the_threads(solo: Path, tmp_path: Path) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(solo, tmp_path / "stopped", progress=stop)
    assert not (tmp_path / "stopped" / "copy.mp4").exists()


def test_few_pictures_wait_for_the_threads() -> None:
    assert clip_reading.AHEAD * 640 * 640 * 3 * 2 < 60e6


@pytest.mark.parametrize("rate", [20, 24, 25, 30, 37, 48, 50, 60])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 61])
def test_frames_are_chosen_as_they_are_read_from_the_copy(rate: int, count: int) -> None:
    fps = min(30.0, rate)
    times = PictureTimes(
        first_s=0.0, last_s=(count - 1) / rate, end_s=count / rate, interval_s=1 / rate
    )
    frames: Any = ((index / rate, index) for index in range(count))
    wanted = list(at_constant_rate(frames, times, fps=fps, start_s=0.0, max_s=1e3))
    picker = RatePicker(rate, fps)
    chosen: list[Any] = [one for index in range(count) for one in picker.add(index)]  # type: ignore[arg-type]
    assert chosen + picker.finish() == wanted
