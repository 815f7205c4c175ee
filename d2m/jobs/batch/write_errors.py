"""One sentence for files that can't be written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from d2m.core.errors import D2MError, OutputError


@contextlib.contextmanager
def explain_write_errors(files: str) -> Iterator[None]:
    """Turn errors of the system, or of the driver of a bucket, into one sentence.

    Parameters
    ----------
    files
        What is written, as the sentence begins.

    Raises
    ------
    OutputError
        If the block raises any error that has no sentence of its own.
    """
    try:
        yield
    except D2MError:
        raise
    except Exception as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise OutputError(
            f"{files} can't be written ({reason.lower()}): check the disk and the folders, then "
            "run the same command again; finished clips are kept."
        ) from error
