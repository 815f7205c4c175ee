"""A disk that fills or can't be written on while the app runs; mounting one needs rights."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tools.visitor import Serving, Visitor, serving

pytestmark = pytest.mark.slow
BODIES = "bodies=RequestQuotas(free_bytes=0)"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk of memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "d2m-test", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount disks here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def end_of(visitor: Visitor, clip: dict[str, object]) -> str:
    """Return how a job ended, as the page says it."""
    *_, last = [news.text for news in visitor.generate(clip) if news.done or news.failed]
    return last


def works(app: Serving, clip: Path) -> bool:
    visitor = Visitor(app.url)
    return any(news.done for news in visitor.generate(visitor.upload(clip)))


def refused(app: Serving, clip: Path) -> httpx.Response:
    """Return the answer to an upload that must not succeed."""
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


@pytest.mark.parametrize("spoil", [read_only, full])
def test_no_writing(
    disk: Path, short_clip: Path, spoil: Callable[[Path], Callable[[], None]]
) -> None:
    with serving(disk, BODIES) as app:
        visitor = Visitor(app.url)
        clip = visitor.upload(short_clip)
        mend = spoil(disk)
        try:
            told = end_of(visitor, clip)
            assert "no room" in told
            assert str(disk) not in told
            answer = refused(app, short_clip)
            assert answer.status_code == 507
            assert "no room" in answer.text
            assert httpx.get(app.url).status_code == 200
        finally:
            mend()
        assert works(app, short_clip)


def test_a_disk_that_fills_while_a_job_writes(disk: Path, short_clip: Path) -> None:
    with serving(disk, BODIES) as app:
        visitor = Visitor(app.url)
        clip = visitor.upload(short_clip)
        mend = None
        for news in visitor.generate(clip):
            if news.stage == "Following the dancer" and mend is None:
                mend = full(disk)
            told = news.text
            if news.failed:
                break
        assert mend is not None
        assert "no room" in told
        mend()
        assert works(app, short_clip)
