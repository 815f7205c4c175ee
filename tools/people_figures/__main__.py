"""Draw clips of known dancers, count and follow the people in them, and print a table.

    PYTHONPATH=. python -m tools.people_figures --seeds 100 --seeds 101 --solos 20

Seeds under 100 were used to choose constants; the others only measure.
"""

from __future__ import annotations

from typing import Annotated

import typer

from tools.people_figures.composites import KINDS, compose
from tools.people_figures.measure import Figures, measure

HEADER = (
    "| clip | people | found | identity, number 1 | identity, all | seen | seconds |\n"
    "|---|---|---|---|---|---|---|"
)


def row(name: str, figures: Figures) -> str:
    """Return the line of a clip in the table."""
    return (
        f"| {name} | {figures.count} | {figures.found} | {figures.main_identity:.1%} | "
        f"{figures.identity:.1%} | {figures.seen:.1%} | {figures.cpu_s:.1f} |"
    )


def main(
    seeds: Annotated[list[int], typer.Option(help="Seeds of the groups.")] = [100],  # noqa: B006
    solos: Annotated[int, typer.Option(help="Number of solo clips.")] = 20,
    first_solo: Annotated[int, typer.Option(help="Seed of the first of them.")] = 100,
    only: Annotated[str, typer.Option(help="Only kinds whose name contains this.")] = "",
    duration_s: Annotated[float, typer.Option(help="Length of each clip (s).")] = 6.0,
) -> None:
    """Print how well people are counted and followed."""
    groups = [kind for kind in KINDS if not kind.startswith("solo") and only in kind]
    alone = [kind for kind in KINDS if kind.startswith("solo")]
    clips = [(kind, seed) for kind in groups for seed in seeds]
    clips += [(alone[n % len(alone)], first_solo + n) for n in range(solos)]
    typer.echo(HEADER)
    done: list[Figures] = []
    for kind, seed in clips:
        figures = measure(compose(kind, seed, duration_s))
        done.append(figures)
        typer.echo(row(f"{kind}, seed {seed}", figures))
    many = [one for one in done if one.is_tracked]
    single = [one for one in done if one.count == 1]
    right = sum(one.found == one.count for one in done)
    typer.echo(f"\nCount right in {right} of {len(done)} clips.")
    typer.echo(f"Second person seen in {sum(one.found > 1 for one in single)} of {len(single)}.")
    for name in ("main_identity", "identity", "seen"):
        mean = sum(getattr(one, name) for one in many) / max(1, len(many))
        typer.echo(f"Mean {name}: {mean:.1%} of frames.")


if __name__ == "__main__":
    typer.run(main)
