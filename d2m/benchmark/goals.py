"""Goals for the bundled weights: target ranges of measured values, and whether they are met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite

from d2m.benchmark.metric_table import (
    CODEC,
    ESTIMATED_BEATS,
    GENERATED,
    PROCEDURAL_DANCERS,
    TRUE_BEATS,
    Rows,
    finite_mean,
)
from d2m.benchmark.results import Results
from d2m.core.levels import HIGH, LOW

MAX_WEIGHTS_MB = 25.0
"""Largest total size of the bundled weights (MB). Chosen by hand."""


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
    def ratio(self) -> float:
        """The value divided by the nearest end of the target range."""
        if isfinite(self.low) and isfinite(self.high):
            limit = min((self.low, self.high), key=lambda end: abs(self.value - end))
        else:
            limit = self.low if isfinite(self.low) else self.high
        return self.value / limit

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


def goals(results: Results) -> list[Goal]:
    """Return all goals whose values were measured. The target ranges are chosen by hand.

    The beats of procedural dancers are no goal: they move on the beat by rules that people do
    not follow. The goals for real dances are in `d2m.benchmark.real_rhythm_goals`.
    """
    found = [goal for name in results.levels for goal in _level_goals(results, name)]
    size = sum(file["bytes"] for file in results.weights.values()) / 1e6
    found.append(
        Goal(title="size of the weights", level="", value=size, high=MAX_WEIGHTS_MB, unit="MB")
    )
    return [goal for goal in found if isfinite(goal.value)]


def _level_goals(results: Results, level: str) -> list[Goal]:
    found = results.levels[level]
    limit = {HIGH.name: 0, LOW.name: 1}[level]

    def at_most(title: str, value: float, *limits: float, unit: str = "") -> Goal:
        return Goal(title=title, level=level, value=value, high=limits[limit], unit=unit)

    def at_least(title: str, value: float, low: float, percent: bool = False) -> Goal:
        return Goal(title=title, level=level, value=value, low=low, percent=percent)

    def music(key: str) -> float:
        return _row_mean(found.music, GENERATED, key)

    figures = found.figures
    nan = float("nan")
    codec_error = _row_mean(found.codec, CODEC, "mel_l1")
    convergence = _row_mean(found.codec, CODEC, "convergence")
    return [
        at_most("codec: log-mel L1, unseen songs", codec_error, 0.22, 0.16),
        at_most("codec: spectral convergence, unseen songs", convergence, 0.26, 0.10),
        at_most(
            "generator: log-mel L1 relative to the codec",
            figures.get("mel_ratio", nan),
            1.05,
            1.10,
        ),
        at_least(
            "dance zeroed: increase of log-mel L1", figures.get("zeroed_rise", nan), 0.25, True
        ),
        at_least("beat F, held-out pieces (true beats)", music("beat_f"), 0.85),
        *(
            at_least(f"beat F, {kind} ({row})", _row_mean(rows, row, "beat_f"), 0.85)
            for kind, rows in found.dances.items()
            if kind != PROCEDURAL_DANCERS
            for row in (ESTIMATED_BEATS, TRUE_BEATS)
        ),
        at_least("accent ratio", music("accents"), 2.0),
        replace(at_least("coverage (D2M-GAN)", music("coverage"), 0.97, True), high=1.03),
        at_least("hit (D2M-GAN)", music("hit"), 0.95, True),
        at_least("coverage (LORIS)", music("loris_coverage"), 0.97, True),
        at_least("hit (LORIS)", music("loris_hit"), 0.95, True),
        at_least("genre accuracy, 2 s segments", music("genre"), 0.60, True),
        at_most(
            "time for 10 s of music, 2 threads", figures.get("speed_s", nan), 0.5, 1.2, unit="s"
        ),
    ]


def _row_mean(rows: Rows, row: str, key: str) -> float:
    samples = rows.get(row, {})
    return finite_mean(samples[key]) if key in samples else float("nan")
