"""The ten dance genres of AIST++, in the order of the one-hot vector of the published model."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.errors import SettingsError

AUTO = "auto"
"""The choice of the style that suits the dance."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """A dance genre and its music.

    Tempi and moods are chosen by hand, after descriptions of the genres.

    Parameters
    ----------
    name
        Name on the command line, such as ``"la-hip-hop"``.
    label
        Name on the page.
    aist_code
        Genre code in AIST file names, such as ``"LH"``.
    tempo_bpm
        Usual tempo of its music (BPM).
    tempo_range
        Lowest and highest tempo (BPM) at which its music is at home. Music is made at any tempo.
    mood
        What its music feels like, in a few words for people.
    """

    name: str
    label: str
    aist_code: str
    tempo_bpm: float
    tempo_range: tuple[int, int]
    mood: str


STYLES = {
    style.name: style
    for style in (
        Style(
            name="break",
            label="Break",
            aist_code="BR",
            tempo_bpm=112.0,
            tempo_range=(100, 130),
            mood="Raw and driving",
        ),
        Style(
            name="pop",
            label="Pop",
            aist_code="PO",
            tempo_bpm=100.0,
            tempo_range=(90, 115),
            mood="Electronic and funky",
        ),
        Style(
            name="lock",
            label="Lock",
            aist_code="LO",
            tempo_bpm=108.0,
            tempo_range=(95, 125),
            mood="Bright and funky",
        ),
        Style(
            name="middle-hip-hop",
            label="Middle hip-hop",
            aist_code="MH",
            tempo_bpm=94.0,
            tempo_range=(85, 105),
            mood="Warm and laid-back",
        ),
        Style(
            name="la-hip-hop",
            label="LA-style hip-hop",
            aist_code="LH",
            tempo_bpm=88.0,
            tempo_range=(70, 105),
            mood="Heavy and cool",
        ),
        Style(
            name="house",
            label="House",
            aist_code="HO",
            tempo_bpm=124.0,
            tempo_range=(115, 130),
            mood="Steady and uplifting",
        ),
        Style(
            name="waack",
            label="Waack",
            aist_code="WA",
            tempo_bpm=120.0,
            tempo_range=(110, 130),
            mood="Glamorous and lively",
        ),
        Style(
            name="krump",
            label="Krump",
            aist_code="KR",
            tempo_bpm=84.0,
            tempo_range=(75, 105),
            mood="Dark and aggressive",
        ),
        Style(
            name="street-jazz",
            label="Street jazz",
            aist_code="JS",
            tempo_bpm=104.0,
            tempo_range=(90, 120),
            mood="Playful and polished",
        ),
        Style(
            name="ballet-jazz",
            label="Ballet jazz",
            aist_code="JB",
            tempo_bpm=78.0,
            tempo_range=(60, 100),
            mood="Gentle and lyrical",
        ),
    )
}


def style_named(name: str) -> Style:
    """Return the style with a name.

    Raises
    ------
    SettingsError
        If there is none.
    """
    if name not in STYLES:
        raise SettingsError(f"Unknown style {name!r}: choose {AUTO}, {', '.join(STYLES)}.")
    return STYLES[name]
