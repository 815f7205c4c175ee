"""One worker pool for the tests of jobs: starting a process takes ten seconds of a processor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from d2m.jobs import WorkerPool
from d2m.jobs.messages import Limits


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    with contextlib.closing(WorkerPool(Limits(waiting=1))) as pool:
        pool.warm_up()
        yield pool
