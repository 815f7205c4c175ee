"""A time range of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from d2m.core.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class ClipPart:
    """A time range of a clip; by default the whole clip.

    Parameters
    ----------
    start_s
        Start, counted from the clip's first frame (s).
    length_s
        Maximum duration (s), or None for everything after the start.

    Raises
    ------
    SettingsError
        If the start is negative, the duration is not positive, or one of them is not finite.
    """

    start_s: float = 0.0
    length_s: float | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if not isfinite(self.start_s) or self.start_s < 0:
            raise SettingsError(f"A part can't start at {self.start_s:g} s: choose 0 s or later.")
        if self.length_s is not None and not (isfinite(self.length_s) and self.length_s > 0):
            raise SettingsError(f"A part can't last {self.length_s:g} s: choose more than 0 s.")

    @property
    def is_whole(self) -> bool:
        """Whether the part is the whole clip."""
        return self.start_s == 0 and self.length_s is None
