"""Make music for many clips: list them, do those that are not finished, and list the outcomes."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from d2m.checkpoints import import_dropped_files, missing_line
from d2m.checkpoints.registry import family_named
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.errors import JobError, SettingsError
from d2m.core.levels import DEFAULT_LEVELS, HopLevel, levels_named
from d2m.core.parallel import usable_cores
from d2m.core.settings import Settings
from d2m.jobs.batch.batch_list import clips_of
from d2m.jobs.batch.batch_rows import BatchRows
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.clip_worker import ClipWorker
from d2m.jobs.batch.local_engine import run_local
from d2m.jobs.batch.shard import ROWS_NAME, Shard
from d2m.jobs.batch.storage import open_storage
from d2m.jobs.batch.target_lock import combining_rows, only_batch
from d2m.jobs.batch.write_errors import explain_write_errors
from d2m.jobs.messages import Limits
from d2m.perception.beat_correction import check_correction

Engine = Callable[[list[BatchClip], str], Generator[ClipRow, None, None]]
"""Does clips for a target and yields their rows as they are finished; closing it ends all work."""
_FLUSH_S = 30.0
"""Time between two updates of the file of rows in a bucket (s); chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """How far a batch is.

    Parameters
    ----------
    clips
        Number of clips, of the shard if there are several.
    ok, refused, failed
        How many of them ended in which way, earlier runs included.
    done_now
        How many were done in this run.
    seconds
        Wall-clock time of this run (s).
    rows
        Where the file with the rows is: that of the shard as long as other shards are not done.
    """

    clips: int
    ok: int = 0
    refused: int = 0
    failed: int = 0
    done_now: int = 0
    seconds: float = 0.0
    rows: str = ""

    @property
    def done(self) -> int:
        """Number of clips that have a row."""
        return self.ok + self.refused + self.failed


class BatchObserver:
    """Receives the progress of a batch; every method does nothing unless it is overridden."""

    def on_begin(self, summary: BatchSummary) -> None:
        """Receive how far the batch is before it begins."""

    def on_row(self, row: ClipRow, summary: BatchSummary) -> None:
        """Receive the row of a clip, and how far the batch is."""


def local_engine(workers: int | None = None, limits: Limits | None = None) -> Engine:
    """Return the engine that does clips on this machine.

    Parameters
    ----------
    workers
        Number of clips at a time; by default one for each core.
    limits
        Limits of the processes and of each clip.

    Raises
    ------
    SettingsError
        If there are no workers.
    """
    count = usable_cores() if workers is None else workers
    if count < 1:
        raise SettingsError(f"There are {count} workers: choose 1 or more.")

    def run(clips: list[BatchClip], target: str) -> Generator[ClipRow, None, None]:
        return run_local(clips, lambda: ClipWorker(target, limits=limits), count)

    return run


def run_batch(
    source: str,
    target: str,
    *,
    levels: str = DEFAULT_LEVELS,
    settings: Settings | None = None,
    engine: Engine | None = None,
    shard: Shard | None = None,
    retry: bool = False,
    observer: BatchObserver | None = None,
) -> BatchSummary:
    """Make music for many clips.

    Each clip gets a folder in the target, with its files and ``row.json``, and a row in
    ``results.jsonl``. Called again after it was stopped or killed, it goes on.

    Parameters
    ----------
    source
        Folder, pattern, manifest or URL, see `d2m.jobs.batch.batch_list.clips_of`.
    target
        Folder or URL for the results, see `d2m.jobs.batch.storage.open_storage`.
    levels
        See `d2m.core.levels.levels_named`; a manifest may give others for single clips.
    settings
        How the music is made; a manifest may change them for single clips.
    engine
        Does the work; by default `local_engine`.
    shard
        Which part of the clips is done; by default all.
    retry
        Whether clips that were refused or failed before are done again.
    observer
        Receives the progress.

    Returns
    -------
    BatchSummary
        What came of the clips; each of them has a row.

    Raises
    ------
    D2MError
        With one sentence, before the work begins, if the source, the target, a setting or weights
        can't be used; and later if files can't be written, or clips got no row.

    Examples
    --------
    >>> summary = run_batch("clips", "out", levels="both", engine=local_engine(workers=4))
    """
    chosen, part = settings or Settings(), shard or Shard()
    check_correction(chosen)
    clips = clips_of(source, levels=levels, settings=chosen, target=target)
    _check_weights(clips)
    do = engine or local_engine()
    storage = open_storage(target)
    with only_batch(target, part):
        rows = BatchRows(storage, clips, part, retry=retry)
        run = _Run(rows, len(part.part_of(clips)), observer or BatchObserver())
        run.do(do, target, f"{target}/{part.rows_name}")
        with combining_rows(target, part):
            is_complete = rows.finish()
        return run.summary(f"{target}/{ROWS_NAME if is_complete else part.rows_name}")


class _Run:
    """Passes the rows of an engine on: to the disk and to an observer."""

    def __init__(self, rows: BatchRows, clips: int, observer: BatchObserver) -> None:
        self._rows, self._clips, self._observer = rows, clips, observer
        self._start = self._flushed_s = time.monotonic()
        self._done_now = 0
        self._counts = Counter(row.status for row in rows.part)

    def summary(self, rows_file: str) -> BatchSummary:
        """Return what came of the clips so far."""
        return BatchSummary(
            clips=self._clips,
            ok=self._counts["ok"],
            refused=self._counts["refused"],
            failed=self._counts["failed"],
            done_now=self._done_now,
            seconds=time.monotonic() - self._start,
            rows=rows_file,
        )

    def do(self, engine: Engine, target: str, rows_file: str) -> None:
        """Do the clips that are not finished.

        Raises
        ------
        OutputError
            If the rows can't be written.
        JobError
            If the engine yields no row for a clip.
        """
        with explain_write_errors(rows_file):
            self._rows.begin()
        self._observer.on_begin(self.summary(rows_file))
        todo = self._rows.todo
        missing = {clip.id for clip in todo}
        if not todo:
            return
        with self._flushed_at_end(rows_file), contextlib.closing(engine(todo, target)) as done:
            for row in done:
                missing.discard(row.id)
                with explain_write_errors(rows_file):
                    self._rows.add(row)
                    self._flush_now_and_then()
                self._counts[row.status] += 1
                self._done_now += 1
                self._observer.on_row(row, self.summary(rows_file))
        if missing:
            raise JobError(
                f"{len(missing)} clips were not done, such as {min(missing)}: run the same command "
                "again."
            )

    @contextlib.contextmanager
    def _flushed_at_end(self, rows_file: str) -> Iterator[None]:
        """Store all rows when the context is left, also by Ctrl+C."""
        try:
            yield
        finally:
            with explain_write_errors(rows_file):
                self._rows.flush()

    def _flush_now_and_then(self) -> None:
        if time.monotonic() - self._flushed_s > _FLUSH_S:
            self._rows.flush()
            self._flushed_s = time.monotonic()


def _check_weights(clips: list[BatchClip]) -> None:
    """Check that the weights of all clips are installed.

    Raises
    ------
    CheckpointError
        If some are not; the message says how to get them.
    """
    needed: dict[str, set[HopLevel]] = {}
    for clip in clips:
        hop_levels = {one for one in levels_named(clip.levels) if isinstance(one, HopLevel)}
        needed.setdefault(clip.settings.weights, set()).update(hop_levels)
    if any(missing_line(name, level) for name, levels in needed.items() for level in levels):
        import_dropped_files()
    for name, levels in needed.items():
        resolve_weights(family_named(name).name, tuple(levels))
