"""Send everything that strangers may send through whole jobs in the real worker.

    make torture
    PYTHONPATH=. python tools/torture.py --only "edit list"

Prints a line for each case and ends with ``N passed, N failed``; exits with 1 if any failed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from d2m.errors import JobError
from d2m.job import Finished, Job, Seen
from d2m.settings import Settings
from d2m.worker import Worker
from tests.torture.case import Case, Refused
from tests.torture.cases import CASES
from tests.torture.judge import fault_of_refusal
from tests.torture.studio import Studio
from tests.torture.watch import Listener, opened_beside

REFUSAL_S, LONGEST_S = 3.0, 60.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """How a case went: what came of it, how long that took (s), and what is wrong with it."""

    name: str
    outcome: str
    seconds: float
    fault: str

    @property
    def is_refusal(self) -> bool:
        """Whether the clip was refused."""
        return not self.outcome.startswith("works")


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
    if worker._process is None or worker._process.jobs == 0:
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
    return Row(name=case.name, outcome=outcome, seconds=seconds, fault=fault)


def summary(rows: list[Row]) -> int:
    """Print what all rows say together, and return how many cases failed."""
    slowest = sorted(rows, key=lambda row: -row.seconds)[:5]
    typer.echo("\nSlowest:")
    for row in slowest:
        typer.echo(f"  {row.seconds:6.1f} s  {row.name}")
    refusals = sorted(row.seconds for row in rows if row.is_refusal)
    failed = sum(bool(row.fault) for row in rows)
    passed = len(rows) - failed
    if refusals:
        p95 = refusals[int(0.95 * (len(refusals) - 1))]
        typer.echo(
            f"{len(refusals)} refusals: median {refusals[len(refusals) // 2]:.2f} s,"
            f" 95 % within {p95:.2f} s, longest {refusals[-1]:.1f} s"
        )
        if p95 >= REFUSAL_S and len(refusals) >= 20:
            typer.echo(f"Refusals are too slow: 95 % should take less than {REFUSAL_S:g} s.")
            failed += 1
    typer.echo(f"{passed} passed, {failed} failed")
    return failed


def leftovers(folder: Path) -> Row:
    """Return a row on what the worker has left behind in the folder for temporary files."""
    left = sorted(path.name for path in folder.glob("d2m-*"))
    fault = f"left {', '.join(left)}" if left else ""
    return Row(name="nothing is left behind", outcome="works", seconds=0.0, fault=fault)


def main(
    only: Annotated[str, typer.Option(help="Only names with this regular expression.")] = "",
) -> None:
    """Run all cases."""
    rows: list[Row] = []

    def note(row: Row) -> None:
        verdict = f"FAILED: {row.fault}" if row.fault else "ok"
        typer.echo(f"{row.name:44} {row.seconds:6.1f} s  {verdict:8} {row.outcome}")
        rows.append(row)

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
    sys.exit(bool(summary(rows)))


if __name__ == "__main__":
    typer.run(main)
