"""The levels of the music: the two hop levels of the method, and the studio version."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from d2m.core.errors import SettingsError

SAMPLE_RATE = 22_050
"""Samples per second of the networks' audio (Hz), that of JukeBox as D2M-GAN uses it."""
STUDIO_SAMPLE_RATE = 44_100
"""Samples per second of the studio version (Hz), that of music on compact discs."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One way in which music is made for a dance.

    Parameters
    ----------
    name
        ``"studio"``, ``"high"``, ``"low"``, or the name of one of `BASELINES`.
    sample_rate
        Samples per second of its audio (Hz).
    summary
        One line on what it is, for people.
    title
        Name for people, where that isn't the capitalised ``name``.
    """

    name: str
    sample_rate: int = SAMPLE_RATE
    summary: str = ""
    title: str = ""

    @property
    def label(self) -> str:
        """Its name for people, such as ``"High"`` or ``"Foley Music"``."""
        return self.title or self.name.capitalize()


@dataclass(frozen=True, kw_only=True)
class HopLevel(Level):
    """One hop level of the JukeBox VQ-VAE.

    Parameters
    ----------
    name
        ``"high"`` or ``"low"``, as in the paper (Sec. 3.3).
    vqvae_level
        Index in the three-level JukeBox VQ-VAE (0 is hop 8, 1 hop 32, 2 hop 128).
    hop_length
        Audio samples per code, at 22,050 Hz.
    segment_codes
        Codes in a 2-second segment of the published model.
    """

    vqvae_level: int
    hop_length: int
    segment_codes: int

    @property
    def codes_per_second(self) -> float:
        """Codes per second (Hz)."""
        return SAMPLE_RATE / self.hop_length


STUDIO = Level(
    name="studio",
    sample_rate=STUDIO_SAMPLE_RATE,
    summary="composed for the dance, played by sampled instruments in stereo",
)
HIGH = HopLevel(
    name="high",
    summary="the studio's piece, rebuilt by a neural network from coarse codes (hop 128)",
    vqvae_level=2,
    hop_length=128,
    segment_codes=344,
)
LOW = HopLevel(
    name="low",
    summary="the studio's piece, rebuilt by a neural network from fine codes (hop 32)",
    vqvae_level=1,
    hop_length=32,
    segment_codes=1378,
)
HOP_LEVELS = {level.name: level for level in (HIGH, LOW)}
"""The hop levels by name."""
LEVELS: dict[str, Level] = {STUDIO.name: STUDIO, **HOP_LEVELS}
"""All levels by name, in the order in which they are made."""
LEVEL_GROUPS = {"both": (HIGH, LOW), "all": tuple(LEVELS.values())}
"""Names that stand for several levels."""
BASELINES: dict[str, Level] = {
    level.name: level
    for level in (
        Level(
            name="dance2music",
            title="Dance2Music",
            sample_rate=STUDIO_SAMPLE_RATE,
            summary="notes that repeat where the movement repeats (Aggarwal & Parikh 2021)",
        ),
        Level(
            name="foley-music",
            title="Foley Music",
            sample_rate=STUDIO_SAMPLE_RATE,
            summary="notes from key points by a Transformer (after Gan et al. 2020)",
        ),
        Level(
            name="cmt",
            title="CMT",
            sample_rate=STUDIO_SAMPLE_RATE,
            summary="bars as dense and strong as the movement (after Di et al. 2021)",
        ),
        Level(
            name="random",
            title="Random codes",
            summary="codes drawn at random, played by the codec of level high",
        ),
    )
}
"""What other methods make, and music for no dance, by name: for comparison only."""
LEVELS_AND_BASELINES = LEVELS | BASELINES
"""Everything that makes music for a dance, by name, in the order in which it is made."""
DEFAULT_LEVELS = "studio,high"
"""What a newcomer gets: what sounds best, and the coarser hop level of the paper."""
LEVEL_CHOICES = (*HOP_LEVELS, "both", STUDIO.name, "all", *BASELINES)
"""What a person may ask for, besides lists such as ``"studio,high"``: ``"all"`` holds no
baseline."""


def levels_named(choice: str, *, noun: str = "level") -> tuple[Level, ...]:
    """Return the levels and baselines that a choice stands for, in the order they are made in.

    Parameters
    ----------
    choice
        One of `LEVEL_CHOICES`, or several with commas between them, such as
        ``"studio,high"``.
    noun
        What a choice is called in errors.

    Raises
    ------
    SettingsError
        If the choice is unknown or empty.
    """
    chosen: set[str] = set()
    for name in choice.split(","):
        word = name.strip()
        if word not in LEVEL_CHOICES:
            raise SettingsError(
                f"Unknown {noun} {word!r}: choose {', '.join(LEVEL_CHOICES)}."
                if word
                else f"No {noun} is chosen: choose {', '.join(LEVEL_CHOICES)}."
            )
        chosen |= {level.name for level in LEVEL_GROUPS.get(word, ())} or {word}
    return tuple(level for level in LEVELS_AND_BASELINES.values() if level.name in chosen)


def level_named(name: str) -> Level:
    """Return the level or the baseline with a name.

    Raises
    ------
    SettingsError
        If there is none, or several, as for ``"both"``; the message has the nearest name.
    """
    if name in LEVELS_AND_BASELINES:
        return LEVELS_AND_BASELINES[name]
    names = ", ".join(LEVELS_AND_BASELINES)
    if name in LEVEL_CHOICES:
        raise SettingsError(f"The level {name!r} stands for several: choose one of {names}.")
    near = get_close_matches(name.lower(), LEVELS_AND_BASELINES, n=1)
    meant = f"did you mean {near[0]!r}? Choose" if near else "choose"
    raise SettingsError(f"Unknown level {name!r}: {meant} one of {names}.")


def hop_levels_named(choice: str) -> tuple[HopLevel, ...]:
    """Return the hop levels that a choice stands for: ``"high"``, ``"low"`` or ``"both"``.

    Raises
    ------
    SettingsError
        If the choice is unknown.
    """
    if choice == "both":
        return tuple(HOP_LEVELS.values())
    return (hop_level_named(choice, choices=(*HOP_LEVELS, "both")),)


def hop_level_named(name: str, *, choices: tuple[str, ...] = tuple(HOP_LEVELS)) -> HopLevel:
    """Return the hop level with a name.

    Raises
    ------
    SettingsError
        If there is none; the message lists the ``choices``.
    """
    if name not in HOP_LEVELS:
        raise SettingsError(f"Unknown level {name!r}: choose {', '.join(choices)}.")
    return HOP_LEVELS[name]
