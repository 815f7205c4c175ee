"""Colours of beats in images and videos, on a light and on a dark background.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any
kind of colour vision can tell apart, darkened or lightened for text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours as ``#RRGGBB``.

    The contrasts are those that WCAG 2.1 requires for graphics and for text.

    Parameters
    ----------
    background
        Background of everything.
    ink, faint
        Text; auxiliary lines.
    dance, music, match
        Beats of the dance, beats of the music, and matched beats, as lines and areas: a
        contrast of at least 3:1 with the background.
    dance_text, music_text, match_text
        The same for text: a contrast of at least 4.5:1.
    """

    background: str
    ink: str
    faint: str
    dance: str
    music: str
    match: str
    dance_text: str
    music_text: str
    match_text: str


LIGHT = Palette(
    background="#FFFFFF",
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
    background="#0F172A",
    ink="#EDEDED",
    faint="#94A3B8",
    dance="#56B4E9",
    music="#E69F00",
    match="#009E73",
    dance_text="#56B4E9",
    music_text="#E69F00",
    match_text="#1BB388",
)
