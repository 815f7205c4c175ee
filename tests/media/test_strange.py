"""Clips that were once read wrongly."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from d2m.media import audio_track
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, probe, read_frames
from d2m.media.frames import Upright
from tests.media.conftest import ClipMaker, click_track, first_loud, number_of
from tests.torture.boxes import TRACK, patched


def ffmpeg(*arguments: object) -> None:
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def test_what_an_edit_list_cuts_off_is_decoded_and_not_shown(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    source = make_clip(
        times=np.arange(120) / 30, sound=click_track([2.0], 4.0), encoder={"g": "200"}
    )
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", 0.8, "-i", source, "-c", "copy", cut)
    info = normalise(cut, tmp_path / "copy.mp4")
    assert info.duration_s == pytest.approx(3.2, abs=0.05)
    shown = [number_of(picture) for _, picture in read_frames(tmp_path / "copy.mp4")]
    assert shown == list(range(24, 120))
    assert first_loud(read_audio(tmp_path / "copy.mp4"), 22_050) == pytest.approx(1.2, abs=0.03)
    part = normalise(cut, tmp_path / "part.mp4", start_s=1.0, length_s=2.1)
    shown = [number_of(picture) for _, picture in read_frames(tmp_path / "part.mp4")]
    assert part.duration_s == pytest.approx(2.1, abs=0.05)
    assert shown == list(range(54, 54 + len(shown)))


def test_a_display_matrix_of_zeros_turns_nothing(make_clip: ClipMaker) -> None:
    clip = make_clip(size=(96, 48))
    clip.write_bytes(patched(clip.read_bytes(), (*TRACK, "tkhd"), 40, bytes(36)))
    assert (probe(clip).width, probe(clip).height) == (96, 48)


@pytest.mark.parametrize("first", ["mono", "stereo"])
def test_sound_may_change_its_channels_on_the_way(tmp_path: Path, first: str) -> None:
    parts = []
    for channels in (1, 2) if first == "mono" else (2, 1):
        parts.append(tmp_path / f"{channels}.mp3")
        tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1.5")
        ffmpeg(*tone, "-ac", channels, "-ar", 44_100, "-write_xing", 0, parts[-1])
    both = tmp_path / "both.mp3"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    for channels in (1, 2):
        with av.open(str(both)) as container:
            got = audio_track.decode_sound(
                container,
                container.streams.audio[0],
                sample_rate=44_100,
                channels=channels,
                start_s=None,
                max_s=10.0,
            )
        assert got.shape == (channels, pytest.approx(3.0 * 44_100, rel=0.05))
        assert np.abs(got[:, 20_000:50_000]).max() > 0.05
        assert np.abs(got[:, 90_000:120_000]).max() > 0.05


def test_stamps_that_stand_still_do_not_make_sound_endless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=60", "-c:a", "aac", clip)
    data = clip.read_bytes()
    at = data.index(b"stts") + 12
    assert int.from_bytes(data[at + 4 : at + 8], "big") == 1024
    clip.write_bytes(data[: at + 4] + bytes(4) + data[at + 8 :])
    decoded = 0
    resampled = audio_track._resampled

    def counted(*arguments: Any) -> Iterator[Any]:
        nonlocal decoded
        for _, samples in resampled(*arguments):
            decoded += samples.shape[1]
            yield 0.0, samples

    monkeypatch.setattr(audio_track, "_resampled", counted)
    with av.open(str(clip)) as container:
        got = audio_track.decode_sound(
            container,
            container.streams.audio[0],
            sample_rate=44_100,
            channels=1,
            start_s=0.0,
            max_s=2.0,
        )
    assert got.shape[1] <= 2 * 44_100
    assert decoded < 10 * 44_100


def test_sound_of_a_sample_a_second_is_left_out(make_clip: ClipMaker, tmp_path: Path) -> None:
    clip = tmp_path / "slow.mov"
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3:sample_rate=8000")
    ffmpeg("-i", make_clip(), *tone, "-c:v", "copy", "-c:a", "pcm_s16le", "-ar", 1, clip)
    assert not normalise(clip, tmp_path / "copy.mp4").has_audio


def test_ever_new_shapes_cost_no_memory() -> None:
    upright = Upright(64, 64, "rgb24", 1.0)
    for width in range(16, 64, 2):
        frame = av.VideoFrame.from_ndarray(np.full((64, width, 3), 255, np.uint8), "rgb24")
        frame.time_base = Fraction(1, 30)
        assert upright(frame).to_ndarray().shape == (64, 64, 3)
    assert len(upright._graphs) <= 8


@pytest.mark.parametrize(("flip", "mirrored"), [("hflip", np.fliplr), ("vflip", np.flipud)])
def test_pictures_that_are_to_be_mirrored_are(
    make_clip: ClipMaker, tmp_path: Path, flip: str, mirrored: Any
) -> None:
    picture = np.zeros((48, 96, 3), np.uint8)
    picture[:20, :40] = (230, 30, 30)
    source, marked = make_clip(pictures=[picture] * 90), tmp_path / "marked.mp4"
    ffmpeg(f"-display_{flip}", "-i", source, "-c", "copy", marked)
    normalise(marked, tmp_path / "copy.mp4")
    _, got = next(read_frames(tmp_path / "copy.mp4"))
    assert np.abs(got.astype(int) - mirrored(picture)).mean() < 6
