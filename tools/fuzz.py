"""Send randomly damaged clips through the clip's first stages, in a child that may die.

    make fuzz
    PYTHONPATH=. python tools/fuzz.py --seconds 120 --first 7000
    PYTHONPATH=. python tools/fuzz.py --seed 4711 --only mkv   # one of them again

What crashes, hangs, says a path or ends in anything but one sentence is told as a line of
kind and seed, which is all that is needed to make the file again; it belongs into
``tests/torture/seeds.py``.
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

from tests.torture.judge import fault_of_any
from tests.torture.mutate import damaged
from tests.torture.prober import Prober
from tests.torture.seeds import SEEDS, probe_damaged, seed_clips

PATIENCE_S = 20.0


@dataclass
class Record:
    """What came of all clips so far."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    slowest: tuple[float, str] = (0.0, "")

    def probe(self, probe: Prober, folder: Path, kind: str, data: bytes, seed: int) -> None:
        """Damage a clip, send it on its way, and note what comes of it."""
        again = f"--only {kind} --seed {seed}"
        outcome = probe_damaged(probe, folder, kind, data, seed)
        self.counts[outcome.kind] += 1
        self.slowest = max(self.slowest, (outcome.seconds, again))
        if fault := fault_of_any(outcome):
            self.faults += 1
            typer.echo(f"{again} ({damaged(data, seed)[1]}): {fault}")

    def __str__(self) -> str:
        """Return all in two lines."""
        total = ", ".join(f"{count} {kind}" for kind, count in self.counts.most_common())
        return f"{total}; slowest {self.slowest[0]:.1f} s: {self.slowest[1]}\n{self.faults} faults"


def main(
    seconds: Annotated[float, typer.Option(help="How long to go on (s).")] = 120.0,
    first: Annotated[int, typer.Option(help="Seed of the first damage.")] = 0,
    seed: Annotated[Optional[int], typer.Option(help="Do only this one.")] = None,  # noqa: UP045
    only: Annotated[str, typer.Option(help="Only this kind of clip.")] = "",
) -> None:
    """Damage clips until the time is up; exit with 1 if one of them showed a fault."""
    if only not in ("", *SEEDS):
        raise typer.BadParameter(f"choose one of {', '.join(SEEDS)}")
    record = Record()
    number = first
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.closing(Prober(patience_s=PATIENCE_S, apart=False)) as probe,
    ):
        clips = seed_clips(Path(name), [only] if only else tuple(SEEDS))
        end = time.monotonic() + seconds
        for number in itertools.count(first) if seed is None else [seed]:
            if time.monotonic() > end:
                break
            for kind, data in clips.items():
                record.probe(probe, Path(name), kind, data, number)
    typer.echo(f"up to seed {number}: {record}")
    sys.exit(bool(record.faults))


if __name__ == "__main__":
    typer.run(main)
