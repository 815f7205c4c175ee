"""Folders for results are checked before the work, and left as they were."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from d2m.core.errors import OutputError
from d2m.core.output_folder import usable_output


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=17m", "d2m-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a disk needs root rights")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["new", "a/b/c", ".", "old", "ümläut 日本", "\udcff"])
def test_a_folder_that_can_be_used_is_left_as_it_was(tmp_path: Path, name: str) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "song.wav").touch()
    before = names(tmp_path)
    assert usable_output(tmp_path / name) == tmp_path / name
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("letter.txt", "a file has that name"),
        ("letter.txt/out", "a part of its path is a file"),
        ("new/" + "n" * 256, "its name is too long"),
        ("/".join(["n" * 200] * 21), "its name is too long"),
        ("a\0b", "null character"),
        ("circle", "its links lead in a circle"),
        ("circle/out", "its links lead in a circle"),
        ("nowhere", "a file has that name"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "letter.txt").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone" / "far")
    before = names(tmp_path)
    with pytest.raises(OutputError, match=reason) as caught:
        usable_output(tmp_path / name)
    assert names(tmp_path) == before
    assert str(tmp_path) not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_folder_of_the_system_is_refused() -> None:
    with pytest.raises(OutputError, match="can't be used"):
        usable_output(Path("/proc/d2m/out"))


def test_a_full_and_a_read_only_disk_are_told(small_disk: Path) -> None:
    usable_output(small_disk / "out")
    (small_disk / "filler").write_bytes(bytes(4 << 20))
    with pytest.raises(OutputError, match="no disk space left"):
        usable_output(small_disk / "out")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OutputError, match="its disk is read-only"):
        usable_output(small_disk / "out")
    assert names(small_disk) == ["filler"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError, match="you may not write there"):
        usable_output(tmp_path / "out")
    tmp_path.chmod(0o755)
