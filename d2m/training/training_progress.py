"""How far a training is, and when it reports and saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

PAUSE_S = 60.0
"""Time (s) between two checkpoints of a training that lasts for a given time."""


@dataclass
class TrainingProgress:
    """The steps done, the time (s) they took, and the sums of the metrics since the last report.

    Checkpoints store the fields by name.
    """

    step: int = 0
    seconds: float = 0.0
    reported: int = 0
    sums: dict[str, float | Tensor] = field(default_factory=dict)

    def add(self, metrics: Mapping[str, float | Tensor]) -> None:
        """Add the metrics of one step."""
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.step += 1

    def means(self) -> dict[str, float]:
        """Return the means since the last call, by name, and start anew."""
        count = self.step - self.reported
        means = {name: float(total) / count for name, total in self.sums.items()}
        self.reported, self.sums = self.step, {}
        return means


class TrainingPauses:
    """Decide when a training reports and saves.

    Parameters
    ----------
    progress
        Where it starts or resumes.
    report_every, save_every
        Steps between two reports, and between two checkpoints.
    timed
        Whether both come every `PAUSE_S` seconds instead.
    """

    def __init__(
        self, progress: TrainingProgress, *, report_every: int, save_every: int, timed: bool
    ) -> None:
        self._report_every, self._save_every, self._timed = report_every, save_every, timed
        self._reported = (progress.step, progress.seconds)
        self._saved_s = progress.seconds

    def report_due(self, progress: TrainingProgress, *, ended: bool) -> bool:
        """Return whether to report now."""
        return ended or self._due(progress, self._report_every, self._reported[1])

    def save_due(self, progress: TrainingProgress, *, ended: bool) -> bool:
        """Return whether to save now."""
        due = ended or self._due(progress, self._save_every, self._saved_s)
        if due:
            self._saved_s = progress.seconds
        return due

    def seconds_a_step(self, progress: TrainingProgress) -> float:
        """Return the time (s) of a step since the last call."""
        steps, seconds = (
            now - then
            for now, then in zip((progress.step, progress.seconds), self._reported, strict=True)
        )
        self._reported = (progress.step, progress.seconds)
        return seconds / max(1, steps)

    def _due(self, progress: TrainingProgress, every: int, last_s: float) -> bool:
        if self._timed:
            return progress.seconds - last_s >= PAUSE_S
        return progress.step % every == 0
