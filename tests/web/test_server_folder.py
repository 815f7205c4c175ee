"""The folder of a server: it is removed with the server, and old files are removed from it."""

from __future__ import annotations

import time
from pathlib import Path

from d2m.web.server_folder import ServerFolder


def test_a_folder_is_removed_with_its_server_but_not_those_of_other_servers(
    tmp_path: Path,
) -> None:
    dead = tmp_path / "d2m-server-dead"
    (dead / "uploads" / "a").mkdir(parents=True)
    with ServerFolder(keep_s=60, parent=tmp_path) as first:
        assert not dead.exists()
        with ServerFolder(keep_s=60, parent=tmp_path) as second:
            assert first.path.exists()
            assert second.path != first.path
        assert {*tmp_path.iterdir()} == {first.path}
    assert not list(tmp_path.iterdir())


def test_links_are_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "d2m-server-link").symlink_to(target)
    with ServerFolder(keep_s=60, parent=tmp_path):
        assert target.exists()


def test_old_clips_are_removed_and_examples_are_kept(tmp_path: Path) -> None:
    with ServerFolder(keep_s=0.3, parent=tmp_path) as folder:
        (folder.uploads / "example").mkdir()
        (folder.uploads / "example" / "dance.mp4").touch()
        folder.settle()
        (folder.uploads / "clip").mkdir()
        (folder.uploads / "clip" / "dance.mp4").touch()
        (folder.uploads / "tmp1").touch()
        folder.tidy()
        assert folder.usage().files == 5
        folder.keep_tidy(0.05)
        deadline = time.monotonic() + 10
        while folder.usage().files > 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [p.name for p in folder.uploads.rglob("*")] == ["example", "dance.mp4"]
