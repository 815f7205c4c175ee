"""The two hop levels of the method, and the sample rate that they share."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.errors import SettingsError

SAMPLE_RATE = 22_050
"""Samples per second of all generated audio (Hz), that of JukeBox as D2M-GAN uses it."""


@dataclass(frozen=True, kw_only=True)
class Level:
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

    name: str
    vqvae_level: int
    hop_length: int
    segment_codes: int

    @property
    def codes_per_second(self) -> float:
        """Codes per second (Hz)."""
        return SAMPLE_RATE / self.hop_length


HIGH = Level(name="high", vqvae_level=2, hop_length=128, segment_codes=344)
LOW = Level(name="low", vqvae_level=1, hop_length=32, segment_codes=1378)
LEVELS = {level.name: level for level in (HIGH, LOW)}


def levels_named(choice: str) -> tuple[Level, ...]:
    """Return the levels that a choice stands for, in order.

    Parameters
    ----------
    choice
        ``"high"``, ``"low"`` or ``"both"``.

    Raises
    ------
    SettingsError
        If the choice is unknown.
    """
    if choice == "both":
        return tuple(LEVELS.values())
    return (level_named(choice, choices=(*LEVELS, "both")),)


def level_named(name: str, *, choices: tuple[str, ...] = tuple(LEVELS)) -> Level:
    """Return the level with a name.

    Raises
    ------
    SettingsError
        If there is none; the message lists the ``choices``.
    """
    if name not in LEVELS:
        raise SettingsError(f"Unknown level {name!r}: choose {', '.join(choices)}.")
    return LEVELS[name]
