"""Everything that strangers may send, and all that may fail meanwhile.

    make torture
    PYTHONPATH=. python tools/torture.py --parts clips --only "edit list"

Prints a line for each case and ends with ``N passed, N failed``; exits with 1 if any failed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
import typer

from d2m.core.errors import JobError
from d2m.core.settings import Settings
from d2m.jobs import Worker
from d2m.jobs.messages import Finished, Job, Seen
from tests.torture.case import Case, Refused
from tests.torture.cases import CASES
from tests.torture.judge import fault_of_refusal
from tests.torture.studio import Studio
from tests.torture.watch import Listener, opened_beside
from tools import load
from tools.table import Row, Table

Note = Callable[[Row], None]
Part = Callable[[str, Note], None]
LONGEST_S = 60.0


def run_job(worker: Worker, case: Case, clip: Path) -> tuple[str, str]:
    """Do the whole job of a case, and return its outcome and what is wrong with that."""
    expected = case.job or case.expect
    settings = Settings(start_s=case.start_s, length_s=case.length_s)
    with tempfile.TemporaryDirectory() as out:
        job = Job(clip=clip, levels=case.levels, settings=settings, out=Path(out))
        try:
            news = list(worker.run(job))
        except JobError as error:
            return str(error), fault_of_refusal(expected, str(error))
        (seen,) = (message for message in news if isinstance(message, Seen))
        outcome = " ".join(("works:", f"{seen.tempo_bpm:.0f} BPM", *seen.warnings))
        if isinstance(expected, Refused):
            return outcome, "taken"
        if not isinstance(news[-1], Finished):
            return outcome, "not finished"
        if not re.search(expected.warning, " ".join(seen.warnings)):
            return outcome, f"no warning of {expected.warning!r}"
        if case.levels != "none" and not list(Path(out).glob("*.mp4")):
            return outcome, "no music"
    return outcome, ""


def warm(worker: Worker) -> None:
    """Wait for the worker's process, which is replaced now and then, to be ready.

    A server does that in the background after a job; here the next one comes at once.
    """
    (desk,) = worker._desks
    if desk.process is None or desk.process.jobs == 0:
        job = Job(clip=Path("no clip.mp4"), levels="none", out=Path())
        with contextlib.suppress(JobError):
            list(worker.run(job))


def run_case(worker: Worker, studio: Studio, listener: Listener, case: Case) -> Row:
    """Make a case's clip and do its job."""
    clip = case.make(studio)
    warm(worker)
    begin = time.monotonic()
    with opened_beside(clip) as opened:
        outcome, fault = run_job(worker, case, clip)
    seconds = time.monotonic() - begin
    calls = listener.calls()
    if opened or calls:
        fault = f"opened {', '.join(opened)}; {calls} calls"
    if not fault and seconds > LONGEST_S and not outcome.startswith("works"):
        fault = f"refused only after {seconds:.0f} s"
    refused = not outcome.startswith("works")
    return Row(name=case.name, outcome=outcome, seconds=seconds, fault=fault, is_refusal=refused)


def leftovers(folder: Path) -> Row:
    """Return a row on what the worker has left behind in the folder for temporary files."""
    left = sorted(path.name for path in folder.glob("d2m-*"))
    fault = f"left {', '.join(left)}" if left else ""
    return Row(name="nothing is left behind", outcome="works", seconds=0.0, fault=fault)


def clips(only: str, note: Note) -> None:
    """Send bad and odd clips through whole jobs in the real worker."""
    kept = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        with (
            contextlib.closing(Listener()) as listener,
            contextlib.closing(Worker()) as worker,
        ):
            studio = Studio(Path(folder), listener.port)
            for case in CASES:
                if re.search(only, case.name, re.IGNORECASE):
                    note(run_case(worker, studio, listener, case))
        note(leftovers(Path(folder)))
        tempfile.tempdir, environment = kept
        os.environ.pop("TMPDIR")
        os.environ |= {"TMPDIR": environment} if environment else {}


class Reports:
    """Notes what pytest reports, as rows."""

    def __init__(self, only: str, note: Note) -> None:
        self._only, self._note = only, note

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests whose names are asked for."""
        items[:] = [item for item in items if re.search(self._only, item.nodeid, re.IGNORECASE)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Make a row of how a test went."""
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        fault = report.longreprtext.splitlines()[-1] if report.failed else ""
        self._note(Row(name=name, outcome=report.outcome, seconds=report.duration, fault=fault))


def tests(*paths: str) -> Part:
    """Return what runs tests; without the project's options, so the slow ones too."""

    def run(only: str, note: Note) -> None:
        quiet = ["-p", "no:terminal", "-o", "addopts=--strict-markers"]
        files = [f"tests/{path}" for path in paths]
        code = pytest.main([*quiet, *files], plugins=[Reports(only, note)])
        # A file that can't be read, or an option that is none, makes no row of its own.
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not (
            only and code == pytest.ExitCode.NO_TESTS_COLLECTED
        ):
            name = f"running {', '.join(paths)}"
            fault = f"pytest's exit code {int(code)}"
            note(Row(name=name, outcome="broke off", seconds=0.0, fault=fault))

    return run


def many_visitors(only: str, note: Note) -> None:
    """Load the app with visitors."""
    if re.search(only, "visitors"):
        for row in load.rows():
            note(row)


PARTS: dict[str, Part] = {
    "clips": clips,
    "checkpoints": tests("checkpoints/test_untrusted.py", "checkpoints/test_importing.py"),
    "faults": tests("test_faults.py", "test_disk.py", "test_worker.py", "test_spaces.py"),
    "doors": tests("test_doors.py", "test_load.py"),
    "load": many_visitors,
}


def main(
    only: Annotated[str, typer.Option(help="Only names with this regular expression.")] = "",
    parts: Annotated[str, typer.Option(help="Which, with commas.")] = ",".join(PARTS),
) -> None:
    """Run all cases."""
    table = Table()
    for part in parts.split(","):
        PARTS[part](only, table.note)
    sys.exit(bool(table.summary()))


if __name__ == "__main__":
    typer.run(main)
