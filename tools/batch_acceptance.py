"""Run a batch, kill its processes and then itself, go on, and check that every clip has one row.

    python tools/make_batch_clips.py clips --clips 300
    PYTHONPATH=. python tools/batch_acceptance.py clips out
    PYTHONPATH=. python tools/batch_acceptance.py clips out-ray --engine ray --kill raylet

Processes that the batch started are killed one after another, as a crash of a decoder would end
them, and one is stopped, as if it hung. Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.core.settings import Settings
from d2m.jobs.batch.batch_list import clips_of
from d2m.jobs.batch.clip_row import ClipRow

WORKER = "worker_main"
"""Part of the command line of a process that works on clips."""
CRASHES = 5
KILLED_AT = 0.4
"""Share of the clips that have a row when the batch itself is killed; chosen by hand."""
OPTIONS = ("--level", "high", "--time-limit", "60")
"""Words of the command, beside source, target, engine and workers."""


def main(
    clips: Annotated[Path, typer.Argument(help="Folder of clips.")],
    out: Annotated[Path, typer.Argument(help="Folder for the results; a new one.")],
    engine: Annotated[str, typer.Option(help="local or ray.")] = "local",
    workers: Annotated[int, typer.Option(help="Clips at a time.")] = 2,
    kill: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Kill one process with this text in its command line, too."),
    ] = None,
    option: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help=f"Word of the command; by default {' '.join(OPTIONS)}."),
    ] = None,
) -> None:
    """Run a batch that is hurt in all ways, and check its results."""
    command = [sys.executable, "-m", "d2m", "batch", str(clips), "--out", str(out)]
    command += ["--engine", engine, "--workers", str(workers), *(option or OPTIONS)]
    listed = clips_of(str(clips), levels="high", settings=Settings(), target=str(out))
    with running(command) as batch:
        hurt(batch, out, len(listed), kill or [])
        typer.echo(f"killed the batch after {len(rows_in(out))} rows")
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*/row.json")}
    status = subprocess.run(command, check=False).returncode
    faults = [f"exit status {status}"] if status else []
    faults += faults_of(out, [clip.id for clip in listed], finished)
    typer.echo(f"{dict(Counter(row.status for row in rows_in(out)))}, {len(faults)} faults")
    for fault in faults:
        typer.echo(fault)
    raise typer.Exit(1 if faults else 0)


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, and kill it at the end."""
    with subprocess.Popen(command) as batch:
        try:
            yield batch
        finally:
            batch.kill()


def hurt(batch: subprocess.Popen[bytes], out: Path, clips: int, names: list[str]) -> None:
    """Kill and stop processes of a batch until enough clips have a row."""
    last = round(KILLED_AT * clips)
    blows = [(WORKER, signal.SIGSTOP), *[(WORKER, signal.SIGKILL)] * CRASHES]
    stopped: list[int] = []
    blows += [(name, signal.SIGKILL) for name in names]
    for number, (name, blow) in enumerate(blows, 1):
        wait_for_rows(batch, out, round(last * number / (len(blows) + 1)))
        if batch.poll() is None:
            found = [pid for pid in descendants(batch.pid) if name in command_line(pid)]
            for pid in [pid for pid in found if pid not in stopped][-1:]:
                os.kill(pid, blow)
                typer.echo(f"{blow.name} to {name}")
                stopped += [pid] if blow == signal.SIGSTOP else []
    wait_for_rows(batch, out, last)
    for pid in stopped:  # one that still stands can't end together with the batch
        if WORKER in command_line(pid):
            os.kill(pid, signal.SIGKILL)


def wait_for_rows(batch: subprocess.Popen[bytes], out: Path, count: int) -> None:
    """Wait until clips have a row, or the batch ends."""
    while len(rows_in(out)) < count and batch.poll() is None:
        time.sleep(0.2)


def rows_in(out: Path) -> list[ClipRow]:
    """Return the rows that are written."""
    path = out / "results.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [ClipRow.from_json(line) for line in text.split("\n")[:-1]]


def faults_of(out: Path, ids: list[str], finished: dict[Path, int]) -> Iterator[str]:
    """Yield what is wrong with the results.

    Parameters
    ----------
    out
        Folder of the results.
    ids
        Identifiers of all clips, in order.
    finished
        When the rows of clips were written that were finished before the batch was killed (ns).
    """
    rows = rows_in(out)
    if [row.id for row in rows] != ids:
        yield f"{len(rows)} rows of {len({row.id for row in rows})} clips instead of {len(ids)}"
    for row in rows:
        there = {str(path.relative_to(out)) for path in (out / row.id).iterdir()}
        if there != ({*row.files} or {f"{row.id}/row.json"}):
            yield f"{row.id}: other files than its row says"
        if row.status == "ok" and sum(name.endswith(".mp4") for name in there) != 1:
            yield f"{row.id}: not one video"
        if (out / row.id / "row.json").read_text(encoding="utf-8") != row.to_json() + "\n":
            yield f"{row.id}: another row in its folder"
    yield from (
        f"{path}: done twice" for path, at in finished.items() if path.stat().st_mtime_ns != at
    )
    extra = {path.name for path in out.iterdir()} - {*ids, "results.jsonl", ".batch.lock"}
    yield from (f"{name}: left over" for name in extra - {"results.parquet"})


def descendants(pid: int) -> list[int]:
    """Return the processes below a process."""
    found = []
    with contextlib.suppress(OSError):  # a thread or a process that has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def command_line(pid: int) -> str:
    """Return the command line of a process, empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    typer.run(main)
