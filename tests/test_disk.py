"""A disk that is full or read-only while the app runs; mounting one needs root rights."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tools.visitor import RunningApp, Visitor, run_app

pytestmark = pytest.mark.slow
QUOTAS = "quotas=RequestQuotas(free_bytes=0)"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "d2m-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a disk needs root rights")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def end_of(visitor: Visitor, clip: dict[str, object]) -> str:
    """Return the last event of a job, as the page shows it."""
    *_, last = [event.text for event in visitor.generate(clip) if event.done or event.failed]
    return last


def works(app: RunningApp, clip: Path) -> bool:
    visitor = Visitor(app.url)
    return any(event.done for event in visitor.generate(visitor.upload(clip)))


def refused(app: RunningApp, clip: Path) -> httpx.Response:
    """Return the response to an upload, which must fail."""
    with pytest.raises(httpx.HTTPStatusError) as caught:
        Visitor(app.url).upload(clip)
    return caught.value.response


def read_only(disk: Path) -> Callable[[], None]:
    remount(disk, "ro")
    return lambda: remount(disk, "rw")


def full(disk: Path) -> Callable[[], None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    return filler.unlink


def reports_a_full_disk(text: str) -> bool:
    return "no disk space" in text or "no room" in text


@pytest.mark.parametrize("block", [read_only, full])
def test_a_disk_without_room(
    disk: Path, short_clip: Path, block: Callable[[Path], Callable[[], None]]
) -> None:
    with run_app(disk, QUOTAS) as app:
        visitor = Visitor(app.url)
        clip = visitor.upload(short_clip)
        unblock = block(disk)
        try:
            text = end_of(visitor, clip)
            assert reports_a_full_disk(text)
            assert str(disk) not in text
            response = refused(app, short_clip)
            assert response.status_code == 507
            assert "no room" in response.text
            assert httpx.get(app.url).status_code == 200
        finally:
            unblock()
        assert works(app, short_clip)


def test_a_disk_that_fills_while_a_job_writes(disk: Path, short_clip: Path) -> None:
    with run_app(disk, QUOTAS) as app:
        visitor = Visitor(app.url)
        clip = visitor.upload(short_clip)
        unblock = None
        for event in visitor.generate(clip):
            if event.stage == "Tracking the dancer" and unblock is None:
                unblock = full(disk)
            text = event.text
            if event.failed:
                break
        assert unblock is not None
        assert reports_a_full_disk(text)
        unblock()
        assert works(app, short_clip)
