"""Send randomly damaged clips through the clip's first stages, in a child that may die.

    make fuzz
    PYTHONPATH=. python tools/fuzz.py --seconds 120
    PYTHONPATH=. python tools/fuzz.py --seed 4711 --only mkv   # one of them again

What crashes, hangs, says a path or ends in anything but one sentence is told as a line of
kind and seed, which is all that is needed to make the file again.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Optional

import typer

from tests.torture.judge import fault_of_words
from tests.torture.mutate import damaged
from tests.torture.prober import Outcome, Prober
from tests.torture.seeds import SEEDS, seed_clips

PATIENCE_S = 20.0


def fault(outcome: Outcome) -> str:
    """Return what is wrong with an outcome, or nothing."""
    if outcome.kind == "refused":
        return fault_of_words(outcome.words)
    return "" if outcome.kind == "works" else f"{outcome.kind}: {outcome.words}"


def main(
    seconds: Annotated[float, typer.Option(help="How long to go on (s).")] = 120.0,
    first: Annotated[int, typer.Option(help="Seed of the first file.")] = 0,
    seed: Annotated[Optional[int], typer.Option(help="Do only this one.")] = None,  # noqa: UP045
    only: Annotated[str, typer.Option(help="Only this kind of clip.")] = "",
) -> None:
    """Damage clips until the time is up; exit with 1 if one of them showed a fault."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = {kind: d for kind, d in seed_clips(folder).items() if only in ("", kind)}
        if not clips:
            raise typer.BadParameter(f"choose one of {', '.join(SEEDS)}")
        end = time.monotonic() + seconds
        with contextlib.closing(Prober(patience_s=PATIENCE_S, apart=False)) as probe:
            number = first if seed is None else seed
            while time.monotonic() < end:
                for kind, data in clips.items():
                    content, recipe = damaged(data, number)
                    clip = folder / f"fuzzed.{kind.partition('_')[0]}"
                    clip.write_bytes(content)
                    outcome = probe(
                        clip, folder / "copy.mp4", *((0.1, 2.0) if number % 5 == 0 else ())
                    )
                    counts[outcome.kind] += 1
                    slowest = max(slowest, (outcome.seconds, f"--only {kind} --seed {number}"))
                    if said := fault(outcome):
                        faults.append(f"--only {kind} --seed {number} ({recipe}): {said}")
                        typer.echo(faults[-1])
                number += 1
                if seed is not None:
                    typer.echo(f"{outcome}")
                    break
    total = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    typer.echo(f"seeds {first} to {number - 1}: {total}; slowest {slowest[0]:.1f} s: {slowest[1]}")
    typer.echo(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    typer.run(main)
