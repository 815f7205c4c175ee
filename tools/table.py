"""A table of test cases: the outcome of each, the time it took, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

import typer

P95_REFUSAL_S = 3.0
"""Time within which 95 % of the refused clips should be refused (s); chosen by hand."""
MIN_REFUSALS = 20
"""Fewest refusals for which their times are judged (count): fewer have no useful percentile."""
N_SLOWEST = 8
"""Cases that the summary lists as the slowest (count); chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The result of one case.

    Parameters
    ----------
    name
        Name of the case.
    outcome
        What happened.
    seconds
        Time that it took (s).
    fault
        What is wrong with the outcome; empty if nothing is.
    is_refusal
        Whether a clip was refused.
    """

    name: str
    outcome: str
    seconds: float
    fault: str = ""
    is_refusal: bool = False


@dataclass
class Table:
    """Prints rows as they are added, and a summary of them."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Add a row and print it."""
        verdict = f"FAILED: {row.fault}" if row.fault else "ok"
        typer.echo(f"{row.name:60} {row.seconds:6.1f} s  {verdict:8} {row.outcome}")
        self.rows.append(row)

    def print_summary(self) -> int:
        """Print the slowest cases and the totals, and return the number of failures."""
        typer.echo("\nSlowest:")
        for row in sorted(self.rows, key=lambda row: -row.seconds)[:N_SLOWEST]:
            typer.echo(f"  {row.seconds:6.1f} s  {row.name}")
        failed = sum(bool(row.fault) for row in self.rows)
        passed = len(self.rows) - failed
        failed += self._refusals_too_slow()
        typer.echo(f"{passed} passed, {failed} failed")
        return failed

    def _refusals_too_slow(self) -> bool:
        seconds = sorted(row.seconds for row in self.rows if row.is_refusal)
        if not seconds:
            return False
        p95 = seconds[int(0.95 * (len(seconds) - 1))]
        typer.echo(
            f"{len(seconds)} clips refused: median {seconds[len(seconds) // 2]:.2f} s, "
            f"95 % within {p95:.2f} s, longest {seconds[-1]:.1f} s"
        )
        too_slow = p95 >= P95_REFUSAL_S and len(seconds) >= MIN_REFUSALS
        if too_slow:
            typer.echo(f"Refusals are too slow: 95 % should take less than {P95_REFUSAL_S:g} s.")
        return too_slow
