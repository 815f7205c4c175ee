from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import AudioError, D2MError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.clip_part import ClipPart
from d2m.media.song_file import SongLimits, read_song
from d2m.media.song_sandbox import decode_song
from tests.click_songs import clicks, write_song
from tests.torture.mp4_boxes import huge_index, with_tracks
from tests.torture.mutate import damaged


def test_the_sandbox_returns_the_same_sound(tmp_path: Path) -> None:
    path = write_song(tmp_path / "song.ogg", clicks(44_100), 44_100)
    part = ClipPart(start_s=0.5, length_s=3.2)
    song = decode_song(path, part)
    info, rate, samples = read_song(path, SongLimits(), part)
    assert (song.info, song.sample_rate, song.duration_s) == (info, rate, 3.2)
    np.testing.assert_array_equal(song.samples, samples)
    mono = decode_song(path, sample_rate=SAMPLE_RATE, is_mono=True)
    assert mono.samples.shape == (1, 4 * SAMPLE_RATE)


def test_the_sandbox_raises_the_same_error(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_text("Dear dancer, " * 100)
    with pytest.raises(AudioError) as here:
        read_song(path, SongLimits(), ClipPart())
    with pytest.raises(AudioError) as apart:
        decode_song(path)
    assert str(apart.value) == str(here.value)


def test_a_song_with_a_huge_index_is_refused_in_time(tmp_path: Path) -> None:
    path = write_song(tmp_path / "song.m4a", clicks(44_100), 44_100)
    path.write_bytes(with_tracks(huge_index(path.read_bytes(), 20_000_000), 30))
    begin = time.monotonic()
    with pytest.raises(AudioError, match=r"damaged|takes too (long|much memory)"):
        decode_song(path, cpu_s=2)
    assert time.monotonic() - begin < 40


@pytest.mark.parametrize("name", ["song.mp3", "song.m4a", "song.flac", "song.ogg"])
def test_damaged_songs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    path = write_song(tmp_path / name, clicks(44_100), 44_100)
    path.write_bytes(damaged(path.read_bytes(), seed=3)[0])
    message = ""
    try:
        song = decode_song(path, sample_rate=SAMPLE_RATE)
    except D2MError as error:
        message = str(error)
    if message:
        assert re.fullmatch(r"(The|Only) [^\n/]+\.", message)
    else:
        assert np.isfinite(song.samples).all()
        assert 2.8 < song.duration_s < 601
