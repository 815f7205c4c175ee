"""The disk cache: filled once, complete or not at all, bounded, shared by processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from d2m.media.disk_cache import DiskCache, remove_abandoned

KB = 1000


def writer(size: int = KB, made: list[int] | None = None):
    """Return a function that fills an entry with a file of a size (bytes) and returns it."""

    def create(folder: Path) -> int:
        (folder / "data").write_bytes(bytes(size))
        if made is not None:
            made.append(size)
        return size

    return create


def test_an_entry_is_created_once_and_what_was_made_is_returned(tmp_path):
    made: list[int] = []
    for expected in (KB, None):
        entry, created = DiskCache(tmp_path).get_or_create("key", writer(made=made))
        assert created == expected
        assert (entry.path / "data").stat().st_size == KB
    assert len(made) == 1


def test_a_failed_creation_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "data").write_bytes(b"half")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        DiskCache(tmp_path).get_or_create("key", fail)
    assert not list(tmp_path.iterdir())


def test_the_least_recently_used_entries_are_removed_when_the_cache_is_too_large(tmp_path):
    cache = DiskCache(tmp_path, max_bytes=5 * KB // 2)
    for age, key in enumerate("cba"):
        entry, _ = cache.get_or_create(key, writer())
        os.utime(entry.path, (time.time() - 60 + age,) * 2)
        del entry
    cache.tidy()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_old_entries_are_removed_but_not_those_in_use(tmp_path):
    cache = DiskCache(tmp_path, max_age_s=10)
    kept, lost = (cache.get_or_create(key, writer())[0] for key in ("kept", "lost"))
    for entry in (kept, lost):
        os.utime(entry.path, (time.time() - 60,) * 2)
    del entry, lost
    cache.tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    del kept
    cache.tidy()
    assert not list(tmp_path.iterdir())


def test_another_process_does_not_remove_an_entry_in_use(tmp_path):
    entry, _ = DiskCache(tmp_path).get_or_create("key", writer())
    program = (
        "import sys; from pathlib import Path; from d2m.media.disk_cache import DiskCache; "
        "DiskCache(Path(sys.argv[1]), max_bytes=0).tidy()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, check=True)
    assert (entry.path / "data").exists()
    del entry
    subprocess.run(command, check=True)
    assert not list(tmp_path.iterdir())


def test_two_that_create_the_same_key_share_the_first_entry(tmp_path):
    cache = DiskCache(tmp_path)

    def slow(folder: Path) -> None:
        assert DiskCache(tmp_path).get_or_create("key", writer())[0].path.exists()
        writer(2 * KB)(folder)

    entry, _ = cache.get_or_create("key", slow)
    assert (entry.path / "data").stat().st_size == KB
    assert not list(tmp_path.glob(".part-*"))


def test_only_abandoned_entries_are_removed(tmp_path):
    dead = tmp_path / ".part-dead"
    dead.mkdir()

    def create(folder: Path) -> None:
        remove_abandoned(tmp_path)
        assert not dead.exists()
        writer()(folder)

    assert (DiskCache(tmp_path).get_or_create("key", create)[0].path / "data").exists()


def test_a_temporary_cache_is_removed_with_its_entries():
    entry, _ = DiskCache.temporary().get_or_create("key", writer())
    folder = entry.path.parent
    assert (entry.path / "data").exists()
    del entry
    assert not folder.exists()
