"""Goals for the bundled weights: target ranges of measured values, and whether they are met."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One goal with the measured value.

    Parameters
    ----------
    title
        What is measured.
    level
        Name of the level; empty for a value of all weights together.
    value
        Measured value.
    low, high
        Target range, both ends included.
    percent
        Whether values are shown as percentages.
    unit
        Unit after the number.
    """

    title: str
    level: str
    value: float
    low: float = -inf
    high: float = inf
    percent: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the value, rounded for display, lies in the target range."""
        digits = 3 if self.percent else 2
        return self.low <= round(self.value, digits) <= self.high

    @property
    def target(self) -> str:
        """The target range as text."""
        if isfinite(self.low) and isfinite(self.high):
            low = f"{100 * self.low:.1f}" if self.percent else f"{self.low:.2f}"
            return f"{low} to {self.as_text(self.high)}"
        if isfinite(self.low):
            return f"at least {self.as_text(self.low)}"
        return f"at most {self.as_text(self.high)}"

    def as_text(self, value: float | None = None) -> str:
        """Format a value, by default the measured one, with its unit."""
        value = self.value if value is None else value
        text = f"{100 * value:.1f} %" if self.percent else f"{value:.2f}"
        return f"{text} {self.unit}".strip()
