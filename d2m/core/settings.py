"""What a person can set, on the page, on the command line and in Python."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from d2m.core.errors import SettingsError
from d2m.core.styles import AUTO, style_named

COMPACT = "compact"
"""The family of weights that the project bundles."""
MAX_SHIFT_MS = 500.0
MAX_TAPS = 500
_RANGES = {
    "start_s": (0.0, 36_000.0, "s"),
    "length_s": (0.0, 36_000.0, "s"),
    "tempo_bpm": (30.0, 300.0, "BPM"),
    "beat_shift_ms": (-MAX_SHIFT_MS, MAX_SHIFT_MS, "ms"),
    "response": (0.0, 2.0, ""),
    "original": (0.0, 1.0, ""),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How music is made for a clip.

    Parameters
    ----------
    start_s, length_s
        The part of the clip to use (s); without a length, up to its end.
    tempo_bpm
        A tempo (BPM) to take instead of the dancer's.
    beat_shift_ms
        How much later than found the beats lie (ms).
    taps_s
        Times (s) in the part at which a person tapped the beat: tempo and beats follow them
        instead of the movement.
    style
        A style's name, or ``"auto"`` for the one that suits the dance.
    seed
        Chooses the song of the style and the bar of its phrase to begin with. The same
        settings give the same samples on the same machine. Published weights have one
        answer to a dance, so they have no seed.
    weights
        Family of weights, see ``python -m d2m weights list``.
    response
        How strongly the movement steers the music: 0 not at all, 1 as learned, 2 twice.
    original
        How loud the clip's own sound stays under the music, 0 (not at all) to 1.
    denoise
        Whether hiss is taken out.
    loudness
        Whether the music is brought to -14 LUFS.
    overlay
        Whether a second video shows both kinds of beats as they come.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    start_s: float = 0.0
    length_s: float | None = None
    tempo_bpm: float | None = None
    beat_shift_ms: float = 0.0
    taps_s: tuple[float, ...] = ()
    style: str = AUTO
    seed: int = 0
    weights: str = COMPACT
    response: float = 1.0
    original: float = 0.0
    denoise: bool = True
    loudness: bool = True
    overlay: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        for name, (least, most, unit) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and least <= value <= most):
                label = name.rpartition("_")[0] or name
                raise SettingsError(
                    f"The {label.replace('_', ' ')} is {value:g} {unit}".rstrip()
                    + f": choose {least:g} to {most:g}."
                )
        if self.seed < 0:
            raise SettingsError(f"The seed is {self.seed}: choose a whole number from 0 on.")
        if len(self.taps_s) > MAX_TAPS or not all(
            math.isfinite(tap) and tap >= 0 for tap in self.taps_s
        ):
            raise SettingsError(
                f"The tapped beats must be times in seconds, {MAX_TAPS} at most: tap them again."
            )
        if self.style != AUTO:
            style_named(self.style)

    def facts(self) -> dict[str, Any]:
        """Return the settings as a report holds them."""
        return asdict(self) | {"taps_s": list(self.taps_s)}

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Settings:
        """Read what `facts` returned.

        Raises
        ------
        SettingsError
            If they are no settings.
        """
        known = {field.name for field in fields(cls)}
        try:
            given = {name: value for name, value in facts.items() if name in known}
            taps_s = tuple(float(tap) for tap in given.pop("taps_s", ()))
            return cls(taps_s=taps_s, **given)
        except (AttributeError, TypeError, ValueError):
            raise SettingsError(
                "The settings can't be read: give a report that D2M wrote, as it is."
            ) from None


def taps_in(text: str) -> tuple[float, ...]:
    """Return the times (s) in a text such as ``"0.52, 1.03, 1.55"``, in order.

    Raises
    ------
    SettingsError
        If something in it is no number.
    """
    try:
        return tuple(sorted(float(word) for word in text.replace(",", " ").split()))
    except ValueError:
        raise SettingsError(
            "The tapped beats must be times in seconds such as 0.52, 1.03, 1.55: tap them again."
        ) from None
