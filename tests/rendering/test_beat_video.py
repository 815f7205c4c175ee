from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import VideoError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio
from d2m.rendering.beat_bar import BeatBar, flashes
from d2m.rendering.beat_video import write_beat_video
from d2m.rendering.drawing import font_size
from tests.clips import ClipMaker, click_track, decode_video, number_of, probe_clip

SIZE = (320, 240)
DANCE_S, MUSIC_S = np.array([0.5, 1.0, 2.0]), np.array([1.05, 1.5, 2.5])
MATCHED, DANCE_ONLY, MUSIC_ONLY = 32, 15, 45  # indices of frames


def bar_under(size: tuple[int, int]) -> BeatBar:
    beats = {"dance_beats_s": DANCE_S, "music_beats_s": MUSIC_S}
    return BeatBar(size[0], font_size(*size), **beats, fps=30.0, n_frames=90)


@pytest.fixture
def clip(make_clip: ClipMaker) -> Path:
    return make_clip(size=SIZE, audio=click_track(MUSIC_S, 3.0))


@pytest.fixture
def beat_video(clip: Path, tmp_path: Path) -> Path:
    target = tmp_path / "out" / "beats.mp4"
    write_beat_video(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    return target


def test_the_video_is_the_clip_with_a_bar(clip: Path, beat_video: Path) -> None:
    with av.open(str(beat_video)) as container:
        video, audio = container.streams
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert float(video.duration * video.time_base) == pytest.approx(3.0, abs=1e-3)
    content = beat_video.read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")
    assert [path.name for path in beat_video.parent.iterdir()] == ["beats.mp4"]
    before, after = decode_video(clip), decode_video(beat_video)
    assert after.shape == (90, 240 + bar_under(SIZE).height, 320, 3)
    assert [number_of(frame[:240]) for frame in after] == list(range(90))
    assert np.abs(after[:, :240].astype(int) - before).mean() < 4.0


def test_the_audio_is_copied(clip: Path, beat_video: Path) -> None:
    audio = read_audio(beat_video)
    np.testing.assert_array_equal(audio, read_audio(clip))
    assert len(audio) == pytest.approx(3.0 * SAMPLE_RATE, abs=SAMPLE_RATE / 30)


def test_lamps_flash_at_their_beats_and_together_at_matched_beats(beat_video: Path) -> None:
    frames = decode_video(beat_video).astype(float)[:, 240:]
    bar = bar_under(SIZE)
    x = slice(bar.lamp_x - 1, bar.lamp_x + 1)
    dance, music = (
        frames[:, round(row) - 1 : round(row) + 1, x].mean(axis=(1, 2, 3)) for row in bar.rows
    )
    for lamp, lit in ((dance, [15, 30, 60]), (music, [32, 45, 75])):
        dark = np.ones(90, bool)
        for index in lit:
            assert lamp[index] > lamp[index - 3] + 80
            assert lamp[index] > lamp[index + 2] + 15 > lamp[index + 4] + 30
            dark[index - 2 : index + 6] = False
        assert lamp[dark].max() < lamp[lit].min() - 80
    middle = round(sum(bar.rows) / 2)
    green = frames[:, middle, x, 1].mean(axis=1) - frames[:, middle, x, 0].mean(axis=1)
    assert green[MATCHED] > green[[DANCE_ONLY, MUSIC_ONLY]].max() + 40


def test_rows_have_labels_in_their_colours(beat_video: Path) -> None:
    names = decode_video(beat_video)[0, 240:, : bar_under(SIZE).lamp_x // 2].astype(int)
    upper, lower = np.array_split(names, 2)
    assert (upper[..., 2] - upper[..., 0]).max() > 60
    assert (lower[..., 0] - lower[..., 2]).max() > 60


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((2560, 1440), (1920, 1080)),
        ((64, 48), (64, 48)),
    ],
)
def test_frames_keep_their_size_up_to_full_hd(
    make_clip: ClipMaker, tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    clip, target = make_clip(size=size, times=np.arange(6) / 30), tmp_path / "beats.mp4"
    write_beat_video(clip, target, dance_beats_s=np.empty(0), music_beats_s=np.array([0.1]))
    made = decode_video(target)
    assert made.shape[:3] == (6, shown[1] + bar_under(shown).height, shown[0])
    assert [number_of(frame[: shown[1]]) for frame in made] == list(range(6))
    with av.open(str(target)) as container:
        assert not container.streams.audio


def test_progress_ascends_to_one(clip: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    target = tmp_path / "beats.mp4"
    write_beat_video(
        clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S, progress=shares.append
    )
    assert shares == sorted(shares)
    assert len(shares) > 3
    assert shares[-1] == 1.0
    assert probe_clip(target).has_audio


def test_the_progress_callback_can_cancel(clip: Path, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.3:
            raise StoppedError

    target = tmp_path / "beats.mp4"
    with pytest.raises(StoppedError):
        write_beat_video(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S, progress=stop)
    assert not target.exists()
    write_beat_video(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    assert len(decode_video(target)) == 90


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100, None])
def test_files_that_are_not_clips_are_refused_with_one_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    source, target = tmp_path / "bad.mp4", tmp_path / "beats.mp4"
    if content is not None:
        source.write_bytes(content)
    target.write_bytes(b"earlier")
    with pytest.raises(VideoError) as refused:
        write_beat_video(source, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    assert str(refused.value).endswith(".")
    assert str(tmp_path) not in str(refused.value)
    assert "bad.mp4" in str(refused.value)
    assert target.read_bytes() == b"earlier"


def test_a_flash_starts_at_the_nearest_frame_and_fades_linearly() -> None:
    light = flashes(np.array([0.51, 0.995]), 30.0, 45)
    np.testing.assert_allclose(light[15:21], [1, 7 / 9, 5 / 9, 3 / 9, 1 / 9, 0], atol=1e-9)
    assert light[14] == light[29] == 0.0
    assert light[30] == 1.0
    assert not flashes(np.empty(0), 30.0, 45).any()
