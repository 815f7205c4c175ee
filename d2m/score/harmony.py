"""Scales, keys and chords: from progressions in scale degrees to pitch classes.

A progression is written without a key: ``"1:7 | 4:9 | 2:7 5:dom7 | 1"`` has four bars, the
third with two chords. A chord is a degree of the scale (1 to 7), its quality after a colon,
and its bass after a slash. Plain qualities (``7``, ``9``, ``sus4``, ...) stack the scale's own
notes, so that a progression can change its mode; the others (``maj``, ``dom7``, ...) name
fixed intervals. ``b7`` is a degree of the major scale, lowered.
"""

from __future__ import annotations

from dataclasses import dataclass

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
"""Scales by name, in semitones above the key note."""
PARENT_STEPS = {
    "major": 0,
    "minor": 3,
    "dorian": 10,
    "mixolydian": 5,
    "lydian": 7,
    "phrygian": 8,
    "harmonic minor": 3,
}
"""Semitones from the key note up to that of the major key with the same signature."""
HALF_BARS = 16
"""Half bars in a phrase (count): the finest rhythm of harmony."""
_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Major keys whose signature has flats: F, Bb, Eb, Ab and Db.
_FLAT_KEYS = (5, 10, 3, 8, 1)

# The thirds, seconds and fourths that a plain quality stacks, in degrees above the root.
_STACKS = {
    "": (0, 2, 4),
    "5": (0, 4),
    "6": (0, 2, 4, 5),
    "7": (0, 2, 4, 6),
    "9": (0, 2, 4, 6, 8),
    "11": (0, 2, 4, 6, 8, 10),
    "add9": (0, 2, 4, 8),
    "sus2": (0, 1, 4),
    "sus4": (0, 3, 4),
    "7sus": (0, 3, 4, 6),
    "9sus": (0, 3, 4, 6, 8),
}
# Fixed qualities: degrees above the root and their semitones.
_FIXED = {
    "maj": {0: 0, 2: 4, 4: 7},
    "min": {0: 0, 2: 3, 4: 7},
    "maj7": {0: 0, 2: 4, 4: 7, 6: 11},
    "maj9": {0: 0, 2: 4, 4: 7, 6: 11, 8: 14},
    "min7": {0: 0, 2: 3, 4: 7, 6: 10},
    "min9": {0: 0, 2: 3, 4: 7, 6: 10, 8: 14},
    "dom7": {0: 0, 2: 4, 4: 7, 6: 10},
    "dom9": {0: 0, 2: 4, 4: 7, 6: 10, 8: 14},
    "dom13": {0: 0, 2: 4, 4: 7, 6: 10, 12: 21},
    "dom7b9": {0: 0, 2: 4, 4: 7, 6: 10, 8: 13},
    "dom7#9": {0: 0, 2: 4, 4: 7, 6: 10, 8: 15},
    "aug7": {0: 0, 2: 4, 4: 8, 6: 10},
    "hdim7": {0: 0, 2: 3, 4: 6, 6: 10},
    "dim7": {0: 0, 2: 3, 4: 6, 6: 9},
    "69": {0: 0, 2: 4, 4: 7, 5: 9, 8: 14},
}


@dataclass(frozen=True, kw_only=True)
class Chord:
    """A chord in a key.

    Parameters
    ----------
    symbol
        As written in the progression, such as ``"5:dom7"``.
    tones
        Pitch classes from the root upwards; the root is the first.
    degrees
        Scale degree (0 to 6) of each tone.
    bass
        Pitch class of the bass.
    offsets
        Semitones of the seven degrees above the key note, with the chord's own alterations:
        the scale that goes with the chord.
    """

    symbol: str
    tones: tuple[int, ...]
    degrees: tuple[int, ...]
    bass: int
    offsets: tuple[int, ...]

    @property
    def stable_degrees(self) -> tuple[int, ...]:
        """Scale degrees that a melody may rest on: without the root below a major seventh."""
        rests = [d for d, tone in zip(self.degrees, self.tones, strict=True)][:4]
        leading = (self.tones[0] - 1) % 12
        return tuple(rests[1:] if leading in self.tones else rests)


def key_name(key: int, mode: str) -> str:
    """Return the name of a key and mode for people, such as ``"Bb minor"``."""
    parent = (key + PARENT_STEPS[mode]) % 12
    names = _FLATS if parent in _FLAT_KEYS else _SHARPS
    return f"{names[key % 12]} {mode}"


def parse_chord(symbol: str, key: int, mode: str) -> Chord:
    """Return the chord that a symbol of a progression means in a key and mode."""
    body, _, bass = symbol.partition("/")
    numeral, _, quality = body.partition(":")
    scale = SCALES[mode]
    degree = int(numeral.lstrip("b#")) - 1
    root = _altered_root(numeral, scale)
    if quality in _STACKS and numeral == numeral.lstrip("b#"):
        intervals = _diatonic(degree, _STACKS[quality], scale)
        if intervals.get(4) == 6 and 6 not in intervals:
            # A diminished triad sounds weak in popular music: its seventh's chord instead.
            symbol_below = f"{(degree - 2) % 7 + 1}{':' + quality if quality else ''}"
            below = parse_chord(symbol_below, key, mode)
            return _with_bass(below, symbol, (key + root) % 12)
    else:
        intervals = _FIXED[quality or "maj"]
    degrees = tuple((degree + step) % 7 for step in intervals)
    offsets = list(scale)
    for tone_degree, semitones in zip(degrees, intervals.values(), strict=True):
        offsets[tone_degree] = _nearest_octave(root + semitones, scale[tone_degree])
    tones = tuple((key + root + semitones) % 12 for semitones in intervals.values())
    chord = Chord(
        symbol=symbol, tones=tones, degrees=degrees, bass=tones[0], offsets=tuple(offsets)
    )
    if bass:
        return _with_bass(chord, symbol, (key + _altered_root(bass, scale)) % 12)
    return chord


def parse_progression(text: str, key: int, mode: str) -> tuple[Chord, ...]:
    """Return the chord of each of the `HALF_BARS` half bars of a phrase.

    Parameters
    ----------
    text
        Two, four or eight bars, repeated to eight; each has one or two chords.
    key, mode
        Pitch class of the key note, and a name in `SCALES`.
    """
    halves: list[Chord] = []
    for bar in text.split("|"):
        symbols = bar.split()
        chords = [parse_chord(symbol, key, mode) for symbol in symbols]
        halves += chords * 2 if len(chords) == 1 else chords
    return tuple(halves * (HALF_BARS // len(halves)))


def _with_bass(chord: Chord, symbol: str, bass: int) -> Chord:
    return Chord(
        symbol=symbol,
        tones=chord.tones,
        degrees=chord.degrees,
        bass=bass,
        offsets=chord.offsets,
    )


def _altered_root(numeral: str, scale: tuple[int, ...]) -> int:
    degree = int(numeral.lstrip("b#")) - 1
    if numeral.startswith("b"):
        return SCALES["major"][degree] - 1
    if numeral.startswith("#"):
        return SCALES["major"][degree] + 1
    return scale[degree]


def _diatonic(degree: int, stack: tuple[int, ...], scale: tuple[int, ...]) -> dict[int, int]:
    """Return the intervals of a plain quality on a degree, in semitones above its root."""
    intervals: dict[int, int] = {}
    for step in stack:
        octaves, index = divmod(degree + step, 7)
        semitones = scale[index] + 12 * octaves - scale[degree]
        if step == 3:
            semitones = 5  # a suspended fourth is perfect
        if step == 8 and semitones == 13:
            continue  # no flat ninth but where it is written
        if step == 1 and semitones == 1:
            semitones = 2
        if step == 10 and semitones == 17 and intervals.get(2) == 4:
            continue  # no fourth above a major third
        intervals[step] = semitones
    return intervals


def _nearest_octave(semitones: int, reference: int) -> int:
    return semitones - 12 * round((semitones - reference) / 12)
