"""Musical material of each style: the instruments, rhythms and harmony that songs choose from.

Rhythms are strings of one bar with a character for each 16th step: ``X`` accented, ``x``
normal, ``o`` soft, ``.`` silent. Kick and snare together mark all four beats, so that the
beat is clear enough to dance to. Programs are General MIDI numbers counted from 0. All
entries were written for this project by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MIXOLYDIAN = (0, 2, 4, 5, 7, 9, 10)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
MINOR = (0, 2, 3, 5, 7, 8, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
"""Scales, in semitones above the key note."""


@dataclass(frozen=True, kw_only=True)
class LoopTemplate:
    """Options that the songs of one style choose from.

    Parameters
    ----------
    scales
        Scales (semitones above the key note).
    progressions
        Chord progressions of four bars, as scale degrees counted from 0.
    kits
        Programs of drum kits in the percussion bank (128).
    basses, chords, leads, stabs
        Programs of the melodic channels.
    kicks, snares, hats
        One-bar rhythms of the drums that play by default.
    extra_kicks, percussion
        One-bar rhythms that energetic legs and arms add.
    bass_rhythms, chord_rhythms, lead_rhythms
        One-bar rhythms of the melodic channels.
    swing
        Delay of every second 16th step, in frames of the code grid (5.8 ms each).
    sevenths
        Whether chords contain a seventh.
    """

    scales: tuple[tuple[int, ...], ...]
    progressions: tuple[tuple[int, int, int, int], ...]
    kits: tuple[int, ...]
    basses: tuple[int, ...]
    chords: tuple[int, ...]
    leads: tuple[int, ...]
    stabs: tuple[int, ...]
    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    hats: tuple[str, ...]
    extra_kicks: tuple[str, ...]
    percussion: tuple[str, ...]
    bass_rhythms: tuple[str, ...]
    chord_rhythms: tuple[str, ...]
    lead_rhythms: tuple[str, ...]
    swing: int = 0
    sevenths: bool = False


_BACKBEAT = "....X.......X..."
_EIGHTHS = "x.o.x.o.x.o.x.o."
_OFFBEATS = "..x...x...x...x."
_LEADS = ("x..x..x...x.x...", "x...x.x.x.......", "..x.x...x..x..x.", "x.x...x...x.x...")

LOOP_TEMPLATES: dict[str, LoopTemplate] = {
    "break": LoopTemplate(
        scales=(DORIAN, MIXOLYDIAN),
        progressions=((0, 0, 3, 0), (0, 3, 0, 4), (0, 0, 0, 3)),
        kits=(0, 8),
        basses=(33, 34),
        chords=(16, 27, 4),
        leads=(65, 56, 57),
        stabs=(61, 55),
        kicks=("X.....x.X.x.....", "X..x....X.x.....", "X.x.....X..x...."),
        snares=("....X..o.o..X...", "....X.......X..o", "....X..o....X..."),
        hats=(_EIGHTHS, "x.x.x.x.x.x.x.x."),
        extra_kicks=("..x....x......x.", "...x.......x..x."),
        percussion=("o.oxo.oxo.oxo.ox", "..x..x....x..x.."),
        bass_rhythms=("x..x..x.x..x..x.", "x.....x.x.x...x.", "x..x....x..x.x.."),
        chord_rhythms=("..x...x...x...x.", "x..x......x....."),
        lead_rhythms=_LEADS,
    ),
    "pop": LoopTemplate(
        scales=(MINOR, DORIAN),
        progressions=((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6)),
        kits=(24, 25),
        basses=(38, 39),
        chords=(81, 62, 5),
        leads=(80, 84, 87),
        stabs=(62, 55),
        kicks=("X.......X.x.....", "X...o...X...o...", "X..x....X......."),
        snares=(_BACKBEAT, "....X.......X.o."),
        hats=(_EIGHTHS, "x.oox.o.x.oox.o."),
        extra_kicks=("......x....x..x.", "...x..x.......x."),
        percussion=("o.o.o.x.o.o.o.xo", "..o..ox...o..ox."),
        bass_rhythms=("x.x.x.x.x.x.x.x.", "x..x..x.x..x..x.", "x...x.x.x...x.x."),
        chord_rhythms=("x.....x.....x...", "x...x...x...x..."),
        lead_rhythms=_LEADS,
    ),
    "lock": LoopTemplate(
        scales=(MIXOLYDIAN, DORIAN),
        progressions=((0, 3, 0, 3), (0, 0, 3, 4), (0, 6, 3, 0)),
        kits=(0,),
        basses=(36, 33),
        chords=(28, 7, 16),
        leads=(61, 65, 56),
        stabs=(61,),
        kicks=("X.x.....X..x....", "X......xX.x.....", "X..x....X.x....."),
        snares=("....X..o.o..X..o", "....X..o....X..o"),
        hats=("x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo"),
        extra_kicks=("......x....x..x.", "..x...x........x"),
        percussion=("x..x..x.x..x..x.", "o.oxo.oxo.oxo.ox"),
        bass_rhythms=("x..x.x..x.x..x.x", "x.x..x.xx.x..x..", "x..x..x.x.x.x..."),
        chord_rhythms=("..xx..x...xx..x.", "x..x..x..x..x..."),
        lead_rhythms=("x.x.....x.xx....", "x..x..x.....x...", "x...xx..x......."),
        sevenths=True,
    ),
    "middle-hip-hop": LoopTemplate(
        scales=(MINOR, DORIAN),
        progressions=((0, 0, 5, 4), (0, 3, 0, 4), (0, 5, 3, 4)),
        kits=(0, 8),
        basses=(32, 33),
        chords=(4, 11, 0),
        leads=(11, 73, 65),
        stabs=(61, 48),
        kicks=("X......xX.x.....", "X..x....X.x.....", "X.....x.X......."),
        snares=(_BACKBEAT, "....X.......X..o"),
        hats=(_EIGHTHS, "x.ox..o.x.ox..o."),
        extra_kicks=("...x......x....x", "......x....x...."),
        percussion=("..o..o.x..o..o.x", "...x..o....x..o."),
        bass_rhythms=("x......xx.x.....", "x..x....x.....x.", "x.....x.x.x....."),
        chord_rhythms=("x.......x.......", "x..x....x..x...."),
        lead_rhythms=_LEADS,
        swing=4,
        sevenths=True,
    ),
    "la-hip-hop": LoopTemplate(
        scales=(MINOR, HARMONIC_MINOR),
        progressions=((0, 0, 5, 4), (0, 5, 0, 4), (0, 0, 3, 4)),
        kits=(25, 24),
        basses=(39, 38),
        chords=(48, 45, 5),
        leads=(80, 45, 86),
        stabs=(55, 48),
        kicks=("X.....x.X.......", "X..x....X..x....", "X......xX......."),
        snares=(_BACKBEAT,),
        hats=("x.x.x.x.x.x.xxx.", _EIGHTHS),
        extra_kicks=("......x...x...x.", "...x..x....x...."),
        percussion=("....xo......xox.", "o.xxo.x.o.xxo.x."),
        bass_rhythms=("x.....x.x.......", "x..x....x..x....", "x......xx......."),
        chord_rhythms=("x...x...x...x...", "x.......x.....x."),
        lead_rhythms=("x..x..x.x..x..x.", "x.x.x...x.x.....", "x...x..x..x....."),
    ),
    "house": LoopTemplate(
        scales=(MINOR, DORIAN),
        progressions=((0, 5, 3, 4), (0, 3, 6, 5), (0, 0, 5, 6)),
        kits=(24, 25),
        basses=(38, 39),
        chords=(0, 16, 4),
        leads=(81, 12, 80),
        stabs=(62, 16),
        kicks=("X...X...X...X...",),
        snares=(_BACKBEAT, "....X.......X..."),
        hats=(_OFFBEATS, "..x...x...x..ox."),
        extra_kicks=("..............x.", "..........x...x."),
        percussion=("o.xoo.xoo.xoo.xo", "x..x..x..x..x.x."),
        bass_rhythms=("..x...x...x...x.", "x..x..x...x..x..", "..x.x.x...x.x.x."),
        chord_rhythms=("x..x..x...x..x..", "..x...x...x...x.", "x..x....x..x...."),
        lead_rhythms=_LEADS,
        sevenths=True,
    ),
    "waack": LoopTemplate(
        scales=(MINOR, DORIAN),
        progressions=((0, 3, 6, 2), (0, 5, 3, 4), (0, 3, 4, 0)),
        kits=(0, 16),
        basses=(33, 36),
        chords=(48, 27, 0),
        leads=(48, 61, 73),
        stabs=(61, 48),
        kicks=("X...X...X...X...",),
        snares=(_BACKBEAT,),
        hats=("..x...x...x...x.", "o.x.o.x.o.x.o.x."),
        extra_kicks=("..............x.", "......x.......x."),
        percussion=("x.oox.oox.oox.oo", "o.o.o.o.o.o.o.o."),
        bass_rhythms=("x.x.x.x.x.x.x.x.", "x.xxx.xxx.xxx.xx"),
        chord_rhythms=("x.....x.x.....x.", "..x...x...x...x."),
        lead_rhythms=("x.x.x...x.x.x...", "x...x.x.x...x.x.", "xx..x...xx..x..."),
    ),
    "krump": LoopTemplate(
        scales=(MINOR, HARMONIC_MINOR),
        progressions=((0, 0, 5, 5), (0, 0, 1, 0), (0, 5, 4, 0)),
        kits=(16, 25),
        basses=(39, 38),
        chords=(62, 48, 30),
        leads=(30, 81, 61),
        stabs=(55, 61),
        kicks=("X.....x.X..x....", "X.x.....X.x.....", "X..x..x.X......."),
        snares=(_BACKBEAT, "....X.......X.xo"),
        hats=("x.x.x.x.x.x.x.x.", _EIGHTHS),
        extra_kicks=("..x...x....x..x.", "...x..x...xx...."),
        percussion=("..x.o.x...x.o.x.", "x..xo..xx..xo..x"),
        bass_rhythms=("x.....x.x..x....", "x.x.....x.x.....", "x..x..x.x......."),
        chord_rhythms=("x.......x.......", "x...x...x...x..."),
        lead_rhythms=("x..x..x.........", "x.......x..x....", "x.x.x.....x....."),
    ),
    "street-jazz": LoopTemplate(
        scales=(DORIAN, MAJOR),
        progressions=((0, 5, 1, 4), (0, 3, 1, 4), (0, 2, 3, 4)),
        kits=(0, 32),
        basses=(33, 32),
        chords=(4, 0, 26),
        leads=(65, 56, 11),
        stabs=(61,),
        kicks=("X...o...X...o...", "X......xX......."),
        snares=("....X..o....X..o", "....X....o..X..."),
        hats=("x..ox..ox..ox..o", _EIGHTHS),
        extra_kicks=("...x......x.....", "......x.......x."),
        percussion=("..o..o.x..o..o.x", "o..xo..xo..xo..x"),
        bass_rhythms=("x...x...x...x...", "x..xx...x..xx..."),
        chord_rhythms=("x..x....x..x....", "...x..x....x..x."),
        lead_rhythms=("x..xx...x..x....", "x.x.x..x...x....", "...xx..xx......."),
        swing=4,
        sevenths=True,
    ),
    "ballet-jazz": LoopTemplate(
        scales=(MAJOR, MINOR),
        progressions=((0, 5, 3, 4), (0, 4, 5, 3), (0, 3, 4, 0)),
        kits=(40, 32),
        basses=(32, 35),
        chords=(0, 46, 45),
        leads=(73, 40, 71),
        stabs=(48, 45),
        kicks=("X.......X.......", "X...o...X...o..."),
        snares=("....x.......x...", "....x..o....x..."),
        hats=("x...x...x...x...", "x.o.x.o.x.o.x.o."),
        extra_kicks=("......x.......x.", "...x.......x...."),
        percussion=("o.o.o.o.o.o.o.o.", "..o...o...o...o."),
        bass_rhythms=("x.......x.......", "x...x...x...x..."),
        chord_rhythms=("x.x.x.x.x.x.x.x.", "x...x.x.x...x.x."),
        lead_rhythms=("x...x...x.x.x...", "x.....x.x.......", "x.x.x.x.x......."),
        sevenths=True,
    ),
}
"""Template of each style, by its name in `d2m.core.styles.STYLES`."""
