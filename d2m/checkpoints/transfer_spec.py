"""What is downloaded, for how long it is tried, and what a person reads when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.catalog import Source
from d2m.core.errors import CheckpointError


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long a download is tried.

    Parameters
    ----------
    timeout_s
        Longest silence of the server (s), also until it accepts the connection.
    attempts
        Times that a transfer is begun, or gone on with, in one command.
    pause_s
        Pause before the second attempt (s); it doubles with each further one.
    """

    timeout_s: float = 30.0
    attempts: int = 4
    pause_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class TransferSpec:
    """What is downloaded, and how.

    Parameters
    ----------
    key
        Its key in the registry.
    source
        Where the file is.
    name
        What the authors call it, for messages.
    folder
        Where the file, and parts of it, are put.
    max_bytes
        A larger file is refused.
    retry_policy
        How long it is tried.
    told
        Called with the bytes that are there and the bytes expected (0 if nobody knows).
    """

    key: str
    source: Source
    name: str
    folder: Path
    max_bytes: int
    retry_policy: RetryPolicy
    told: Callable[[int, int], None]

    @property
    def manual_import_hint(self) -> str:
        """What a person can do where the program can't."""
        return (
            f"download {self.name} in a browser from {self.source.url} and run "
            "`python -m d2m weights import` on it"
        )

    def unreachable_message(self, host: str) -> str:
        """Return the sentence for a server that can't be reached."""
        return f"{host} can't be reached: check the network, or {self.manual_import_hint}."

    def interrupted_message(self, host: str) -> str:
        """Return the sentence for a transfer that stopped half-way."""
        return f"The download of {self.name} from {host} broke off: run the command again."

    def check_size(self, n_bytes: int, host: str) -> None:
        """Refuse a file that is too large.

        Raises
        ------
        CheckpointError
            If it has more than ``max_bytes``.
        """
        if n_bytes > self.max_bytes:
            raise CheckpointError(
                f"What {host} sends for {self.name} has more than {self.max_bytes / 1e6:.0f} MB, "
                "far more than the published file: it was not kept."
            )
