"""The settings of a dance for a song: the same on the page, in the CLI, over HTTP and in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.setting_fields import (
    Kind,
    setting,
    setting_fields,
    settings_facts,
    settings_from_facts,
)
from d2m.core.styles import AUTO

MAX_DANCERS = 4
"""Most dancers side by side; chosen by hand, to fit a landscape picture."""
_LONGEST_S = 36_000.0
"""Latest start and greatest length that make sense to ask for (s): ten hours."""


@dataclass(frozen=True, kw_only=True)
class DanceSettings:
    """How a dance is made for a song.

    Each field describes itself (`d2m.core.setting_fields.SettingField`).

    Parameters
    ----------
    style
        Name of a style, or ``"auto"`` for the one that suits the song.
    seed
        Another seed gives another dance to the same song.
    energy
        How large and how sharp the movements are: 0 is calm, 1 as learned, 2 strong.
    mirror
        Whether left and right are swapped.
    start_s, length_s
        The part of the song to use (s); without a length, up to its end.
    dancers
        Number of dancers side by side, each with a seed of their own.
    method
        ``"full"`` for Dancing to Music as published, or one of its baselines:
        ``"no-composition"``, ``"lstm"``, ``"aud-mocogan"``.
    drawing
        ``"figure"`` for a clothed figure in a scene, ``"skeleton"`` for lines and dots.
    look
        Clothes and colours of the figure, ``"auto"`` for one that the seed chooses.
    scene
        Background.
    shape
        ``"landscape"`` (1280x720 px) or ``"portrait"`` (720x1280 px).

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    style: str = setting(
        AUTO, kind=Kind.CHOICE, label="Style", help="Style of the dance.", section="dance",
        choices=(
            ("Match the song", AUTO),
            *((label, name) for name, label in DANCE_STYLES.items()),
        ),
    )  # fmt: skip
    seed: int = setting(
        0, kind=Kind.INTEGER, label="Seed", help="A different seed gives a different dance.",
        section="dance", minimum=0,
    )  # fmt: skip
    energy: float = setting(
        1.0, kind=Kind.NUMBER, label="Energy", minimum=0.0, maximum=2.0, step=0.1,
        help="How large and sharp the movements are: 0 is calm, 1 is normal, 2 is strong.",
        section="dance",
    )  # fmt: skip
    mirror: bool = setting(
        False, kind=Kind.SWITCH, label="Mirror", help="Swaps left and right.", section="dance",
    )  # fmt: skip
    start_s: float = setting(
        0.0, kind=Kind.NUMBER, label="Start", help="Where the part to use begins.",
        section="part", unit="s", minimum=0.0, maximum=_LONGEST_S,
    )  # fmt: skip
    length_s: float | None = setting(
        None, kind=Kind.OPTIONAL_NUMBER, label="Length", help="How long the part is.",
        empty_help="0 uses everything up to the end.", section="part", unit="s", minimum=0.0,
        maximum=_LONGEST_S,
    )  # fmt: skip
    dancers: int = setting(
        1, kind=Kind.INTEGER, label="Dancers", help="Number of dancers side by side.",
        section="picture", minimum=1, maximum=MAX_DANCERS, step=1,
    )  # fmt: skip
    method: str = setting(
        "full", kind=Kind.CHOICE, label="Method", section="method",
        help="The method, or a baseline to compare it with.",
        choices=(
            ("Dancing to Music", "full"), ("Without composition", "no-composition"),
            ("LSTM", "lstm"), ("Aud-MoCoGAN", "aud-mocogan"),
        ),
    )  # fmt: skip
    drawing: str = setting(
        "figure", kind=Kind.CHOICE, label="Drawing", help="How the dancer is drawn.",
        section="picture", choices=(("Figure", "figure"), ("Skeleton", "skeleton")),
    )  # fmt: skip
    look: str = setting(
        AUTO, kind=Kind.CHOICE, label="Look", help="Clothes and colours of the figure.",
        section="picture",
        choices=(("Chosen by the seed", AUTO), ("Red", "red"), ("Yellow", "yellow"),
                 ("Blue", "blue"), ("Black", "black"), ("Green", "green")),
    )  # fmt: skip
    scene: str = setting(
        "studio", kind=Kind.CHOICE, label="Scene", help="Background.", section="picture",
        choices=(("Studio", "studio"), ("Street", "street"), ("Loft", "loft")),
    )  # fmt: skip
    shape: str = setting(
        "landscape", kind=Kind.CHOICE, label="Shape", help="1280 x 720 or 720 x 1280 pixels.",
        section="picture",
        choices=(("Landscape", "landscape"), ("Portrait", "portrait")),
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Check the range of each value."""
        for one in setting_fields(self):
            one.check(getattr(self, one.name))

    def facts(self) -> dict[str, Any]:
        """Return the settings as the report holds them: JSON-ready values by name."""
        return settings_facts(self)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> DanceSettings:
        """Read what `facts` returned.

        Raises
        ------
        SettingsError
            If the values are no settings.
        """
        read: DanceSettings = settings_from_facts(cls, facts)
        return read
