"""Files, folders and patterns that a command is given become clips with folders of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from d2m.core.errors import SettingsError, VideoError
from d2m.jobs.given_clips import do_each_clip, given_clips, result_folders


@pytest.fixture
def dances(tmp_path: Path) -> Path:
    """Return a folder with empty files."""
    for name in ("b.MOV", "a.mp4", ".hidden.mp4", "notes.txt", "more/c.webm", "out/a.high.mp4"):
        path = tmp_path / "dances" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "dances"


def names(clips: list[Path]) -> list[str]:
    return [clip.name for clip in clips]


def test_folders_and_patterns_are_listed_and_files_are_kept(dances: Path) -> None:
    out = dances / "out"
    assert names(given_clips([dances], out)) == ["a.mp4", "b.MOV"]
    assert names(given_clips([dances / "**" / "*.[mw]*"], out)) == ["a.mp4", "c.webm"]
    assert given_clips([Path("lost.mp4"), dances / "notes.txt"], out) == [
        Path("lost.mp4"),
        dances / "notes.txt",
    ]


def test_a_clip_that_is_named_twice_is_done_once(dances: Path) -> None:
    clips = given_clips([dances / "a.mp4", dances, dances / "*.mp4"], dances / "out")
    assert names(clips) == ["a.mp4", "b.MOV"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(dances: Path) -> None:
    clip = dances / "solo [2].mp4"
    clip.touch()
    assert given_clips([clip], dances / "out") == [clip]


@pytest.mark.parametrize("name", ["more/empty", "*.avi"])
def test_a_folder_or_a_pattern_without_clips_is_refused(dances: Path, name: str) -> None:
    (dances / "more" / "empty").mkdir()
    with pytest.raises(SettingsError, match="There is no clip in"):
        given_clips([dances / name], dances / "out")


def test_several_clips_get_folders_with_different_names() -> None:
    out = Path("out")
    assert result_folders([Path("a.mp4")], out) == [out]
    clips = [Path(name) for name in ("a.mp4", "b.mp4", "x/A.mov", "y/a.mov", "y/b.mp4")]
    folders = [str(folder) for folder in result_folders(clips, out)]
    assert folders == ["out/a.mp4", "out/b.mp4", "out/A.mov", "out/a.mov-2", "out/b.mp4-2"]


def test_a_clip_that_cannot_be_used_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import typer

    done: list[str] = []

    def work(clip: Path, folder: Path) -> None:
        if clip.stem == "two":
            raise VideoError("two.mp4 is damaged: send it again.")
        done.append(f"{clip} {folder}")

    clips = [Path("one.mp4"), Path("two.mp4"), Path("three.mp4")]
    with pytest.raises(typer.Exit) as end:
        do_each_clip(clips, Path("out"), work)
    assert end.value.exit_code == 1
    assert done == ["one.mp4 out/one", "three.mp4 out/three"]
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "one.mp4 (1 of 3)",
        "two.mp4 (2 of 3)",
        "d2m: two.mp4 is damaged: send it again.",
        "three.mp4 (3 of 3)",
        "d2m: 1 of 3 clips have no music.",
    ]
