from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from d2m.media.clip_limits import ClipLimits
from d2m.media.deinterlace import deinterlaced, is_interlaced
from d2m.media.frames import decode_frames
from d2m.media.probe import open_clip
from d2m.media.upright import quarter_turns
from tests.clips import ClipMaker, ffmpeg
from tests.interlaced_clips import make_interlaced, moving_bar, teeth

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 12, "-pix_fmt", "yuv420p")
SMALL = (240, 160)


def decoded(clip: Path) -> list[av.VideoFrame]:
    with open_clip(clip, ClipLimits()) as (container, stream):
        return list(decode_frames(container, stream, ClipLimits()))


def bar(name: Path, first: str = "tff") -> Path:
    return make_interlaced(
        name,
        *X264,
        *("-x264-params", f"{first}=1"),
        source=moving_bar(50, 1.0, SMALL),
        first=first,
    )


def mean_teeth(frames: list[av.VideoFrame]) -> float:
    return float(np.mean([teeth(frame.to_ndarray(format="gray")) for frame in frames]))


@pytest.mark.parametrize("first", ["tff", "bff"])
def test_both_orders_of_fields_lose_their_teeth_and_nothing_else(
    tmp_path: Path, first: str
) -> None:
    frames = decoded(bar(tmp_path / "clip.mp4", first))
    assert all(is_interlaced(frame) for frame in frames)
    stamps = [(f.pts, f.dts, f.time_base, f.duration) for f in frames]
    tags = [(f.colorspace, f.color_range, f.color_primaries, f.color_trc) for f in frames]
    whole = list(deinterlaced(iter(frames)))
    assert mean_teeth(frames) > 2
    assert mean_teeth(whole) < 0.5
    assert not any(is_interlaced(frame) for frame in whole)
    assert [(f.pts, f.dts, f.time_base, f.duration) for f in whole] == stamps
    assert [(f.colorspace, f.color_range, f.color_primaries, f.color_trc) for f in whole] == tags


def test_what_was_filmed_progressively_stays_as_it_is(tmp_path: Path) -> None:
    clip = tmp_path / "segmented.mp4"
    source = f"{moving_bar(25, 1.0, SMALL)},noise=alls=8:allf=t:all_seed=1,setfield=tff"
    options = ("-flags", "+ilme+ildct", *X264, "-x264-params", "tff=1")
    ffmpeg("-f", "lavfi", "-i", source, *options, clip)
    frames = decoded(clip)
    assert all(is_interlaced(frame) for frame in frames)
    result = list(deinterlaced(iter(frames)))
    kept = [out is frame for out, frame in zip(result, frames, strict=True)]
    assert all(kept[5:])  # idet wants to see some frames first


def test_progressive_frames_pass_untouched(make_clip: ClipMaker) -> None:
    frames = decoded(make_clip())
    passed = deinterlaced(iter(frames))
    assert all(out is frame for out, frame in zip(passed, frames, strict=True))


def test_frames_are_filtered_from_the_first_interlaced_one_on(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    before = decoded(make_clip(times=np.arange(5) / 10, size=SMALL))
    after = decoded(bar(tmp_path / "clip.mp4"))
    asked = 0

    def source() -> Iterator[av.VideoFrame]:
        nonlocal asked
        for frame in [*before, *after]:
            asked += 1
            yield frame

    frames = deinterlaced(source())
    for number, frame in enumerate(before, start=1):
        assert next(frames) is frame
        assert asked == number  # none is held back
    assert len(list(frames)) == len(after)


def test_frames_of_another_size_start_anew(tmp_path: Path) -> None:
    first = decoded(bar(tmp_path / "first.mp4"))
    second = decoded(
        make_interlaced(tmp_path / "second.mp4", *X264, source=moving_bar(50, 0.4, (160, 64)))
    )
    sizes = [(frame.width, frame.height) for frame in deinterlaced(iter([*first, *second]))]
    assert sizes == [SMALL] * len(first) + [(160, 64)] * len(second)


def test_a_single_frame_and_frames_without_times(tmp_path: Path) -> None:
    frames = decoded(bar(tmp_path / "clip.mp4"))
    (only,) = deinterlaced(iter(frames[:1]))
    assert only.pts == frames[0].pts
    for frame in frames:
        frame.pts = frame.dts = None
    assert [frame.pts for frame in deinterlaced(iter(frames))] == [None] * len(frames)


def test_rotation_survives(tmp_path: Path) -> None:
    plain = bar(tmp_path / "plain.mp4")
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", 90, "-i", plain, "-c", "copy", turned)
    frames = list(deinterlaced(iter(decoded(turned))))
    assert {quarter_turns(frame) for frame in frames} == {quarter_turns(decoded(turned)[0])}
    assert {quarter_turns(frame) for frame in frames} != {0}


def test_formats_that_the_filters_do_not_know_are_left_alone() -> None:
    frame = av.VideoFrame(64, 48, "monow")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    assert next(deinterlaced(iter([frame]))) is frame


def test_streams_tell_that_they_are_interlaced(make_clip: ClipMaker, tmp_path: Path) -> None:
    for clip, expected in ((bar(tmp_path / "fields.mp4"), True), (make_clip(), False)):
        with open_clip(clip, ClipLimits()) as (_, stream):
            assert is_interlaced(stream) == expected
