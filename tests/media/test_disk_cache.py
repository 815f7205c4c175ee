import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from d2m.media.disk_cache import DiskCache, sweep

KB = 1000


def filler(size: int = KB, made: list[int] | None = None):
    def fill(folder: Path) -> None:
        (folder / "data").write_bytes(bytes(size))
        if made is not None:
            made.append(size)

    return fill


def test_an_entry_is_filled_once(tmp_path):
    made: list[int] = []
    for _ in range(2):
        entry = DiskCache(tmp_path).entry("key", filler(made=made))
        assert (entry.path / "data").stat().st_size == KB
    assert len(made) == 1


def test_what_fails_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "data").write_bytes(b"half")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        DiskCache(tmp_path).entry("key", fail)
    assert not list(tmp_path.iterdir())


def test_the_longest_unused_go_when_it_is_too_much(tmp_path):
    store = DiskCache(tmp_path, max_bytes=5 * KB // 2)
    for age, key in enumerate("cba"):
        entry = store.entry(key, filler())
        os.utime(entry.path, (time.time() - 60 + age,) * 2)
        del entry
    store.tidy()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_old_entries_go_but_not_those_in_use(tmp_path):
    store = DiskCache(tmp_path, max_age_s=10)
    kept, lost = store.entry("kept", filler()), store.entry("lost", filler())
    for entry in (kept, lost):
        os.utime(entry.path, (time.time() - 60,) * 2)
    del entry, lost
    store.tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    del kept
    store.tidy()
    assert not list(tmp_path.iterdir())


def test_another_process_does_not_take_what_is_in_use(tmp_path):
    entry = DiskCache(tmp_path).entry("key", filler())
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


def test_two_who_fill_the_same_key_agree(tmp_path):
    store = DiskCache(tmp_path)

    def slow(folder: Path) -> None:
        assert DiskCache(tmp_path).entry("key", filler()).path.exists()
        filler(2 * KB)(folder)

    entry = store.entry("key", slow)
    assert (entry.path / "data").stat().st_size == KB
    assert not list(tmp_path.glob(".part-*"))


def test_only_the_dead_are_swept(tmp_path):
    dead = tmp_path / ".part-dead"
    dead.mkdir()

    def fill(folder: Path) -> None:
        sweep(tmp_path)
        assert not dead.exists()
        filler()(folder)

    assert (DiskCache(tmp_path).entry("key", fill).path / "data").exists()


def test_a_temporary_store_goes_with_its_entries():
    entry = DiskCache.temporary().entry("key", filler())
    folder = entry.path.parent
    assert (entry.path / "data").exists()
    del entry
    assert not folder.exists()
