"""The served app, and visitors who come to it.

Visitors speak the page's own protocol, so what holds for them holds for browsers.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
TROUBLE = "That did not work"
_WAITS = re.compile(r"Before yours (one|\d+) clips? (?:is|are) being made: about (\d+) (s|min)")
_WORKS = re.compile(r'role=\\?"progressbar\\?" aria-label=\\?"([^"\\]+)')
_FORM = ["auto", 0, 0, 0, 0, 0, "", 1, 0, True, True, False, "compact"]


@dataclass
class Serving:
    """A running app."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def workers(self) -> list[int]:
        """Return the processes that it started and that live."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    def root(self) -> Path:
        """Return the folder with all its files."""
        return max(self.folder.glob("d2m-server-*"), key=lambda folder: folder.stat().st_mtime)

    def files(self) -> list[Path]:
        """Return the files of visitors; examples were there before."""
        walk = os.walk(self.root())
        found = [Path(folder, name) for folder, _, names in walk for name in names]
        return [p for p in found if "d2m-cache-" not in str(p) and p not in self.settled]

    settled: set[Path] = field(default_factory=set)


@contextmanager
def serving(folder: Path, settings: str = "", **environment: str) -> Iterator[Serving]:
    """Start the app on a free port; ``settings`` are the arguments of its `main`, as text."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    program = (
        "import app; from d2m.jobs.messages import Limits\n"
        "from d2m.web.rate_limits import RequestQuotas\n"
        f"app.main({settings})"
    )
    environment = {
        **os.environ,
        "TMPDIR": str(folder),
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    with (folder.parent / f"{folder.name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    app = Serving(f"http://127.0.0.1:{port}/", folder, process)
    try:
        _await(app)
        app.settled = {path for path in app.root().rglob("*") if path.is_file()}
        yield app
    finally:
        process.terminate()
        process.wait(30)


def _await(app: Serving) -> None:
    start = time.monotonic()
    while True:
        try:
            if httpx.get(app.url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if app.process.poll() is not None or time.monotonic() - start > 90:
            raise RuntimeError(app.log)
        time.sleep(0.1)


@dataclass
class News:
    """What a visitor was told, and when (s after the press on the button)."""

    after_s: float
    text: str

    @property
    def place(self) -> int:
        """How many clips come before; 0 if it is not said."""
        found = _WAITS.search(self.text)
        return 0 if found is None else 1 if found[1] == "one" else int(found[1])

    @property
    def stage(self) -> str:
        """The stage of the job; empty if it is not said."""
        found = _WORKS.search(self.text)
        return found[1] if found else ""

    @property
    def done(self) -> bool:
        """Whether the music is there."""
        return '"title\\">Done' in self.text

    @property
    def failed(self) -> bool:
        """Whether the job failed."""
        return TROUBLE in self.text


class Visitor:
    """Somebody with a browser."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.session = secrets.token_hex(6)
        self.config = self.http.get("config").json()
        buttons = {
            part["props"].get("value"): part["id"]
            for part in self.config["components"]
            if part["type"] == "button"
        }
        functions = self.config["dependencies"]
        self._begin = _of(functions, buttons["Generate"])
        then = [d for d in functions if d.get("trigger_after") == self._begin]
        self._work = next(d["id"] for d in then if d["inputs"])
        self._tell = next(d["id"] for d in then if not d["inputs"])
        self._halt = _of(functions, buttons["Stop"])

    def upload(self, clip: Path) -> dict[str, Any]:
        """Send a clip, and return its name on the server."""
        with clip.open("rb") as file:
            sent = self.http.post("gradio_api/upload", files={"files": (clip.name, file)})
        sent.raise_for_status()
        (path,) = sent.json()
        return {"path": path, "orig_name": clip.name, "meta": {"_type": "gradio.FileData"}}

    def generate(
        self,
        clip: dict[str, Any],
        levels: str = "high",
        seed: int = 0,
        length_s: float = 0.0,
    ) -> Iterator[News]:
        """Press Generate, and yield the news; closing the iterator closes the page."""
        start = time.monotonic()
        self._call(self._begin, [levels], "run/predict")
        form = [_FORM[0], seed, 0, length_s, *_FORM[4:]]
        self._call(self._work, [clip, levels, *form])
        self._call(self._tell, [])
        address = f"gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", address, timeout=600) as news:
            for line in news.iter_lines():
                if line.startswith("data:") and "process_" in line:
                    yield News(time.monotonic() - start, line)

    def stop(self) -> float:
        """Press Stop; return how long the button took to be answered (s)."""
        start = time.monotonic()
        self._call(self._halt, [], "run/predict")
        return time.monotonic() - start

    def _call(self, function: int, data: list[Any], route: str = "queue/join") -> None:
        body = {"data": data, "fn_index": function, "session_hash": self.session}
        self.http.post(f"gradio_api/{route}", json=body).raise_for_status()


def _of(functions: list[dict[str, Any]], button: int) -> int:
    return next(int(d["id"]) for d in functions if [button, "click"] in d["targets"])
