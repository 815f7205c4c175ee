"""Does one clip of a batch after another, whatever happens to the process that works on it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
import traceback
from pathlib import Path

from d2m.core.errors import (
    D2MError,
    DataError,
    JobError,
    OutputError,
    RefusedJobError,
    StorageError,
)
from d2m.core.events import ResultFiles
from d2m.jobs.batch.clip_files import fetch_clip
from d2m.jobs.batch.clip_row import BatchClip, ClipRow, RowStatus
from d2m.jobs.batch.scratch_folder import ScratchFolder
from d2m.jobs.batch.storage import ROW_NAME, open_storage
from d2m.jobs.batch.write_errors import explain_write_errors
from d2m.jobs.messages import Job, Limits
from d2m.jobs.worker_pool import WorkerPool
from d2m.media.clip_limits import ClipLimits
from d2m.media.disk_cache import DiskCache

MIN_FREE_BYTES = 256 << 20
"""Disk space (bytes) below which a clip that found too little counts as the sign of a full disk,
which ends the batch; with more, only that clip fails. Chosen by hand: the temporary files of an
ordinary clip take less."""


class StoppedError(D2MError):
    """The work on a clip was stopped from outside; nothing is known about the clip."""


class ClipWorker:
    """Makes the music of clips and stores it, one clip at a time.

    The work happens in a warm process with limits on its time and memory, which is killed and
    replaced when it hangs or crashes. The temporary files are in a folder of its own.

    Parameters
    ----------
    target
        Folder or URL for the results, as for `d2m.jobs.batch.storage.open_storage`.
    limits
        Limits of the process and of each clip.

    Raises
    ------
    OutputError, SettingsError
        If nothing can be written into the target or the folder for temporary files.

    Examples
    --------
    >>> with contextlib.closing(ClipWorker("out")) as worker:
    ...     row = worker.run(BatchClip(id="clip", source="/clips/clip.mp4"))
    """

    def __init__(self, target: str, *, limits: Limits | None = None) -> None:
        self._storage = open_storage(target)
        self._stop = threading.Event()
        try:
            self._scratch = ScratchFolder()
        except OSError as error:
            raise OutputError(
                f"No temporary files can be written into {tempfile.gettempdir()}: set TMPDIR to "
                "another folder."
            ) from error
        self._pool = WorkerPool(limits, self._scratch.path)

    def run(self, clip: BatchClip) -> ClipRow:
        """Do a clip and return its row, which is then in the target together with its files.

        A clip that has a row there keeps it, unless it is to be done again.

        Raises
        ------
        OutputError
            If files can't be written, so that going on makes no sense.
        StoppedError
            If `stop` was called.
        """
        known = None if clip.is_again else self._storage.read_text(f"{clip.id}/{ROW_NAME}")
        if known is not None:
            with contextlib.suppress(DataError):  # of a version that wrote other rows
                return ClipRow.from_json(known)
        self._check_stop()
        start = time.monotonic()
        with explain_write_errors("Temporary files"):
            own = tempfile.TemporaryDirectory(prefix="clip-", dir=self._scratch.path)
        with own as folder:
            row = self._outcome(clip, Path(folder), start)
            with explain_write_errors(f"The results of {clip.id}"):
                out = _results_in(Path(folder), only_row=row.status != "ok")
                (out / ROW_NAME).write_text(row.to_json() + "\n", encoding="utf-8")
                self._storage.publish(out, clip.id)
        if row.status == "failed":
            self._replace_process()
        # The analysis of the latest clip is kept: the next one may be the same with other settings.
        DiskCache(self._pool.cache, max_bytes=0).tidy()
        return row

    def stop(self) -> None:
        """End the work on the current clip, and on all later ones, from another thread."""
        self._stop.set()

    def close(self) -> None:
        """Kill the process, and remove all temporary files."""
        self._pool.close()
        self._scratch.close()

    def _outcome(self, clip: BatchClip, folder: Path, start: float) -> ClipRow:
        """Make the music of a clip, and return what came of it."""
        try:
            self._make(clip, folder)
        except (StoppedError, OutputError):
            raise
        except StorageError as error:
            self._require_space(error)
            return clip.row("failed", message=str(error), seconds=time.monotonic() - start)
        except D2MError as error:
            is_failure = isinstance(error, JobError) and not isinstance(error, RefusedJobError)
            status: RowStatus = "failed" if is_failure else "refused"
            return clip.row(status, message=str(error), seconds=time.monotonic() - start)
        except Exception:
            traceback.print_exc()
            message = "An internal error occurred while working on this clip: try it again."
            return clip.row("failed", message=message, seconds=time.monotonic() - start)
        names = sorted(path.name for path in _results_in(folder).iterdir())
        files = tuple(f"{clip.id}/{name}" for name in (*names, ROW_NAME))
        return clip.row("ok", files=files, seconds=time.monotonic() - start)

    def _make(self, clip: BatchClip, folder: Path) -> None:
        if clip.problem:
            raise RefusedJobError(clip.problem)
        try:
            path = fetch_clip(clip.source, folder, ClipLimits().max_bytes)
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            raise StorageError(f"The clip can't be fetched ({reason}): try again.") from error
        out = _results_in(folder)
        job = Job(clip=path, levels=clip.levels, settings=clip.settings, out=out)
        archives: list[Path] = []
        with contextlib.closing(self._pool.run(job, self._stop)) as messages:
            for message in messages:
                self._check_stop()
                if isinstance(message, ResultFiles):
                    archives.append(message.archive)
        for archive in archives:  # which only repeats the other files
            archive.unlink()

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise StoppedError("The batch was stopped: run the same command again to continue.")

    def _replace_process(self) -> None:
        """Take a fresh process: one that ran out of memory would fail the next clip, too."""
        for slot in self._pool.slots:
            if slot.process is not None and slot.process.jobs:
                slot.clear()

    def _require_space(self, error: StorageError) -> None:
        """Raise an error if the disk of the temporary files is full."""
        free = shutil.disk_usage(self._scratch.path).free
        if free < MIN_FREE_BYTES:
            raise OutputError(
                f"Only {free / 1e6:.0f} MB of disk space are left for temporary files: free some, "
                f"or set TMPDIR to another folder, and run the same command again."
            ) from error


def _results_in(folder: Path, *, only_row: bool = False) -> Path:
    """Return the folder for results in a folder; an empty one for nothing but a row."""
    out = folder / ("row" if only_row else "results")
    out.mkdir(exist_ok=True)
    return out
