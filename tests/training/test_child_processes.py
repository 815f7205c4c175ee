"""Processes end with the one that started them, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from d2m.training.child_processes import ChildProcesses

STARTER = """
import time
from d2m.training.child_processes import ChildProcesses
if __name__ == "__main__":
    child = ChildProcesses().start(time.sleep, 1000)
    print(child.pid, flush=True)
    time.sleep(1000)
"""


def lives(pid: int) -> bool:
    """Return whether a process runs; one that has ended may still be listed as a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def environment_of(pid: int | None) -> list[bytes]:
    """Return the environment of a process, once it runs its program."""
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        found = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        if any(found):
            return found
        time.sleep(0.02)
    raise TimeoutError(f"process {pid} runs no program")


def test_processes_end_with_their_context_and_have_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with ChildProcesses() as children:
        process = children.start(time.sleep, 1000)
        environment = environment_of(process.pid)
        assert process.is_alive()
    assert not process.is_alive()
    assert process.exitcode != 0
    assert b"OMP_NUM_THREADS=1" in environment
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_process_ends_when_its_parent_is_killed(tmp_path):
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert lives(pid)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60.0
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(pid)
