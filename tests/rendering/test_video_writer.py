from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.media.clip import read_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.full_quality import ClipFiles, split_clip
from d2m.rendering.beat_video import write_beat_video
from d2m.rendering.mux import mux
from d2m.rendering.side_by_side import write_side_by_side
from d2m.rendering.video_writer import combine_streams, open_frames, same_frames
from tests.clips import ClipMaker, click_track, coded_frames, ffmpeg, number_of, numbered_frame

SIZE = (320, 240)
B_FRAMES = {"preset": "medium", "bf": "3"}
NO_BEATS = np.empty(0)


def result_of(clip: Path, name: str = "result.mp4") -> Path:
    """Return a clip's picture in full quality with music."""
    files = ClipFiles(folder=clip.parent / f"{name}.files")
    files.folder.mkdir()
    split_clip(clip, files, limits=ClipLimits())
    mux(files.picture, click_track([0.5], 2.5, 48_000), clip.with_name(name), sample_rate=48_000)
    return clip.with_name(name)


def beat_video_of(result: Path) -> Path:
    target = result.with_name("beats.mp4")
    write_beat_video(result, target, dance_beats_s=NO_BEATS, music_beats_s=np.array([0.5]))
    return target


def test_a_turned_picture_is_upright_in_drawn_videos(make_clip: ClipMaker) -> None:
    frame = np.full((240, 320, 3), 60, np.uint8)
    frame[:120, :160] = (230, 30, 30)
    clip = make_clip(frames=[frame] * 66, times=np.arange(66) / 30, rotation=90)
    result = result_of(clip)
    with av.open(str(result)) as container:
        assert next(container.decode(video=0)).rotation == 90
    with open_frames(result, 1280) as (info, read):
        assert (info.width, info.height) == (240, 320)
        shown = read(0).to_ndarray(format="rgb24").astype(int)
    # A quarter turn counter-clockwise brings the upper left corner to the lower left.
    assert shown[240, 60, 0] - shown[240, 60, 2] > 150
    assert np.ptp(shown[80, 180]) < 20
    drawn = next(read_frames(beat_video_of(result)))[1].astype(int)
    assert drawn.shape[1] == 240
    assert drawn.shape[0] > 320
    assert drawn[240, 60, 0] - drawn[240, 60, 2] > 150


def test_pictures_of_variable_rate_keep_their_times(make_clip: ClipMaker) -> None:
    times = np.cumsum(np.random.default_rng(5).choice([1 / 30, 2 / 30, 0.2], 40))
    times -= times[0]
    frames = [numbered_frame(index, SIZE) for index in range(40)]
    result = result_of(make_clip(frames=frames, times=times, encoder=B_FRAMES))
    with open_frames(result, 1280) as (info, read):
        assert info.fps >= 23
        for index in range(info.frame_count()):
            number = number_of(read(index).to_ndarray(format="rgb24"))
            until = times[number + 1] if number < 39 else np.inf
            assert times[number] - 0.6 / info.fps < index / info.fps < until + 0.6 / info.fps


@pytest.mark.parametrize(("rate", "drawn"), [(10, 40), (120, 60), (29.97, 29.97)])
def test_drawn_videos_have_a_usual_rate(make_clip: ClipMaker, rate: float, drawn: float) -> None:
    times = np.arange(round(2.2 * rate)) / rate
    result = result_of(make_clip(frames=[numbered_frame(5, (64, 48))] * len(times), times=times))
    with open_frames(result, 1280) as (info, _):
        assert info.fps == pytest.approx(drawn, abs=0.02)


def test_drawn_videos_keep_the_colours_and_say_which_they_are(make_clip: ClipMaker) -> None:
    colours = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (225, 175, 145))
    frame = np.repeat(np.array(colours, np.uint8), 80, axis=0)[None].repeat(180, axis=0)
    source = make_clip(frames=[frame] * 22, times=np.arange(22) / 10)
    clip = source.with_name("tagged.mp4")
    tags = "scale=in_color_matrix=bt601:out_color_matrix=bt709,setparams=colorspace=bt709"
    full = f"{tags}:color_primaries=bt709:color_trc=bt709"
    ffmpeg("-i", source, "-vf", full, "-c:v", "libx264", "-crf", 12, clip)
    target = beat_video_of(result_of(clip))
    drawn = next(read_frames(target, longest_side=1280))[1]
    for index, colour in enumerate(colours):
        assert np.abs(drawn[90, 40 + 80 * index].astype(int) - colour).max() < 12
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_primaries, frame.color_range) == (1, 1, 1)


def test_results_of_one_clip_are_compared(make_clip: ClipMaker, tmp_path: Path) -> None:
    frames = [numbered_frame(index, SIZE) for index in range(66)]
    clip = make_clip(frames=frames, times=np.arange(66) / 30, rotation=90, encoder=B_FRAMES)
    left, right = result_of(clip, "left.mp4"), result_of(clip, "right.mp4")
    assert same_frames(left, right)
    targets = tmp_path / "one.mp4", tmp_path / "other.mp4"
    write_side_by_side(
        left, right, targets, dance_beats_s=NO_BEATS, music_beats_s=(NO_BEATS, NO_BEATS)
    )
    width, height = 2 * 240 + 8, 320
    _, shown = next(read_frames(targets[0], longest_side=1280))
    assert shown.shape[1] == width
    assert shown.shape[0] > height


def test_the_original_picture_gets_the_sound_of_the_result(make_clip: ClipMaker) -> None:
    source = make_clip("source.mp4", size=SIZE, times=np.arange(66) / 30)
    clip = source.with_name("clip.mp4")
    ffmpeg(
        "-i", source, "-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1", clip
    )
    result = result_of(clip)
    original, target = clip.with_name("result.mp4.files") / "original.mp4", clip.with_name("o.mp4")
    combine_streams(original, result, target)
    assert [data for _, data in coded_frames(target)] == [data for _, data in coded_frames(clip)]
    with av.open(str(target)) as container:
        video, sound = container.streams
        assert video.codec_context.codec_tag == "hvc1"
        assert (sound.rate, sound.channels) == (48_000, 2)
