"""How a score is arranged, apart from the song and the dance. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.errors import SettingsError

INTROS = ("auto", "build", "full")
"""How a piece begins: as suits the dance, layer by layer, or with everything from the start."""
ENDINGS = ("auto", "hit", "ring")
"""How a piece ends: as suits its length, with a short final hit, or with a long tail."""
MAX_AMOUNT = 2.0
"""Largest energy, density and brightness; 1 is neutral."""
MIN_SWING, MAX_SWING = 50.0, 75.0
"""Range of the swing (percent of a pair of notes): straight to dotted."""


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """How a song is arranged for a dance.

    Parameters
    ----------
    energy
        Factor of the dance's energy, 0 to 2: more gives stronger sections and louder playing.
    density
        How many parts and notes play, 0 to 2.
    brightness
        How high and bright the music is, 0 to 2: registers and cymbals here, the mix as well.
    drums, bass, chords, lead
        Whether these stems play. Effects belong to no stem of these and play with the drums.
    intro
        One of `INTROS`.
    ending
        One of `ENDINGS`.
    swing_percent
        Length of the first of two swung notes in percent of the pair, 50 to 75; by default
        that of the song.
    arrangement
        Seed of the arrangement: the same song, arranged otherwise.
    fixed_bars
        Whether the bars stay those of the dance's grid, because a person tapped them. By
        default they begin on the beat of four that suits the dance's hits and changes.

    Raises
    ------
    SettingsError
        If a value is out of its range, or nothing plays.
    """

    energy: float = 1.0
    density: float = 1.0
    brightness: float = 1.0
    drums: bool = True
    bass: bool = True
    chords: bool = True
    lead: bool = True
    intro: str = "auto"
    ending: str = "auto"
    swing_percent: float | None = None
    arrangement: int = 0
    fixed_bars: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("energy", "density", "brightness"):
            value = getattr(self, name)
            if not 0.0 <= value <= MAX_AMOUNT:
                raise SettingsError(f"{name.capitalize()} must be 0 to {MAX_AMOUNT:g}: {value}.")
        for name, choices in (("intro", INTROS), ("ending", ENDINGS)):
            value = getattr(self, name)
            if value not in choices:
                raise SettingsError(f"Unknown {name} {value!r}: choose {', '.join(choices)}.")
        swing = self.swing_percent
        if swing is not None and not MIN_SWING <= swing <= MAX_SWING:
            raise SettingsError(f"Swing must be {MIN_SWING:g} to {MAX_SWING:g} percent: {swing:g}.")
        if not (self.drums or self.bass or self.chords or self.lead):
            raise SettingsError("Nothing plays: switch on drums, bass, chords or lead.")
        if self.arrangement < 0:
            raise SettingsError("The arrangement must be 0 or more.")
