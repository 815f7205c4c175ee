from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from d2m.core.errors import VideoError
from d2m.media.clip_limits import ClipLimits, display_name
from d2m.media.probe import ClipPart, probe_file
from d2m.media.probe_sandbox import probe_in_sandbox
from tests.clips import ClipMaker, click_track
from tests.torture.mp4_boxes import huge_index, with_tracks

LIMITS = ClipLimits()


def test_the_sandbox_returns_the_same_result(make_clip: ClipMaker) -> None:
    clip = make_clip("clip.mkv", size=(96, 64), audio=click_track([1.0], 3.0))
    for part in (ClipPart(), ClipPart(start_s=0.7, length_s=2.1)):
        assert probe_in_sandbox(clip, LIMITS, part) == probe_file(clip, LIMITS, part)


def test_the_sandbox_raises_the_same_errors(make_clip: ClipMaker, tmp_path: Path) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear dancer, " * 100)
    for clip, limits in ((letter, LIMITS), (make_clip(), ClipLimits(max_frames=20))):
        with pytest.raises(VideoError) as here:
            probe_file(clip, limits)
        with pytest.raises(VideoError) as apart:
            probe_in_sandbox(clip, limits, ClipPart())
        assert str(apart.value) == str(here.value)


def test_a_clip_with_a_huge_index_is_refused_in_time(make_clip: ClipMaker) -> None:
    clip = make_clip()
    clip.write_bytes(with_tracks(huge_index(clip.read_bytes(), 20_000_000), 30))
    begin = time.monotonic()
    with pytest.raises(VideoError, match="takes too long: save it again") as caught:
        probe_in_sandbox(clip, LIMITS, ClipPart(), cpu_s=1)
    assert time.monotonic() - begin < 20
    assert str(clip.parent) not in str(caught.value)


def test_clips_with_relative_and_unusual_names_are_found(
    make_clip: ClipMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip()
    monkeypatch.chdir(tmp_path)
    for name in ("one\ntwo.mp4", "💃.mp4", os.fsdecode(b"caf\xe9.mp4"), "-i.mp4"):
        clip = clip.rename(name)
        assert probe_in_sandbox(Path(name), LIMITS, ClipPart()).info.duration_s == pytest.approx(
            3.0
        )


def test_names_are_displayed_on_one_line() -> None:
    assert display_name(Path("a/one\ntwo\x1b[31m.mp4")) == "one?two?[31m.mp4"
    assert display_name(Path(os.fsdecode(b"caf\xe9.mp4"))) == "caf?.mp4"
    assert display_name(Path("\u202e4pm.exe")) == "?4pm.exe"
    assert display_name(Path("n" * 300 + ".mp4")) == "n" * 30 + "…" + "n" * 26 + ".mp4"
    with pytest.raises(VideoError, match=r"no file named n+…n+\.mp4"):
        probe_file(Path("n" * 300 + ".mp4"), LIMITS)


def test_a_child_without_a_request_ends_quietly() -> None:
    # So ends a command that was interrupted between the start of the child and its request.
    command = [sys.executable, "-c", "from d2m.media.probe_sandbox import main; main()"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
