"""Start the app, and use it as a browser does.

`Visitor` speaks the protocol of the page, so what holds for it holds for browsers too.
"""

from __future__ import annotations

import json
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
from gradio_client.utils import apply_diff

from d2m.core.levels import levels_named
from d2m.core.setting_fields import Kind, setting_fields
from d2m.core.settings import Settings

ROOT = Path(__file__).parents[1]
FAILED_TITLE = "That did not work"
"""Title of the status card of a job that failed."""
_WAITING = re.compile(r"(One|\d+) jobs? (?:is|are) ahead of yours: about (\d+) (s|min)")
_START_S = 90  # time for the app to start (s); chosen by hand
_EMPTY_VALUES = {Kind.TIMES: "", Kind.OPTIONAL_NUMBER: 0}


def form_values(**changes: Any) -> list[Any]:
    """Return the values that the form of the page sends, in the order of its widgets.

    Parameters
    ----------
    **changes
        Values that differ from the defaults, by the name of the setting.
    """
    fields = setting_fields(Settings)
    values = {one.name: _EMPTY_VALUES.get(one.kind, one.default) for one in fields}
    return list((values | changes).values())


@dataclass
class RunningApp:
    """An app that serves the page.

    Parameters
    ----------
    url
        Address of the page.
    folder
        Folder for its temporary files.
    process
        Its process.
    initial_files
        Files that existed when it had started, such as the examples.
    """

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    initial_files: set[Path] = field(default_factory=set)

    @property
    def log(self) -> str:
        """The standard output and the standard error of the app."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def workers(self) -> list[int]:
        """Return the process ids of its worker processes."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    def root(self) -> Path:
        """Return the folder that holds all files of the newest server in `folder`."""
        return max(self.folder.glob("d2m-server-*"), key=lambda folder: folder.stat().st_mtime)

    def files(self) -> list[Path]:
        """Return the files of visitors: all but the initial files and cached analyses."""
        walk = os.walk(self.root())
        found = [Path(folder, name) for folder, _, names in walk for name in names]
        return [p for p in found if "d2m-cache-" not in str(p) and p not in self.initial_files]


@contextmanager
def run_app(folder: Path, arguments: str = "", **environment: str) -> Iterator[RunningApp]:
    """Run the app on a free port.

    Parameters
    ----------
    folder
        Folder for its temporary files; its log is written next to it.
    arguments
        Arguments of `d2m.web.serve.serve_page`, as Python code.
    **environment
        Environment variables to set.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    program = (
        "from d2m.jobs.messages import Limits; from d2m.web.serve import serve_page\n"
        "from d2m.web.rate_limits import RequestQuotas\n"
        f"serve_page({arguments})"
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
    app = RunningApp(f"http://127.0.0.1:{port}/", folder, process)
    try:
        _wait_until_served(app)
        app.initial_files = {path for path in app.root().rglob("*") if path.is_file()}
        yield app
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_served(app: RunningApp) -> None:
    start = time.monotonic()
    while True:
        try:
            if httpx.get(app.url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if app.process.poll() is not None or time.monotonic() - start > _START_S:
            raise RuntimeError(app.log)
        time.sleep(0.1)


@dataclass
class PageEvent:
    """An event that the server sends to the page.

    Parameters
    ----------
    after_s
        Time from the press on the button to the event (s).
    text
        The event, a line with JSON.
    status
        What the bar at the bottom of the page shows then, see `d2m.web.status_html.Status`;
        empty if the event does not change it.
    """

    after_s: float
    text: str
    status: dict[str, Any]

    @property
    def place(self) -> int:
        """Number of jobs ahead in the queue; 0 if the event does not say it."""
        found = _WAITING.search(self.status.get("detail", ""))
        return 0 if found is None else 1 if found[1] == "One" else int(found[1])

    @property
    def stage(self) -> str:
        """Stage of the job; empty if the event does not say it."""
        return str(self.status["title"]) if self.status.get("share") is not None else ""

    @property
    def done(self) -> bool:
        """Whether the job succeeded."""
        return self.status.get("title") == "Done"

    @property
    def failed(self) -> bool:
        """Whether the job failed."""
        return self.status.get("title") == FAILED_TITLE


class Visitor:
    """A client that opens the page, uploads clips and presses buttons.

    Parameters
    ----------
    url
        Address of the page.

    Attributes
    ----------
    http : httpx.Client
        Its connection.
    session : str
        Its Gradio session.
    begin_id : int
        Gradio's number of the handler that a press on "Generate" calls first.
    """

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.session = secrets.token_hex(6)
        config = self.http.get("config").json()
        buttons: dict[str, int] = {}
        for part in config["components"]:
            if part["type"] == "button":  # those of the first tab come first
                buttons.setdefault(part["props"].get("value"), part["id"])
        handlers = config["dependencies"]
        self.begin_id = _on_click(handlers, buttons["Generate"])
        then = [handler for handler in handlers if handler.get("trigger_after") == self.begin_id]
        self._run_id = next(handler["id"] for handler in then if handler["inputs"])
        self._report_id = next(handler["id"] for handler in then if not handler["inputs"])
        self._stop_id = _on_click(handlers, buttons["Stop"])

    def upload(self, clip: Path) -> dict[str, Any]:
        """Upload a clip, and return the description of the file that the form sends."""
        with clip.open("rb") as file:
            response = self.http.post("gradio_api/upload", files={"files": (clip.name, file)})
        response.raise_for_status()
        (path,) = response.json()
        return {"path": path, "orig_name": clip.name, "meta": {"_type": "gradio.FileData"}}

    def generate(
        self,
        clip: dict[str, Any],
        levels: str = "high",
        seed: int = 0,
        length_s: float = 0.0,
    ) -> Iterator[PageEvent]:
        """Press "Generate", and yield the events of the job.

        Closing the iterator closes the page.

        Parameters
        ----------
        clip
            What `upload` returned.
        levels
            See `d2m.core.levels.levels_named`.
        seed
            The seed.
        length_s
            Length of the part of the clip to use (s); 0 for the whole clip.
        """
        start = time.monotonic()
        names = [level.name for level in levels_named(levels)]
        self._call(self.begin_id, [names], "run/predict")
        form = form_values(seed=seed, length_s=length_s)
        self._call(self._run_id, [clip, names, *form])
        report = self._call(self._report_id, [])["event_id"]
        status: list[Any] = []
        address = f"gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", address, timeout=600) as response:
            for line in response.iter_lines():
                if line.startswith("data:") and "process_" in line:
                    event = json.loads(line.removeprefix("data:"))
                    news = {}
                    if event["event_id"] == report and (data := _output(event)):
                        status = _changed(event["msg"], status, data)
                        news = status[0] if status else {}
                    yield PageEvent(time.monotonic() - start, line, news)

    def stop(self) -> float:
        """Press "Stop", and return the time until the server answered (s)."""
        start = time.monotonic()
        self._call(self._stop_id, [], "run/predict")
        return time.monotonic() - start

    def _call(self, handler: int, data: list[Any], route: str = "queue/join") -> Any:
        body = {"data": data, "fn_index": handler, "session_hash": self.session}
        return self.http.post(f"gradio_api/{route}", json=body).raise_for_status().json()


def _on_click(handlers: list[dict[str, Any]], button: int) -> int:
    """Return the number of the handler that a click on a button calls."""
    return next(int(one["id"]) for one in handlers if [button, "click"] in one["targets"])


def _output(event: dict[str, Any]) -> list[Any]:
    """Return the values, or the changes of values, that an event of a handler holds."""
    output = event.get("output") or {}
    return list(output.get("data") or [])


def _changed(kind: str, values: list[Any], news: list[Any]) -> list[Any]:
    """Return the outputs of a handler after an event: after the first, it sends what changed."""
    if kind != "process_generating" or not values:
        return news
    return [apply_diff(old, change) for old, change in zip(values, news, strict=True)]
