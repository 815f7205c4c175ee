"""Short real clips, the app as users start it, a real browser, and how tests run in parallel."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from d2m.core.librosa_loader import load_librosa

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# Compiled modules are kept, whatever the environment says: compiling all tests takes 15 s of each
# process that runs tests, and compiling the project a part of a second of each that they start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The servers of tests have one worker process each, which does no job at its start.
for name, value in {"D2M_REHEARSE": "0", "D2M_JOBS_AT_ONCE": "1"}.items():
    os.environ.setdefault(name, value)
IN_PARALLEL = "PYTEST_XDIST_WORKER" in os.environ
if IN_PARALLEL:
    # Threads of several processes that wait for each other on few cores cost twice the time.
    # NumPy and torch read these when they are imported; servers that tests start inherit them.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
CHROMIUM = Path("/usr/bin/chromium")
BROWSER_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--autoplay-policy=no-user-gesture-required",
)


PAGE_TESTS = (
    *("tests/browser/", "tests/test_app.py", "tests/test_readme.py", "tests/test_faults.py"),
    *("tests/test_load.py", "tests/test_api.py"),
)
"""Tests that share one server and one browser."""
SHARING = (
    *("tests/architecture/", "tests/checkpoints/", "tests/benchmark/listening/"),
    "tests/jobs/test_",
)
"""Beginnings of the paths of tests that share what takes seconds to make."""
LONGEST_FIRST = (
    *("page", "tests/torture/test_torture.py", "tests/jobs/test_"),
    *("tests/benchmark/listening/", "tests/checkpoints/", "tests/test_clip_conditions.py"),
    *("tests/web/test_requests.py", "tests/test_examples.py", "tests/test_cli.py"),
    *("tests/test_spaces.py", "tests/architecture/", "tests/test_studio.py"),
    "tests/test_quickstart.py",
    *("tests/benchmark/comparison/test_comparing.py", "tests/benchmark/test_levels.py"),
)
"""Groups of tests that take long: begun last, one would keep the other processes waiting."""


def group_of(nodeid: str) -> str:
    """Return the group of a test: ``page``, the beginning of its path, or its file."""
    if nodeid.startswith(PAGE_TESTS):
        return "page"
    shared = [start for start in SHARING if nodeid.startswith(start)]
    return shared[0] if shared else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run the tests of a group in one process, in order, as they share costly fixtures."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the groups that take long to the front where tests run in several processes."""
    rank = {group: number for number, group in enumerate(LONGEST_FIRST)}
    if IN_PARALLEL:
        items.sort(key=lambda item: rank.get(group_of(item.nodeid), len(rank)))


@dataclass(frozen=True)
class Server:
    url: str
    seconds_to_serve: float
    pid: int

    def workers(self) -> set[int]:
        """Return the processes that the server started and that live."""
        return children(self.pid)


def children(pid: int) -> set[int]:
    """Return the processes that a process started and that live."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found


@pytest.fixture(scope="session")
def example_clip() -> Path:
    """Return an example of twelve seconds."""
    return EXAMPLES / "break_aist_landscape.mp4"


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the first three seconds of an example."""
    from imageio_ffmpeg import get_ffmpeg_exe

    clip = tmp_path_factory.mktemp("clips") / "groove.mp4"
    source = EXAMPLES / "groove_procedural_landscape.mp4"
    command = ["-nostdin", "-v", "error", "-t", "3", "-i", str(source), "-c", "copy", str(clip)]
    subprocess.run([get_ffmpeg_exe(), *command], check=True)
    return clip


@pytest.fixture(scope="session")
def text_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a text file whose name ends as that of a video."""
    clip = tmp_path_factory.mktemp("clips") / "letter.mp4"
    clip.write_text("Dear dancer, " * 100)
    return clip


@pytest.fixture
def probed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe clips in the process of the tests, which saves a third of a second for each clip.

    `tests/media/test_probe_sandbox.py`, whole jobs and some of the torture cases probe them in a
    child process, as the product does.
    """
    from d2m.media.probe import probe_file

    for module in ("clip", "full_quality"):
        monkeypatch.setattr(f"d2m.media.{module}.probe_in_sandbox", probe_file)


CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def d2m(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Return a function that runs ``python -m d2m`` with some arguments, without a new process.

    It returns what `subprocess.run` would return, with what libraries wrote to the file
    descriptors, but raises an unexpected error instead of printing it.
    """
    from d2m.__main__ import main

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        words = ["d2m", *map(str, arguments)]
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", words)
            try:
                main()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        return subprocess.CompletedProcess(words, status, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run ``python app.py`` on a free port, with its own folder for temporary files."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run ``python app.py`` on a free port, with a folder for its temporary files."""
    load_librosa()  # compiles it if necessary; the lock is in the common temporary folder
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log.txt"
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "TMPDIR": str(folder)}
    start = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        while not _is_served(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - start < 180, log.read_text()
            time.sleep(0.1)
        yield Server(url, time.monotonic() - start, process.pid)
    finally:
        process.terminate()
        process.wait(60)
    for kind in ("server", "worker", "job", "cache"):
        assert not list(folder.glob(f"d2m-{kind}-*"))


def _is_served(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.fail(f"These tests need the browser {CHROMIUM}: install Debian's `chromium`.")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*BROWSER_FLAGS])
    yield browser
    browser.close()
