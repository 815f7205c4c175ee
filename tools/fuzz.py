"""Read and copy randomly damaged clips, in a child process that may crash or hang.

    make fuzz
    PYTHONPATH=. python tools/fuzz.py --seconds 120 --first 7000
    PYTHONPATH=. python tools/fuzz.py --seed 4711 --only mkv   # repeats one of them

It prints one line for each clip that crashes the child, hangs, reveals a path, or ends in anything
but one sentence. The line has the kind and the seed, which are enough to create the file again;
add them to ``tests/torture/seeds.py``.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Optional

import typer

from tests.torture.checks import outcome_fault
from tests.torture.mutate import damaged
from tests.torture.prober import Prober
from tests.torture.seeds import SEEDS, probe_damaged, seed_clips

TIMEOUT_S = 20.0
"""Time after which a clip counts as hung (s); chosen by hand."""


@dataclass
class Summary:
    """Counts of the outcomes so far.

    Parameters
    ----------
    counts
        Number of clips by outcome.
    faults
        Number of clips that showed a fault.
    slowest
        Longest time (s), and the options that repeat that clip.
    """

    counts: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    slowest: tuple[float, str] = (0.0, "")

    def probe(self, probe: Prober, folder: Path, kind: str, data: bytes, seed: int) -> None:
        """Damage a clip, copy it, and count the outcome; print it if it is a fault."""
        options = f"--only {kind} --seed {seed}"
        outcome = probe_damaged(probe, folder, kind, data, seed)
        self.counts[outcome.kind] += 1
        self.slowest = max(self.slowest, (outcome.seconds, options))
        if fault := outcome_fault(outcome):
            self.faults += 1
            typer.echo(f"{options} ({damaged(data, seed)[1]}): {fault}")

    def __str__(self) -> str:
        """Return the summary in two lines."""
        total = ", ".join(f"{count} {kind}" for kind, count in self.counts.most_common())
        return f"{total}; slowest {self.slowest[0]:.1f} s: {self.slowest[1]}\n{self.faults} faults"


def main(
    seconds: Annotated[float, typer.Option(help="Time to run (s).")] = 120.0,
    first: Annotated[int, typer.Option(help="Seed of the first damage.")] = 0,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Run only this seed."),
    ] = None,
    only: Annotated[str, typer.Option(help="Use only this kind of clip.")] = "",
) -> None:
    """Damage clips until the time is up; exit with 1 if one of them showed a fault."""
    if only not in ("", *SEEDS):
        raise typer.BadParameter(f"choose one of {', '.join(SEEDS)}")
    summary = Summary()
    number = first
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.closing(Prober(timeout_s=TIMEOUT_S, in_sandbox=False)) as probe,
    ):
        clips = seed_clips(Path(name), [only] if only else tuple(SEEDS))
        end = time.monotonic() + seconds
        for number in itertools.count(first) if seed is None else [seed]:
            if time.monotonic() > end:
                break
            for kind, data in clips.items():
                summary.probe(probe, Path(name), kind, data, number)
    typer.echo(f"up to seed {number}: {summary}")
    sys.exit(bool(summary.faults))


if __name__ == "__main__":
    typer.run(main)
