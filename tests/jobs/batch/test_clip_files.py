"""Clips of a folder, a pattern, a bucket or a web server."""

from __future__ import annotations

import http.server
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from d2m.core.errors import JobError, SettingsError, VideoError
from d2m.jobs.batch.clip_files import fetch_clip, list_clips

NAMES = ("b.mp4", "a.MOV", "notes.txt", ".hidden.mp4", "more/c.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with files that are named as clips, and others."""
    for name in NAMES:
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "clips"


@pytest.fixture
def bucket() -> str:
    """Return the URL of a bucket with the same files."""
    url = f"memory://{uuid.uuid4().hex}/clips"
    for name in NAMES:
        with fsspec.open(f"{url}/{name}", "wb") as file:
            file.write(name.encode())
    return url


@pytest.fixture
def web_server(folder: Path) -> Iterator[str]:
    """Serve the folder, and return its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_clips_of_a_folder_are_listed(folder: Path) -> None:
    assert list_clips(str(folder)) == [str(folder / "a.MOV"), str(folder / "b.mp4")]
    everywhere = list_clips(f"{folder}/**/*.mp4")
    assert everywhere == [str(folder / "b.mp4"), str(folder / "more/c.mp4")]
    assert list_clips(str(folder / "b.mp4")) == [str(folder / "b.mp4")]


def test_the_clips_of_a_bucket_are_listed(bucket: str) -> None:
    assert [url.rpartition("/")[2] for url in list_clips(bucket)] == ["a.MOV", "b.mp4"]
    everywhere = list_clips(f"{bucket}/**/*.mp4")
    assert [url.rpartition("/")[2] for url in everywhere] == ["b.mp4", "c.mp4"]
    assert all(url.startswith("memory://") for url in everywhere)
    assert list_clips(f"{bucket}/b.mp4") == [f"{bucket}/b.mp4"]


@pytest.mark.parametrize("source", ["missing", "missing/*.mp4", "memory://missing/clips"])
def test_a_source_without_clips_is_refused(source: str) -> None:
    with pytest.raises(SettingsError, match=r"There is no clip in .*missing"):
        list_clips(source)


def test_a_local_clip_is_not_copied(folder: Path, tmp_path: Path) -> None:
    for source in (str(folder / "b.mp4"), f"file://{folder}/b.mp4"):
        assert fetch_clip(source, tmp_path, 1) == folder / "b.mp4"
    with pytest.raises(VideoError, match="There is no file"):
        fetch_clip(str(folder / "missing.mp4"), tmp_path, 1)


def test_a_remote_clip_is_downloaded(bucket: str, web_server: str, tmp_path: Path) -> None:
    for url in (f"{bucket}/b.mp4", f"{web_server}/b.mp4?version=2"):
        path = fetch_clip(url, tmp_path, 5)
        assert path == tmp_path / "b.mp4"
        assert path.read_bytes() == b"b.mp4"
        path.unlink()


def test_a_download_is_bounded(bucket: str, web_server: str, tmp_path: Path) -> None:
    for url in (f"{bucket}/b.mp4", f"{web_server}/b.mp4"):
        with pytest.raises(VideoError, match="larger than 0 MB"):
            fetch_clip(url, tmp_path, 4)
    assert not [*tmp_path.glob("*.mp4")]


def test_a_missing_remote_clip_is_refused(bucket: str, web_server: str, tmp_path: Path) -> None:
    for url in (f"{bucket}/missing.mp4", f"{web_server}/missing.mp4"):
        with pytest.raises(VideoError, match="There is no file"):
            fetch_clip(url, tmp_path, 4)


def test_a_server_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="can't be downloaded"):
        fetch_clip("http://127.0.0.1:1/a.mp4", tmp_path, 4)


def test_the_name_of_a_download_is_safe(web_server: str, folder: Path, tmp_path: Path) -> None:
    (folder / "..ä b$.mp4").write_bytes(b"")
    path = fetch_clip(f"{web_server}/..%C3%A4%20b%24.mp4", tmp_path, 4)
    assert path.parent == tmp_path
    assert path.name == "ä_b.mp4"
