"""Run everything that visitors may send, and everything that may fail meanwhile.

    make torture
    PYTHONPATH=. python tools/torture.py --parts clips --only "edit list"

Prints one row for each case and ends with ``N passed, N failed``; exits with 1 if any failed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
import typer

from d2m.core.errors import JobError
from d2m.core.events import DanceSummary
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Finished, Job
from tests.torture.access_monitor import Listener, files_opened_beside
from tests.torture.case import Case, Refused
from tests.torture.cases import CASES
from tests.torture.checks import refusal_fault
from tests.torture.clip_factory import ClipFactory
from tools import load
from tools.table import Row, Table

AddRow = Callable[[Row], None]
"""Takes the result of a case."""
Part = Callable[[str, AddRow], None]
"""Runs the cases whose names match a regular expression."""
MAX_REFUSAL_S = 60.0
"""Longest time until a clip is refused (s); chosen by hand."""


def run_job(pool: WorkerPool, case: Case, clip: Path) -> tuple[str, str]:
    """Run the whole job of a case, and return its outcome and what is wrong with it."""
    expected = case.job or case.expect
    settings = Settings(start_s=case.start_s, length_s=case.length_s)
    with tempfile.TemporaryDirectory() as out:
        job = Job(clip=clip, levels=case.levels, settings=settings, out=Path(out))
        try:
            messages = list(pool.run(job))
        except JobError as error:
            return str(error), refusal_fault(expected, str(error))
        (dance,) = (message for message in messages if isinstance(message, DanceSummary))
        outcome = " ".join(("works:", f"{dance.tempo_bpm:.0f} BPM", *dance.warnings))
        if isinstance(expected, Refused):
            return outcome, "accepted"
        if not isinstance(messages[-1], Finished):
            return outcome, "not finished"
        if not re.search(expected.warning, " ".join(dance.warnings)):
            return outcome, f"no warning that matches {expected.warning!r}"
        if expected.has_rhythm not in (None, dance.has_rhythm):
            return outcome, f"rhythm found: {dance.has_rhythm}"
        if case.levels != ANALYSIS_ONLY and not list(Path(out).glob("*.mp4")):
            return outcome, "no music"
    return outcome, ""


def wait_until_warm(pool: WorkerPool) -> None:
    """Wait until the process of a pool is ready; from time to time, a new one replaces it.

    A server does that in the background after a job. Here, the next job follows at once.
    """
    (slot,) = pool.slots
    if slot.process is None or slot.process.jobs == 0:
        job = Job(clip=Path("no clip.mp4"), levels=ANALYSIS_ONLY, out=Path())
        with contextlib.suppress(JobError):
            list(pool.run(job))


def run_case(pool: WorkerPool, factory: ClipFactory, listener: Listener, case: Case) -> Row:
    """Create the clip of a case and run its job."""
    clip = case.make(factory)
    wait_until_warm(pool)
    start = time.monotonic()
    with files_opened_beside(clip) as opened:
        outcome, fault = run_job(pool, case, clip)
    seconds = time.monotonic() - start
    calls = listener.calls()
    refused = not outcome.startswith("works")
    if opened or calls:
        fault = f"opened {', '.join(opened)}; {calls} calls"
    if not fault and seconds > MAX_REFUSAL_S and refused:
        fault = f"refused only after {seconds:.0f} s"
    return Row(name=case.name, outcome=outcome, seconds=seconds, fault=fault, is_refusal=refused)


def leftovers(folder: Path) -> Row:
    """Return a row on the temporary files that the pool did not remove."""
    left = sorted(path.name for path in folder.glob("d2m-*"))
    fault = f"left {', '.join(left)}" if left else ""
    return Row(name="temporary files are removed", outcome="works", seconds=0.0, fault=fault)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder that is used for all temporary files, also by child processes."""
    kept = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir, environment = kept
            os.environ.pop("TMPDIR")
            os.environ |= {"TMPDIR": environment} if environment else {}


def clips(only: str, add_row: AddRow) -> None:
    """Run whole jobs with damaged and unusual clips in real worker processes."""
    with temporary_folder() as folder:
        with (
            contextlib.closing(Listener()) as listener,
            contextlib.closing(WorkerPool()) as pool,
        ):
            factory = ClipFactory(folder, listener.port)
            for case in CASES:
                if re.search(only, case.name, re.IGNORECASE):
                    add_row(run_case(pool, factory, listener, case))
        add_row(leftovers(folder))


class ReportPlugin:
    """A pytest plugin that makes a row of each test.

    Parameters
    ----------
    only
        Regular expression for the names of the tests to run.
    add_row
        Called with each row.
    """

    def __init__(self, only: str, add_row: AddRow) -> None:
        self._only, self._add_row = only, add_row

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests whose names match."""
        items[:] = [item for item in items if re.search(self._only, item.nodeid, re.IGNORECASE)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Make a row of the result of a test."""
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        fault = report.longreprtext.splitlines()[-1] if report.failed else ""
        self._add_row(Row(name=name, outcome=report.outcome, seconds=report.duration, fault=fault))


def tests(*paths: str) -> Part:
    """Return a part that runs test files without the project's options, so with slow tests.

    Parameters
    ----------
    *paths
        The files, relative to ``tests``.
    """

    def run(only: str, add_row: AddRow) -> None:
        quiet = ["-p", "no:terminal", "-o", "addopts=--strict-markers"]
        files = [f"tests/{path}" for path in paths]
        code = pytest.main([*quiet, *files], plugins=[ReportPlugin(only, add_row)])
        # A file that can't be read, or an unknown option, makes no row by itself.
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not (
            only and code == pytest.ExitCode.NO_TESTS_COLLECTED
        ):
            name = f"running {', '.join(paths)}"
            fault = f"pytest's exit code {int(code)}"
            add_row(Row(name=name, outcome="stopped", seconds=0.0, fault=fault))

    return run


def many_visitors(only: str, add_row: AddRow) -> None:
    """Load the app with visitors."""
    if re.search(only, "visitors"):
        for row in load.load_rows():
            add_row(row)


PARTS: dict[str, Part] = {
    "clips": clips,
    "checkpoints": tests("checkpoints/test_safe_load.py", "checkpoints/test_importing.py"),
    "faults": tests("test_faults.py", "test_disk.py", "jobs", "test_spaces.py"),
    "doors": tests("web", "test_load.py"),
    "load": many_visitors,
}
"""The parts by name."""


def main(
    only: Annotated[
        str, typer.Option(help="Run only cases whose names match this regular expression.")
    ] = "",
    parts: Annotated[str, typer.Option(help="Parts to run, separated by commas.")] = ",".join(
        PARTS
    ),
) -> None:
    """Run all cases."""
    table = Table()
    for part in parts.split(","):
        PARTS[part](only, table.add)
    sys.exit(bool(table.print_summary()))


if __name__ == "__main__":
    typer.run(main)
