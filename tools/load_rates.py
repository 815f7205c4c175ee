"""Time visitors who come at once, with one, two and four jobs running at a time.

PYTHONPATH=. python tools/load_rates.py
PYTHONPATH=. python tools/load_rates.py --visitors 8 --at-once 1,2 --seconds 3

Each visitor brings another clip, so no analysis is found again, and gets both levels.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tools.bench.clips import FULL_HD, distinct_copies, make_clip
from tools.bench.first_job import wait_until_idle
from tools.load import Visit, visit
from tools.visitor import run_app


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What visitors who came at once got.

    Parameters
    ----------
    done
        Number of visitors who got their files.
    clips_per_hour
        Their number divided by the time until the last one had them.
    median_s, p90_s
        Time from the press on the button to the last file (s): that of the middle visitor, and
        that which nine of ten stayed within.
    """

    done: int
    clips_per_hour: float
    median_s: float
    p90_s: float


def rates_of(visits: Sequence[Visit]) -> Rates:
    """Return throughput and latency of visits that began at the same moment.

    Raises
    ------
    ValueError
        If fewer than two visitors got their files.
    """
    times_s = sorted(one.done_s for one in visits if one.end == "done")
    if len(times_s) < 2:
        raise ValueError(f"only {len(times_s)} of {len(visits)} visitors got their files")
    return Rates(
        done=len(times_s),
        clips_per_hour=3600 * len(times_s) / times_s[-1],
        median_s=statistics.median(times_s),
        p90_s=statistics.quantiles(times_s, n=10, method="inclusive")[-1],
    )


def measure_rates(at_once: int, visitors: int, seconds: float) -> Rates:
    """Let visitors with clips of their own come at once, to an app that has warmed up.

    Parameters
    ----------
    at_once
        Jobs that run at a time.
    visitors
        Number of visitors.
    seconds
        Length of the clips (s), at most that of the benchmark's.
    """
    clip = make_clip(replace(FULL_HD, name=f"visitor-{seconds:g}s", seconds=seconds))
    arguments = (
        f"limits=Limits(at_once={at_once}, waiting={visitors}), "
        "quotas=RequestQuotas(uploads=10_000, upload_bytes=10**12, calls=10**6)"
    )
    visits = [Visit() for _ in range(visitors)]
    with tempfile.TemporaryDirectory() as folder:
        clips = [*islice(distinct_copies(clip, Path(folder)), visitors)]
        with run_app(Path(folder) / "served", arguments) as app:
            for worker in app.workers():
                wait_until_idle(worker)
            begin = threading.Barrier(visitors)

            def come(number: int) -> None:
                visits[number] = visit(app.url, clips[number], begin, levels="both", seed=number)

            threads = [threading.Thread(target=come, args=(n,)) for n in range(visitors)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    return rates_of(visits)


def main(
    visitors: Annotated[int, typer.Option(help="Visitors who come at once.")] = 20,
    at_once: Annotated[str, typer.Option(help="Numbers of jobs at a time, with commas.")] = "1,2,4",
    seconds: Annotated[float, typer.Option(help="Length of each visitor's clip (s).")] = 10.0,
) -> None:
    """Print throughput and latency for each number of jobs at a time."""
    typer.echo(f"{visitors} visitors at once, clips of {seconds:g} s, both levels")
    for number in map(int, at_once.split(",")):
        rates = measure_rates(number, visitors, seconds)
        typer.echo(
            f"{number} at a time: {rates.done} done, {rates.clips_per_hour:.0f} clips an hour, "
            f"median {rates.median_s:.1f} s, 90 % within {rates.p90_s:.1f} s"
        )


if __name__ == "__main__":
    typer.run(main)
