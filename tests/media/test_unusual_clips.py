"""Clips that an earlier version read wrongly."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.filter import Graph

from d2m.media.audio_file import read_audio
from d2m.media.audio_track import decode_audio_track
from d2m.media.clip import normalise, read_frames
from d2m.media.upright import MAX_FILTER_GRAPHS, UprightScaler
from tests.clips import (
    ClipMaker,
    click_track,
    ffmpeg,
    first_click,
    number_of,
    probe_clip,
)
from tests.torture.mp4_boxes import TRACK, patched


def test_frames_before_an_edit_list_are_decoded_but_not_shown(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    source = make_clip(
        times=np.arange(120) / 30, audio=click_track([2.0], 4.0), encoder={"g": "200"}
    )
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", 0.8, "-i", source, "-c", "copy", cut)
    info = normalise(cut, tmp_path / "copy.mp4")
    assert info.duration_s == pytest.approx(3.2, abs=0.05)
    numbers = [number_of(frame) for _, frame in read_frames(tmp_path / "copy.mp4")]
    assert numbers == list(range(24, 120))
    assert first_click(read_audio(tmp_path / "copy.mp4"), 22_050) == pytest.approx(1.2, abs=0.03)
    part = normalise(cut, tmp_path / "part.mp4", start_s=1.0, length_s=2.1)
    numbers = [number_of(frame) for _, frame in read_frames(tmp_path / "part.mp4")]
    assert part.duration_s == pytest.approx(2.1, abs=0.05)
    assert numbers == list(range(54, 54 + len(numbers)))


def test_a_display_matrix_of_zeros_does_not_rotate(make_clip: ClipMaker) -> None:
    clip = make_clip(size=(96, 48))
    clip.write_bytes(patched(clip.read_bytes(), (*TRACK, "tkhd"), 40, bytes(36)))
    assert (probe_clip(clip).width, probe_clip(clip).height) == (96, 48)


@pytest.mark.parametrize("first", ["mono", "stereo"])
def test_audio_may_change_its_channels_within_a_track(tmp_path: Path, first: str) -> None:
    parts = []
    for channels in (1, 2) if first == "mono" else (2, 1):
        parts.append(tmp_path / f"{channels}.mp3")
        tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1.5")
        ffmpeg(*tone, "-ac", channels, "-ar", 44_100, "-write_xing", 0, parts[-1])
    both = tmp_path / "both.mp3"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    for channels in (1, 2):
        with av.open(str(both)) as container:
            audio = decode_audio_track(
                container,
                container.streams.audio[0],
                sample_rate=44_100,
                channels=channels,
                start_s=None,
                max_s=10.0,
            )
        assert audio.shape == (channels, pytest.approx(3.0 * 44_100, rel=0.05))
        assert np.abs(audio[:, 20_000:50_000]).max() > 0.05
        assert np.abs(audio[:, 90_000:120_000]).max() > 0.05


class StoppedClock:
    """The audio track of a file, with the timestamp of every frame set to zero.

    It takes the place of both the container and the stream.
    """

    def __init__(self, container: Any) -> None:
        self._container, self._stream = container, container.streams.audio[0]
        self.time_base = self._stream.time_base
        self.decoded = 0

    def demux(self, _: object) -> Iterator[Any]:
        yield from self._container.demux(self._stream)

    def decode(self, packet: Any) -> Iterator[Any]:
        for frame in self._stream.decode(packet):
            self.decoded += frame.samples
            frame.pts = 0
            yield frame


def test_audio_whose_timestamps_do_not_advance_ends(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=60", tmp_path / "tone.wav")
    with av.open(str(tmp_path / "tone.wav")) as container:
        track: Any = StoppedClock(container)
        audio = decode_audio_track(
            track, track, sample_rate=44_100, channels=1, start_s=0.0, max_s=2.0
        )
    assert audio.shape[1] <= 2 * 44_100
    assert track.decoded < 10 * 44_100


def test_audio_of_one_sample_per_second_is_left_out(make_clip: ClipMaker, tmp_path: Path) -> None:
    clip = tmp_path / "slow.mov"
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3:sample_rate=8000")
    ffmpeg("-i", make_clip(), *tone, "-c:v", "copy", "-c:a", "pcm_s16le", "-ar", 1, clip)
    assert not normalise(clip, tmp_path / "copy.mp4").has_audio


def filter_graphs() -> int:
    """Return the number of filter graphs in memory."""
    # Not isinstance, which fails for weak references to objects that other tests have deleted.
    return sum(type(item) is Graph for item in gc.get_objects())


def test_frames_of_ever_new_sizes_do_not_fill_the_memory() -> None:
    upright = UprightScaler(64, 64, "rgb24", 1.0)
    before = filter_graphs()
    for width in range(16, 64, 2):
        frame = av.VideoFrame.from_ndarray(np.full((64, width, 3), 255, np.uint8), "rgb24")
        frame.time_base = Fraction(1, 30)
        assert upright(frame).to_ndarray().shape == (64, 64, 3)
    assert 0 < filter_graphs() - before <= MAX_FILTER_GRAPHS


@pytest.mark.parametrize(("flip", "mirrored"), [("hflip", np.fliplr), ("vflip", np.flipud)])
def test_mirrored_clips_are_mirrored_back(
    make_clip: ClipMaker, tmp_path: Path, flip: str, mirrored: Any
) -> None:
    frame = np.zeros((48, 96, 3), np.uint8)
    frame[:20, :40] = (230, 30, 30)
    source, marked = make_clip(frames=[frame] * 90), tmp_path / "marked.mp4"
    ffmpeg(f"-display_{flip}", "-i", source, "-c", "copy", marked)
    normalise(marked, tmp_path / "copy.mp4")
    _, result = next(read_frames(tmp_path / "copy.mp4"))
    assert np.abs(result.astype(int) - mirrored(frame)).mean() < 6
