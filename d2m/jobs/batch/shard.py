"""A part of the clips of a batch, so that several machines can share the work."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.errors import SettingsError
from d2m.jobs.batch.clip_row import BatchClip

ROWS_NAME = "results.jsonl"
"""Name of the file with the rows of all clips."""


@dataclass(frozen=True)
class Shard:
    """One of ``count`` equal parts; ``index`` counts from 0, as Slurm arrays do."""

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read a shard from a text such as ``"0/4"``.

        Raises
        ------
        SettingsError
            If it is no shard.
        """
        index, slash, count = text.partition("/")
        try:
            shard = cls(int(index), int(count))
        except ValueError:
            slash = ""
        if not slash or not 0 <= shard.index < shard.count:
            raise SettingsError(
                f"The shard is {text!r}: choose i/n with i from 0 to n - 1, such as 0/4 to 3/4."
            )
        return shard

    @property
    def rows_name(self) -> str:
        """Name of the file with the rows of this part."""
        return ROWS_NAME if self.count == 1 else f"results.{self.index}-of-{self.count}.jsonl"

    @property
    def all_parts(self) -> tuple[Shard, ...]:
        """All parts, this one among them."""
        return tuple(Shard(index, self.count) for index in range(self.count))

    def part_of(self, clips: list[BatchClip]) -> list[BatchClip]:
        """Return the clips of this part. Clips of one source are in one part."""
        order = {source: n for n, source in enumerate(dict.fromkeys(c.source for c in clips))}
        return [clip for clip in clips if order[clip.source] % self.count == self.index]
