"""The description of one download: source, folder, size limit, retries and error messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.catalog import Source
from d2m.core.errors import CheckpointError


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Timeout and number of attempts of a download. The defaults were chosen by hand.

    Parameters
    ----------
    timeout_s
        Longest wait (s) for a connection, and for more data on an open one.
    attempts
        Number of times that a transfer is started or resumed before the download fails.
    pause_s
        Pause (s) before the second attempt; it doubles before each further one. Not used
        for Google Drive, where gdown chooses the pauses.
    """

    timeout_s: float = 30.0
    attempts: int = 4
    pause_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class TransferSpec:
    """One file to download.

    Parameters
    ----------
    key
        Key of the file in `d2m.checkpoints.catalog.WEIGHT_FILES`.
    source
        Where to download it from.
    name
        The authors' file name, used in messages.
    folder
        Folder for the file and for partial downloads of it.
    max_bytes
        Largest accepted size (bytes).
    retry_policy
        Timeout and attempts.
    on_progress
        Called with the bytes received and the bytes expected (0 if unknown).
    """

    key: str
    source: Source
    name: str
    folder: Path
    max_bytes: int
    retry_policy: RetryPolicy
    on_progress: Callable[[int, int], None]

    @property
    def manual_import_hint(self) -> str:
        """How to download the file in a browser and import it, as part of a sentence."""
        return (
            f"download {self.name} in a browser from {self.source.url} and run "
            "`python -m d2m weights import` on it"
        )

    def unreachable_message(self, host: str) -> str:
        """Return the error message for a server that can't be reached."""
        return f"{host} can't be reached: check the network, or {self.manual_import_hint}."

    def interrupted_message(self, host: str) -> str:
        """Return the error message for an interrupted transfer."""
        return f"The download of {self.name} from {host} was interrupted: run the command again."

    def check_size(self, n_bytes: int, host: str) -> None:
        """Check the size of the file against ``max_bytes``.

        Raises
        ------
        CheckpointError
            If ``n_bytes`` is larger.
        """
        if n_bytes > self.max_bytes:
            raise CheckpointError(
                f"{host} sends more than {self.max_bytes / 1e6:.0f} MB for {self.name}, far more "
                f"than the published file has, so nothing was kept: {self.manual_import_hint}."
            )
