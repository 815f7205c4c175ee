"""How pictures and videos show beats: their colours, and which of them meet.

Colours are Okabe and Ito's, which people of any colour vision can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours as ``#RRGGBB``.

    Parameters
    ----------
    ground
        Behind everything.
    ink, faint
        Letters; lines that only guide the eye.
    dance, music, match
        Beats of the dancer, of the music, and those that meet: lines and areas, at a
        contrast of 3:1 or more with the ground.
    dance_text, music_text, match_text
        The same for letters, at 4.5:1 or more.
    """

    ground: str
    ink: str
    faint: str
    dance: str
    music: str
    match: str
    dance_text: str
    music_text: str
    match_text: str


LIGHT = Palette(
    ground="#FFFFFF",
    ink="#222222",
    faint="#767676",
    dance="#0072B2",
    music="#D55E00",
    match="#009E73",
    dance_text="#0072B2",
    music_text="#B34F00",
    match_text="#007A59",
)
DARK = Palette(
    ground="#0F172A",
    ink="#EDEDED",
    faint="#94A3B8",
    dance="#56B4E9",
    music="#E69F00",
    match="#009E73",
    dance_text="#56B4E9",
    music_text="#E69F00",
    match_text="#1BB388",
)
