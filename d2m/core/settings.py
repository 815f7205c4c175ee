"""The settings of a job: the same on the page, on the command line, over HTTP and in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from d2m.core.common_settings import CommonSettings
from d2m.core.errors import SettingsError
from d2m.core.setting_fields import (
    Kind,
    setting,
    setting_fields,
    settings_facts,
    settings_from_facts,
)
from d2m.core.styles import AUTO, style_named

KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Names of the key notes, by pitch class from 0 (C)."""
INSTRUMENT_SWITCHES = ("drums", "bass", "chords", "lead")
"""The settings that turn instruments on or off."""


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """How music is made for a clip: what all levels share, and how its score is made.

    The studio version plays the score, and the bundled codecs rebuild it; published weights have
    none.

    Each field describes itself (`d2m.core.setting_fields.SettingField`): its label, help, unit
    and range are defined here and nowhere else.

    Parameters
    ----------
    energy, density, brightness
        How much the music drives, how many notes it has, and how bright it sounds: 0 to 2,
        where 1 follows the dance.
    key, mode
        Key note, such as ``"D"``, and ``"major"`` or ``"minor"``; ``"auto"`` for those of the
        song.
    drums, bass, chords, lead
        Which instruments play.
    intro
        ``"build"`` lets the instruments enter one by one, ``"full"`` starts with all of them,
        ``"auto"`` follows the dance.
    ending
        ``"hit"`` ends with a short chord, ``"ring"`` with one that rings out, ``"auto"`` as
        fits the clip.
    swing_percent
        Length of the first of two swung notes in percent of the pair; None for that of the
        style.
    arrangement
        Another number gives the same song in another arrangement.

    Raises
    ------
    SettingsError
        If a value is out of its range, or no instrument is on.
    """

    energy: float = setting(
        1.0,
        kind=Kind.NUMBER,
        label="Energy",
        help="How much drive the music has: 0 is calm, 1 matches the dance, 2 is strong.",
        section="score",
        minimum=0.0,
        maximum=2.0,
        step=0.1,
    )
    density: float = setting(
        1.0,
        kind=Kind.NUMBER,
        label="Density",
        help="How many notes are played: 0 is sparse, 1 matches the dance, 2 is busy.",
        section="score",
        minimum=0.0,
        maximum=2.0,
        step=0.1,
    )
    brightness: float = setting(
        1.0,
        kind=Kind.NUMBER,
        label="Brightness",
        help="How bright the music sounds: 0 is dark, 1 is normal, 2 is bright.",
        section="score",
        minimum=0.0,
        maximum=2.0,
        step=0.1,
    )
    key: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Key",
        help="Key of the music.",
        section="score",
        choices=(("As composed", AUTO), *((key, key) for key in KEYS)),
    )
    mode: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Mode",
        help="Major or minor.",
        section="score",
        choices=(("As composed", AUTO), ("Major", "major"), ("Minor", "minor")),
    )
    drums: bool = setting(
        True, kind=Kind.SWITCH, label="Drums", help="Include drums.", section="score"
    )
    bass: bool = setting(
        True, kind=Kind.SWITCH, label="Bass", help="Include bass.", section="score"
    )
    chords: bool = setting(
        True, kind=Kind.SWITCH, label="Chords", help="Include chords.", section="score"
    )
    lead: bool = setting(
        True, kind=Kind.SWITCH, label="Melody", help="Include the melody.", section="score"
    )
    intro: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Intro",
        help="How the music begins.",
        section="score",
        choices=(("Match the dance", AUTO), ("Build up", "build"), ("Full from the start", "full")),
    )
    ending: str = setting(
        AUTO,
        kind=Kind.CHOICE,
        label="Ending",
        help="How the music ends.",
        section="score",
        choices=(("Match the dance", AUTO), ("Short final hit", "hit"), ("Ring out", "ring")),
    )
    swing_percent: float | None = setting(
        None,
        kind=Kind.OPTIONAL_NUMBER,
        label="Swing",
        help="50 is straight, 67 is a triplet swing.",
        empty_help="0 uses the swing of the style.",
        section="score",
        unit="%",
        flag="swing",
        parameter="swing",
        minimum=50.0,
        maximum=75.0,
    )
    arrangement: int = setting(
        0,
        kind=Kind.INTEGER,
        label="Arrangement",
        help="A different number gives the same song in a different arrangement.",
        section="score",
        minimum=0,
    )

    def __post_init__(self) -> None:
        """Check the values."""
        if self.style != AUTO:
            style_named(self.style)
        for field in setting_fields(self):
            field.check(getattr(self, field.name))
        if not any(getattr(self, name) for name in INSTRUMENT_SWITCHES):
            raise SettingsError("No instrument is on: turn on drums, bass, chords or melody.")

    def facts(self) -> dict[str, Any]:
        """Return the settings as the report holds them: JSON-ready values by name."""
        return settings_facts(self)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Settings:
        """Read what `facts` returned.

        Raises
        ------
        SettingsError
            If the values are no settings.
        """
        read: Settings = settings_from_facts(cls, facts)
        return read
