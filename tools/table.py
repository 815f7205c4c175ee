"""A table of cases: what came of each, how long it took, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

import typer

REFUSAL_S = 3.0
"""Time (s) within which 95 % of the clips that are refused should be."""
SLOWEST = 8


@dataclass(frozen=True, kw_only=True)
class Row:
    """How a case went: what came of it, how long that took (s), and what is wrong with it."""

    name: str
    outcome: str
    seconds: float
    fault: str = ""
    is_refusal: bool = False


@dataclass
class Table:
    """Prints rows as they come, and what they say together."""

    rows: list[Row] = field(default_factory=list)

    def note(self, row: Row) -> None:
        """Print a row and remember it."""
        verdict = f"FAILED: {row.fault}" if row.fault else "ok"
        typer.echo(f"{row.name:60} {row.seconds:6.1f} s  {verdict:8} {row.outcome}")
        self.rows.append(row)

    def summary(self) -> int:
        """Print the totals, and return how many cases failed."""
        typer.echo("\nSlowest:")
        for row in sorted(self.rows, key=lambda row: -row.seconds)[:SLOWEST]:
            typer.echo(f"  {row.seconds:6.1f} s  {row.name}")
        failed = sum(bool(row.fault) for row in self.rows)
        passed = len(self.rows) - failed
        failed += self._slow_refusals()
        typer.echo(f"{passed} passed, {failed} failed")
        return failed

    def _slow_refusals(self) -> bool:
        seconds = sorted(row.seconds for row in self.rows if row.is_refusal)
        if not seconds:
            return False
        p95 = seconds[int(0.95 * (len(seconds) - 1))]
        typer.echo(
            f"{len(seconds)} clips refused: median {seconds[len(seconds) // 2]:.2f} s, "
            f"95 % within {p95:.2f} s, longest {seconds[-1]:.1f} s"
        )
        too_slow = p95 >= REFUSAL_S and len(seconds) >= 20
        if too_slow:
            typer.echo(f"Refusals are too slow: 95 % should take less than {REFUSAL_S:g} s.")
        return too_slow
