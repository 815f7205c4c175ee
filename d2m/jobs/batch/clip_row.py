"""What a batch does with a clip, and the row that says what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from d2m.core.errors import DataError
from d2m.core.levels import DEFAULT_LEVELS
from d2m.core.settings import Settings

RowStatus = Literal["ok", "refused", "failed"]
"""What came of a clip: ``ok``; ``refused`` for a reason that lies in the clip or its settings, so
that another try ends the same; ``failed`` for a crash, a hang, or a lack of memory."""


@dataclass(frozen=True, kw_only=True)
class BatchClip:
    """A clip of a batch.

    Parameters
    ----------
    id
        Name of its folder in the target; no other clip of the batch has it.
    source
        Absolute path, or URL.
    levels
        See `d2m.core.levels.levels_named`.
    settings
        How its music is made.
    problem
        Empty, or one sentence why its line in the manifest can't be used.
    is_again
        Whether a row that it has in the target is replaced, instead of kept.
    """

    id: str
    source: str
    levels: str = DEFAULT_LEVELS
    settings: Settings = field(default_factory=Settings)
    problem: str = ""
    is_again: bool = False

    @property
    def choices(self) -> dict[str, Any]:
        """The settings that are not the default ones: JSON-ready values by name."""
        usual = Settings().facts()
        return {name: one for name, one in self.settings.facts().items() if one != usual[name]}

    def row(
        self, status: RowStatus, *, message: str = "", files: tuple[str, ...] = (), seconds: float
    ) -> ClipRow:
        """Return the row of this clip."""
        return ClipRow(
            id=self.id,
            source=self.source,
            status=status,
            message=message,
            files=files,
            seconds=round(seconds, 3),
            levels=self.levels,
            settings=self.choices,
        )


@dataclass(frozen=True, kw_only=True)
class ClipRow:
    """What came of a clip: one line of ``results.jsonl``.

    Parameters
    ----------
    id, source, levels
        As in `BatchClip`.
    status
        See `RowStatus`.
    message
        One sentence why there is no music; empty where there is.
    files
        The files, as paths relative to the target.
    seconds
        Wall-clock time that the clip took (s).
    settings
        The settings that are not the default ones, by name.
    """

    id: str
    source: str
    status: RowStatus
    message: str = ""
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    levels: str = DEFAULT_LEVELS
    settings: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the row as JSON on one line, without a line break."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ClipRow:
        """Read what `to_json` returned.

        Raises
        ------
        DataError
            If the text is no such row, such as a line that was cut off.
        """
        try:
            facts = json.loads(text)
            row = cls(**{**facts, "files": tuple(facts["files"])})
        except (ValueError, TypeError, KeyError) as error:
            raise DataError("This is no row of a batch: use a file that D2M wrote.") from error
        if row.status not in get_args(RowStatus):
            raise DataError(f"A row has the unknown status {row.status!r}: use a file by D2M.")
        return row
