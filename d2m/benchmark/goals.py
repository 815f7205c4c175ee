"""What the bundled weights should reach, and whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from d2m.benchmark.metric_table import CODEC, GENERATED, HEARD, TRUE, Rows, mean
from d2m.benchmark.results import Results
from d2m.core.levels import HIGH, LOW


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One goal, and what was measured.

    Parameters
    ----------
    title
        What is measured.
    level
        Name of the level; empty where it is of all weights together.
    value
        What was measured.
    low, high
        The range that is wanted, ends included.
    percent
        Whether it is shown as a percentage.
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
        """Whether the value, rounded as it is shown, lies in the range."""
        digits = 3 if self.percent else 2
        return self.low <= round(self.value, digits) <= self.high

    @property
    def share(self) -> float:
        """The value over the limit that is nearest to it."""
        if isfinite(self.low) and isfinite(self.high):
            limit = min((self.low, self.high), key=lambda end: abs(self.value - end))
        else:
            limit = self.low if isfinite(self.low) else self.high
        return self.value / limit

    @property
    def wanted(self) -> str:
        """The range in words."""
        if isfinite(self.low) and isfinite(self.high):
            return f"{self._limit(self.low)} to {self.shown(self.high)}"
        if isfinite(self.low):
            return f"at least {self.shown(self.low)}"
        return f"at most {self.shown(self.high)}"

    def _limit(self, value: float) -> str:
        return f"{100 * value:.1f}" if self.percent else f"{value:.2f}"

    def shown(self, value: float | None = None) -> str:
        """Return a value, by default the measured one, as text."""
        value = self.value if value is None else value
        text = f"{100 * value:.1f} %" if self.percent else f"{value:.2f}"
        return f"{text} {self.unit}".strip()


def goals(results: Results) -> list[Goal]:
    """Return all goals whose figures were measured."""
    found = [goal for name in results.levels for goal in _level_goals(results, name)]
    size = sum(file["bytes"] for file in results.weights.values()) / 1e6
    found.append(Goal(title="size of the weights", level="", value=size, high=25.0, unit="MB"))
    return [goal for goal in found if isfinite(goal.value)]


def _level_goals(results: Results, level: str) -> list[Goal]:
    found = results.levels[level]
    limit = {HIGH.name: 0, LOW.name: 1}[level]

    def most(title: str, value: float, *limits: float, unit: str = "") -> Goal:
        return Goal(title=title, level=level, value=value, high=limits[limit], unit=unit)

    def least(title: str, value: float, low: float, percent: bool = False) -> Goal:
        return Goal(title=title, level=level, value=value, low=low, percent=percent)

    def music(key: str) -> float:
        return _mean(found.music, GENERATED, key)

    figures = found.figures
    nan = float("nan")
    return [
        most("codec: log-mel L1, unseen songs", _mean(found.codec, CODEC, "mel_l1"), 0.22, 0.16),
        most(
            "codec: spectral convergence, unseen songs",
            _mean(found.codec, CODEC, "convergence"),
            0.26,
            0.10,
        ),
        most("generator: log-mel L1 over the codec's", figures.get("mel_ratio", nan), 1.05, 1.10),
        least("dance zeroed: rise of log-mel L1", figures.get("zeroed_rise", nan), 0.25, True),
        least("beat F, held-out takes (true clock)", music("beat_f"), 0.85),
        *(
            least(f"beat F, {kind}: {row}", _mean(rows, row, "beat_f"), 0.85)
            for kind, rows in found.dances.items()
            for row in (HEARD, TRUE)
        ),
        least("onset strength at accents over elsewhere", music("accents"), 2.0),
        Goal(
            title="coverage, as published",
            level=level,
            value=music("coverage"),
            low=0.97,
            high=1.03,
            percent=True,
        ),
        least("hit, as published", music("hit"), 0.95, True),
        least("coverage, LORIS", music("loris_coverage"), 0.97, True),
        least("hit, LORIS", music("loris_hit"), 0.95, True),
        least("genre accuracy, 2 s segments", music("genre"), 0.60, True),
        most(
            "seconds for 10 s of music, 2 threads", figures.get("speed_s", nan), 0.5, 1.2, unit="s"
        ),
    ]


def _mean(rows: Rows, row: str, key: str) -> float:
    samples = rows.get(row, {})
    return mean(samples[key]) if key in samples else float("nan")
