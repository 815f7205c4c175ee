"""The rows of a batch: which clips are finished, and the file that lists what came of all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from d2m.core.errors import DataError, SettingsError
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.file_systems import is_remote
from d2m.jobs.batch.shard import ROWS_NAME, Shard
from d2m.jobs.batch.storage import ROW_NAME, Storage


class BatchRows:
    """The rows of the clips of one shard.

    The truth about a clip is the row in its folder. The file of all rows is written beside it, so
    that nobody has to open thousands of files; whatever it lacks is taken from the folders.

    Parameters
    ----------
    storage
        The target.
    clips
        All clips of the batch, in the order of the list.
    shard
        Which of them are done here.
    retry
        Whether clips that were refused or failed are done again.

    Attributes
    ----------
    todo : list of BatchClip
        The clips of the shard that are still to be done.
    known : dict
        The rows of finished clips by their identifiers.

    Raises
    ------
    SettingsError
        If a finished clip was made from another source or with other settings.
    """

    def __init__(
        self, storage: Storage, clips: list[BatchClip], shard: Shard, *, retry: bool = False
    ) -> None:
        self._storage, self._clips, self._shard = storage, clips, shard
        self._part = shard.part_of(clips)
        self.known = self._stored()
        self.todo: list[BatchClip] = []
        for clip in self._part:
            row = self.known.get(clip.id)
            if row is not None and _is_kept(row, clip, retry):
                continue
            self.known.pop(clip.id, None)
            self.todo.append(clip if row is None else replace(clip, is_again=True))

    def begin(self) -> None:
        """Write the rows of the finished clips, without those of clips that are done again."""
        if self.known or self._storage.read_text(self._shard.rows_name):
            self._write(self._shard.rows_name, self._in_order(self.known))

    def add(self, row: ClipRow) -> None:
        """Append the row of a clip that was done.

        Raises
        ------
        OSError
            If it can't be written.
        """
        self.known[row.id] = row
        self._storage.append_line(self._shard.rows_name, row.to_json())

    def flush(self) -> None:
        """Store the appended rows, where that did not happen at once."""
        self._storage.flush()

    @property
    def part(self) -> list[ClipRow]:
        """The rows of the finished clips of the shard, in the order of the list."""
        return [self.known[clip.id] for clip in self._part if clip.id in self.known]

    def finish(self) -> bool:
        """Write the rows of the shard in the order of the list, and those of all if complete.

        Returns
        -------
        bool
            Whether every clip of the batch has a row, so that the file of all rows is there.
        """
        self._write(self._shard.rows_name, self._in_order(self.known))
        if self._shard.count == 1:
            return len(self.part) == len(self._clips)
        rows = self._read(ROWS_NAME)
        for shard in self._shard.all_parts:
            rows |= self._read(shard.rows_name)
        if any(clip.id not in rows for clip in self._clips):
            return False
        self._write(ROWS_NAME, self._in_order(rows))
        return True

    def _stored(self) -> dict[str, ClipRow]:
        """Return the rows of clips that are finished, by their identifiers."""
        finished = self._storage.list_ids()
        rows = self._read(self._shard.rows_name)
        known = {name: row for name, row in rows.items() if name in finished}
        for clip in self._part:
            if clip.id in finished and clip.id not in known:
                known |= self._read(f"{clip.id}/{ROW_NAME}")
        return known

    def _read(self, name: str) -> dict[str, ClipRow]:
        """Return the rows in a file; the last one of a clip counts, and damaged lines don't."""
        rows = {}
        for line in (self._storage.read_text(name) or "").split("\n"):
            with contextlib.suppress(DataError):  # a line that was cut off
                row = ClipRow.from_json(line)
                rows[row.id] = row
        return rows

    def _in_order(self, rows: dict[str, ClipRow]) -> Iterator[ClipRow]:
        """Yield rows in the order of the list, then those of clips that it does not hold."""
        listed = {clip.id for clip in self._clips}
        yield from (rows[clip.id] for clip in self._clips if clip.id in rows)
        yield from (row for name, row in rows.items() if name not in listed)

    def _write(self, name: str, rows: Iterable[ClipRow]) -> None:
        self._storage.write_text(name, "".join(f"{row.to_json()}\n" for row in rows))


def _is_kept(row: ClipRow, clip: BatchClip, retry: bool) -> bool:
    """Return whether the row of a finished clip stands, or the clip is done again.

    Raises
    ------
    SettingsError
        If its music would be lost by that.
    """
    if _without_query(row.source) != _without_query(clip.source):
        what = f"was made from {row.source}, not from {clip.source}"
    elif (row.levels, row.settings) != (clip.levels, clip.choices):
        what = "was made with other levels or settings"
    else:
        return row.status == "ok" or not retry
    if row.status == "ok":
        raise SettingsError(
            f"The clip {clip.id} in the target {what}: choose another target, or delete its folder."
        )
    return False


def _without_query(source: str) -> str:
    """Return a source without the signature that some addresses carry, which changes."""
    return source.partition("?")[0] if is_remote(source) else source
