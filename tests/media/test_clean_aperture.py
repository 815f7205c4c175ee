from __future__ import annotations

from pathlib import Path

import pytest

from d2m.media.clean_aperture import CleanAperture, clean_aperture
from d2m.media.clip_limits import ClipLimits
from d2m.media.frames import decode_frames
from d2m.media.picture_copy import why_not_playable
from d2m.media.picture_sentences import CROPPED
from d2m.media.probe import open_clip
from d2m.media.upright import UprightScaler
from tests.clean_apertures import add_clean_aperture, add_crop
from tests.clips import ClipMaker, ffmpeg, probe_clip


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((48, 1, 40, 1, 0, 1, 0, 1), (8, 4, 48, 40)),
        ((96, 2, 80, 2, -16, 4, 8, 4), (4, 6, 48, 40)),
        ((64, 1, 48, 1, 0, 1, 0, 1), None),  # the whole picture
        ((65, 1, 48, 1, 0, 1, 0, 1), None),
        ((48, 1, 40, 1, 9, 1, 0, 1), None),
        ((48, 1, 40, 1, 0, 0, 0, 1), None),
        ((0, 1, 0, 1, 0, 1, 0, 1), None),
    ],
)
def test_apertures_inside_of_the_picture_are_read(
    make_clip: ClipMaker,
    name: str,
    values: tuple[int, ...],
    expected: tuple[int, int, int, int] | None,
) -> None:
    clip = make_clip(name, times=[0.0, 0.5])
    add_clean_aperture(clip, *values)
    with open_clip(clip, ClipLimits()) as (_, stream):
        seen = clean_aperture(stream)
    if expected is None:
        assert seen is None
    else:
        left, top, width, height = expected
        assert seen == CleanAperture(
            stored=(64, 48), left=left, top=top, width=width, height=height
        )


def test_the_track_of_the_stream_counts(make_clip: ClipMaker, tmp_path: Path) -> None:
    first, second = make_clip("first.mov"), make_clip("second.mov", size=(96, 48))
    add_clean_aperture(second, 48, 1, 40, 1, 0, 1, 0, 1)
    both = tmp_path / "both.mov"
    ffmpeg("-i", first, "-i", second, "-map", 0, "-map", 1, "-c", "copy", both)
    data = both.read_bytes()
    assert data.count(b"clap") <= 1  # FFmpeg may write it again or not
    with open_clip(both, ClipLimits()) as (container, _):
        first_stream, second_stream = container.streams.video
        assert clean_aperture(first_stream) is None
        assert (clean_aperture(second_stream) is None) == (b"clap" not in data)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        ({"left": 8, "top": 4, "right": 16, "bottom": 20}, (8, 4, 296, 24)),
        ({"bottom": 8}, (0, 0, 320, 40)),
        ({}, None),
    ],
)
def test_crops_of_matroska_are_read(
    make_clip: ClipMaker, crop: dict[str, int], expected: tuple[int, int, int, int] | None
) -> None:
    clip = make_clip("clip.mkv", size=(320, 48), times=[0.0, 0.5])
    add_crop(clip, **crop)
    with open_clip(clip, ClipLimits()) as (_, stream):
        seen = clean_aperture(stream)
    if expected is None:
        assert seen is None
    else:
        left, top, width, height = expected
        assert seen == CleanAperture(
            stored=(320, 48), left=left, top=top, width=width, height=height
        )


def test_cut_clips_are_smaller_and_not_copied(make_clip: ClipMaker) -> None:
    clip = make_clip()
    with open_clip(clip, ClipLimits()) as (_, stream):
        assert not why_not_playable(stream)
    add_clean_aperture(clip, 48, 1, 40, 1, 0, 1, 0, 1)
    assert (probe_clip(clip).width, probe_clip(clip).height) == (48, 40)
    with open_clip(clip, ClipLimits()) as (container, stream):
        assert why_not_playable(stream) == CROPPED
        frame = next(decode_frames(container, stream, ClipLimits()))
        scaled = UprightScaler(48, 40, "rgb24", 1.0, clean_aperture(stream))(frame)
    whole = frame.to_ndarray(format="rgb24")
    assert abs(scaled.to_ndarray().astype(int) - whole[4:44, 8:56]).max() < 12


def test_an_aperture_for_frames_of_another_size_is_ignored(make_clip: ClipMaker) -> None:
    with open_clip(make_clip(), ClipLimits()) as (container, stream):
        frame = next(decode_frames(container, stream, ClipLimits()))
    part = CleanAperture(stored=(1920, 1080), left=0, top=0, width=1000, height=1000)
    assert UprightScaler(64, 48, "yuv420p", 1.0, part)(frame).width == 64


def test_a_damaged_index_has_no_aperture(make_clip: ClipMaker) -> None:
    clip = make_clip()
    add_clean_aperture(clip, 48, 1, 40, 1, 0, 1, 0, 1)
    with open_clip(clip, ClipLimits()) as (_, stream):
        data = clip.read_bytes()
        for place in range(data.index(b"moov") - 4, data.index(b"clap") + 8, 7):
            broken = data[:place] + b"\xff\x00\x00\x01" + data[place + 4 :]
            clip.write_bytes(broken)
            clean_aperture(stream)
        clip.write_bytes(data[: data.index(b"clap") + 9])
        assert clean_aperture(stream) is None
        clip.unlink()
        assert clean_aperture(stream) is None
