"""Results of a batch in a folder and in a bucket: complete or not at all."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from d2m.core.errors import OutputError, SettingsError
from d2m.jobs.batch.storage import Storage, open_storage


@pytest.fixture(params=["folder", "file url", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a new target of each kind."""
    return {
        "folder": str(tmp_path / "out"),
        "file url": f"file://{tmp_path}/out",
        "bucket": f"memory://{uuid.uuid4().hex}/out",
    }[request.param]


@pytest.fixture
def storage(target: str) -> Storage:
    """Return the storage of a new target."""
    return open_storage(target)


def results(folder: Path, **files: str) -> Path:
    """Write the files of a clip, and return their folder."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_text_is_replaced(storage: Storage) -> None:
    assert storage.read_text("results.jsonl") is None
    for text in ("one\n", "Tänzer\n"):
        storage.write_text("results.jsonl", text)
        assert storage.read_text("results.jsonl") == text


def test_a_file_is_copied(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"rows")
    storage.write_file("results.parquet", tmp_path / "table")
    assert storage.read_text("results.parquet") == "rows"


def test_a_clip_is_finished_when_its_row_is_there(storage: Storage, tmp_path: Path) -> None:
    assert storage.list_ids() == set()
    storage.publish(results(tmp_path / "a", row_json="{}", music_wav="sound"), "a")
    storage.write_text("b/music.wav", "its row was not written")
    storage.write_text("results.jsonl", "")
    assert storage.list_ids() == {"a"}
    assert storage.read_text("a/music.wav") == "sound"


def test_published_files_replace_all_earlier_ones(storage: Storage, tmp_path: Path) -> None:
    storage.publish(results(tmp_path / "1", row_json="failed", log_txt="why"), "a")
    storage.publish(results(tmp_path / "2", row_json="ok", music_wav="sound"), "a")
    assert storage.read_text("a/row.json") == "ok"
    assert storage.read_text("a/music.wav") == "sound"
    assert storage.read_text("a/log.txt") is None


def test_lines_are_appended_by_one_process_after_another(target: str) -> None:
    for line in ("first", "second"):
        storage = open_storage(target)
        storage.append_line("results.jsonl", line)
        storage.flush()
    storage.append_line("results.jsonl", "third")
    storage.flush()
    assert open_storage(target).read_text("results.jsonl") == "first\nsecond\nthird\n"


def test_a_torn_line_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text('{"id": "a"}\n{"id": "b')
    open_storage(str(tmp_path)).append_line("results.jsonl", '{"id": "c"}')
    assert (tmp_path / "results.jsonl").read_text() == '{"id": "a"}\n{"id": "c"}\n'


def test_nothing_is_left_beside_the_results(tmp_path: Path) -> None:
    out = tmp_path / "out"
    storage = open_storage(str(out))
    left = out / ".parts" / "a~0123"  # what a process left that was killed while it published
    left.mkdir(parents=True)
    (left / "music.wav").write_text("half")
    storage.publish(results(tmp_path / "a", row_json="{}"), "a")
    storage.publish(results(tmp_path / "again", row_json="{}"), "a")
    storage.write_text("results.jsonl", "")
    assert sorted(path.name for path in out.iterdir()) == ["a", "results.jsonl"]
    assert [path.name for path in (out / "a").iterdir()] == ["row.json"]


def test_what_is_incomplete_for_another_clip_stays(tmp_path: Path) -> None:
    other = tmp_path / ".parts" / "ab~0123"
    other.mkdir(parents=True)
    storage = open_storage(str(tmp_path))
    storage.publish(results(tmp_path / "new", row_json="{}"), "a")
    assert other.exists()


def test_a_target_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="a file has that name"):
        open_storage(str(tmp_path / "out"))


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(SettingsError, match="pip install adlfs"):
        open_storage("abfs://container/results")
    with pytest.raises(SettingsError, match="dance:// are unknown"):
        open_storage("dance://bucket/results")
