from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.errors import VideoError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio
from d2m.media.clip import probe
from d2m.rendering.beat_bar import BeatBar, flashes, letter_size
from d2m.rendering.beat_video import beat_overlay
from tests.media.conftest import ClipMaker, click_track, number_of

SIZE = (320, 240)
DANCE_S, MUSIC_S = np.array([0.5, 1.0, 2.0]), np.array([1.05, 1.5, 2.5])
MET, DANCE_ALONE, MUSIC_ALONE = 32, 15, 45  # numbers of pictures


def decoded(path: Path) -> np.ndarray:
    """Return all pictures of a video (F, H, W, 3)."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def bar_under(size: tuple[int, int]) -> BeatBar:
    beats = {"dance_beats_s": DANCE_S, "music_beats_s": MUSIC_S}
    return BeatBar(size[0], letter_size(*size), **beats, fps=30.0, n_pictures=90)


@pytest.fixture
def clip(make_clip: ClipMaker) -> Path:
    return make_clip(size=SIZE, sound=click_track(MUSIC_S, 3.0))


@pytest.fixture
def overlaid(clip: Path, tmp_path: Path) -> Path:
    target = tmp_path / "out" / "beats.mp4"
    beat_overlay(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    return target


def test_the_video_is_the_clip_with_a_bar(clip: Path, overlaid: Path) -> None:
    with av.open(str(overlaid)) as container:
        video, audio = container.streams
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert float(video.duration * video.time_base) == pytest.approx(3.0, abs=1e-3)
    content = overlaid.read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")
    assert [path.name for path in overlaid.parent.iterdir()] == ["beats.mp4"]
    before, after = decoded(clip), decoded(overlaid)
    assert after.shape == (90, 240 + bar_under(SIZE).height, 320, 3)
    assert [number_of(picture[:240]) for picture in after] == list(range(90))
    assert np.abs(after[:, :240].astype(int) - before).mean() < 4.0


def test_the_sound_is_untouched(clip: Path, overlaid: Path) -> None:
    sound = read_audio(overlaid)
    np.testing.assert_array_equal(sound, read_audio(clip))
    assert len(sound) == pytest.approx(3.0 * SAMPLE_RATE, abs=SAMPLE_RATE / 30)


def test_lamps_flash_at_their_beats_and_together_where_beats_meet(overlaid: Path) -> None:
    pictures = decoded(overlaid).astype(float)[:, 240:]
    bar = bar_under(SIZE)
    x = slice(bar.lamp_x - 1, bar.lamp_x + 1)
    dance, music = (
        pictures[:, round(row) - 1 : round(row) + 1, x].mean(axis=(1, 2, 3)) for row in bar.rows
    )
    for lamp, lit in ((dance, [15, 30, 60]), (music, [32, 45, 75])):
        dark = np.ones(90, bool)
        for index in lit:
            assert lamp[index] > lamp[index - 3] + 80
            assert lamp[index] > lamp[index + 2] + 15 > lamp[index + 4] + 30
            dark[index - 2 : index + 6] = False
        assert lamp[dark].max() < lamp[lit].min() - 80
    middle = round(sum(bar.rows) / 2)
    green = pictures[:, middle, x, 1].mean(axis=1) - pictures[:, middle, x, 0].mean(axis=1)
    assert green[MET] > green[[DANCE_ALONE, MUSIC_ALONE]].max() + 40


def test_rows_have_names_in_their_colours(overlaid: Path) -> None:
    names = decoded(overlaid)[0, 240:, : bar_under(SIZE).lamp_x // 2].astype(int)
    upper, lower = np.array_split(names, 2)
    assert (upper[..., 2] - upper[..., 0]).max() > 60
    assert (lower[..., 0] - lower[..., 2]).max() > 60


@pytest.mark.parametrize(
    ("size", "shown"), [((1920, 1080), (1280, 720)), ((64, 48), (64, 48)), ((480, 864), (480, 864))]
)
def test_large_pictures_are_reduced(
    make_clip: ClipMaker, tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    clip, target = make_clip(size=size, times=np.arange(12) / 30), tmp_path / "beats.mp4"
    beat_overlay(clip, target, dance_beats_s=np.empty(0), music_beats_s=np.array([0.1]))
    made = decoded(target)
    assert made.shape[:3] == (12, shown[1] + bar_under(shown).height, shown[0])
    assert [number_of(picture[: shown[1]]) for picture in made] == list(range(12))
    with av.open(str(target)) as container:
        assert not container.streams.audio


def test_progress_ascends_to_one(clip: Path, tmp_path: Path) -> None:
    told: list[float] = []
    target = tmp_path / "beats.mp4"
    beat_overlay(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == 1.0
    assert probe(target).has_audio


def test_whoever_watches_the_progress_may_stop_it(clip: Path, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.3:
            raise StoppedError

    target = tmp_path / "beats.mp4"
    with pytest.raises(StoppedError):
        beat_overlay(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S, progress=stop)
    assert not target.exists()
    beat_overlay(clip, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    assert len(decoded(target)) == 90


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100, None])
def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    source, target = tmp_path / "bad.mp4", tmp_path / "beats.mp4"
    if content is not None:
        source.write_bytes(content)
    target.write_bytes(b"earlier")
    with pytest.raises(VideoError) as refused:
        beat_overlay(source, target, dance_beats_s=DANCE_S, music_beats_s=MUSIC_S)
    assert str(refused.value).endswith(".")
    assert str(tmp_path) not in str(refused.value)
    assert "bad.mp4" in str(refused.value)
    assert target.read_bytes() == b"earlier"


def test_a_flash_starts_at_the_nearest_picture_and_falls_evenly() -> None:
    light = flashes(np.array([0.51, 0.995]), 30.0, 45)
    np.testing.assert_allclose(light[15:21], [1, 7 / 9, 5 / 9, 3 / 9, 1 / 9, 0], atol=1e-9)
    assert light[14] == light[29] == 0.0
    assert light[30] == 1.0
    assert not flashes(np.empty(0), 30.0, 45).any()
