from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from d2m.core.errors import VideoError
from d2m.media.probe import Part, examine
from d2m.media.probe_sandbox import examine_apart
from d2m.media.safe_open import ClipLimits, shown
from tests.media.conftest import ClipMaker, click_track
from tests.torture.boxes import endless_index, with_tracks

LIMITS = ClipLimits()


def test_it_finds_what_examining_finds(make_clip: ClipMaker) -> None:
    clip = make_clip("clip.mkv", size=(96, 64), sound=click_track([1.0], 3.0))
    for part in (Part(), Part(start_s=0.7, length_s=2.1)):
        assert examine_apart(clip, LIMITS, part) == examine(clip, LIMITS, part)


def test_refusals_come_through(make_clip: ClipMaker, tmp_path: Path) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear dancer, " * 100)
    for clip, limits in ((letter, LIMITS), (make_clip(), ClipLimits(max_frames=20))):
        with pytest.raises(VideoError) as here:
            examine(clip, limits)
        with pytest.raises(VideoError) as apart:
            examine_apart(clip, limits, Part())
        assert str(apart.value) == str(here.value)


def test_an_endless_index_is_given_up(make_clip: ClipMaker) -> None:
    clip = make_clip()
    clip.write_bytes(with_tracks(endless_index(clip.read_bytes(), 20_000_000), 30))
    begin = time.monotonic()
    with pytest.raises(VideoError, match="takes too long: save it anew") as caught:
        examine_apart(clip, LIMITS, Part(), cpu_s=1)
    assert time.monotonic() - begin < 20
    assert str(clip.parent) not in str(caught.value)


def test_relative_and_odd_names_are_found(
    make_clip: ClipMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip()
    monkeypatch.chdir(tmp_path)
    for name in ("one\ntwo.mp4", "💃.mp4", os.fsdecode(b"caf\xe9.mp4"), "-i.mp4"):
        clip = clip.rename(name)
        assert examine_apart(Path(name), LIMITS, Part()).info.duration_s == pytest.approx(3.0)


def test_names_are_shown_on_one_line() -> None:
    assert shown(Path("a/one\ntwo\x1b[31m.mp4")) == "one?two?[31m.mp4"
    assert shown(Path(os.fsdecode(b"caf\xe9.mp4"))) == "caf?.mp4"
    assert shown(Path("\u202e4pm.exe")) == "?4pm.exe"
    assert shown(Path("n" * 300 + ".mp4")) == "n" * 30 + "…" + "n" * 26 + ".mp4"
    with pytest.raises(VideoError, match=r"no file named n+…n+\.mp4"):
        examine(Path("n" * 300 + ".mp4"), LIMITS)
