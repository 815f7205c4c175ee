"""Print the progress of a job on the command line."""

from __future__ import annotations

import sys


class ConsoleProgress:
    """Prints the stages of a job to standard error.

    On a terminal, progress is a line that is overwritten; elsewhere it is a line for each stage.
    """

    def __init__(self) -> None:
        self._stage = ""

    def report(self, stage: str, share: float) -> None:
        """Print a stage and the share of it that is done."""
        if sys.stderr.isatty():
            end = "\n" if share >= 1.0 else ""
            sys.stderr.write(f"\r{stage}: {share:4.0%}{end}")
        elif stage != self._stage:
            sys.stderr.write(f"{stage} ...\n")
        sys.stderr.flush()
        self._stage = stage
