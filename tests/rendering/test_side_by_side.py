from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import VideoError
from d2m.media.audio_file import read_audio
from d2m.rendering.beat_bar import BeatBar
from d2m.rendering.drawing import font_size
from d2m.rendering.mux import mux
from d2m.rendering.side_by_side import write_side_by_side
from tests.clips import (
    ClipMaker,
    click_track,
    coded_frames,
    decode_video,
    number_of,
    numbered_frame,
)

SIZE, GAP = (320, 240), 8
WHOLE = 2 * SIZE[0] + GAP
DANCE_S = np.array([0.5, 1.0, 2.0])
MUSIC_S = (np.array([1.5]), np.array([2.5]))
RIGHT = slice(SIZE[0] + GAP, None)


def compare(left: Path, right: Path, folder: Path, **changes) -> tuple[Path, Path]:
    targets = folder / "left.mp4", folder / "right.mp4"
    write_side_by_side(
        left, right, targets, **{"dance_beats_s": DANCE_S, "music_beats_s": MUSIC_S, **changes}
    )
    return targets


@pytest.fixture
def results(make_clip: ClipMaker, tmp_path: Path) -> tuple[Path, Path]:
    """Two results for one dance."""
    clip = make_clip(size=SIZE)
    paths = tmp_path / "high.mp4", tmp_path / "low.mp4"
    for path, beats_s in zip(paths, MUSIC_S, strict=True):
        mux(clip, click_track(beats_s, 3.0, 22_050), path)
    return paths


@pytest.fixture
def head() -> int:
    return 2 * round(0.85 * font_size(WHOLE, SIZE[1]))


def test_both_videos_show_both_clips_with_the_audio_of_one(
    results: tuple[Path, Path], tmp_path: Path, head: int
) -> None:
    shares: list[float] = []
    targets = compare(*results, tmp_path / "out", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["left.mp4", "right.mp4"]
    for result, target in zip(results, targets, strict=True):
        np.testing.assert_array_equal(read_audio(target), read_audio(result))
        content = target.read_bytes()
        assert content.find(b"moov") < content.find(b"mdat")
    assert coded_frames(targets[0]) == coded_frames(targets[1])
    frames = decode_video(targets[0])
    bar = small_bar(0)
    assert frames.shape == (90, head + SIZE[1] + bar.height, WHOLE, 3)
    for half in (slice(0, SIZE[0]), RIGHT):
        shown = frames[:, head : head + SIZE[1], half]
        assert [number_of(frame) for frame in shown] == list(range(90))


def small_bar(half: int) -> BeatBar:
    return BeatBar(
        SIZE[0],
        font_size(WHOLE, SIZE[1]),
        dance_beats_s=DANCE_S,
        music_beats_s=MUSIC_S[half],
        fps=30.0,
        n_frames=90,
    )


def test_each_half_has_its_own_beats(results: tuple[Path, Path], tmp_path: Path, head: int) -> None:
    frames = decode_video(compare(*results, tmp_path)[0]).astype(float)[:, head + SIZE[1] :]
    bar = small_bar(0)
    row = round(bar.rows[1])
    for half, lit, dark in ((0, 45, 75), (1, 75, 45)):
        x = bar.lamp_x + half * (SIZE[0] + GAP)
        lamp = frames[:, row - 1 : row + 1, x - 1 : x + 1].mean(axis=(1, 2, 3))
        assert lamp[lit] > lamp[dark] + 80


def test_halves_have_captions(results: tuple[Path, Path], tmp_path: Path, head: int) -> None:
    named = decode_video(compare(*results, tmp_path / "a")[0])[0, :head].astype(int)
    bare = decode_video(compare(*results, tmp_path / "b", captions=("", ""))[0])[0, :head]
    letters = np.abs(named - bare).max(axis=2) > 100
    left, right = letters[:, : SIZE[0]], letters[:, RIGHT]
    assert left.sum() > 30
    assert right.sum() > 30
    assert (left != right).sum() > 20
    wide = decode_video(compare(*results, tmp_path / "c", captions=("W" * 99, "Low"))[0])[0, :head]
    changed = np.abs(wide.astype(int) - named).max(axis=2) > 100
    assert changed[:, : SIZE[0] // 4].any()
    assert not changed[:, SIZE[0] :].any()


def test_clips_may_have_different_frames(make_clip: ClipMaker, tmp_path: Path, head: int) -> None:
    left = make_clip("a.mp4", size=SIZE, times=np.arange(60) / 30)
    frames = [numbered_frame(100 + i, SIZE) for i in range(60)]
    right = make_clip("b.mp4", frames=frames, times=np.arange(60) / 30)
    shown = decode_video(compare(left, right, tmp_path)[0])[:, head : head + SIZE[1]]
    assert [number_of(frame[:, : SIZE[0]]) for frame in shown] == list(range(60))
    assert [number_of(frame[:, RIGHT]) for frame in shown] == list(range(100, 160))


def test_portrait_clips_are_reduced(make_clip: ClipMaker, tmp_path: Path) -> None:
    clip = make_clip(size=(720, 1280), times=np.arange(6) / 30)
    frames = decode_video(compare(clip, clip, tmp_path)[0])
    assert frames.shape[2] == 1080
    assert 940 < frames.shape[1] < 1200


def test_two_lying_clips_are_as_wide_as_full_hd(make_clip: ClipMaker, tmp_path: Path) -> None:
    clip = make_clip(size=(1920, 1080), times=np.arange(3) / 30)
    frames = decode_video(compare(clip, clip, tmp_path)[0])
    assert frames.shape[2] == 1920
    assert 540 < frames.shape[1] < 1080


def test_clips_of_different_dances_are_refused(
    results: tuple[Path, Path], make_clip: ClipMaker, tmp_path: Path
) -> None:
    shorter = make_clip("short.mp4", size=SIZE, times=np.arange(60) / 30)
    smaller = make_clip("small.mp4", size=(160, 120))
    for other in (shorter, smaller):
        with pytest.raises(VideoError, match="same dance"):
            compare(results[0], other, tmp_path)
    with pytest.raises(VideoError, match=r"no file named none\.mp4"):
        compare(results[0], tmp_path / "none.mp4", tmp_path)
    assert not (tmp_path / "left.mp4").exists()
