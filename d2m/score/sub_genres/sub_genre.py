"""What a sub-genre consists of: grammars for its drums, bass, chords, riffs and melodies.

Rhythms are texts with a character for each 16th step:

======== ==========================================================================
``X``    accented note
``x``    normal note
``o``    soft note
``-``    very soft note
``O``    open hi-hat, where the rest are closed
``r``    two 32nd notes, on drums
``t``    three notes in the time of two steps, on drums
``1-9``  a note with this probability in tenths, drawn for each song
``=``    the note goes on (chords, riffs and melodies)
``.``    silence
======== ==========================================================================

Bass rhythms also name tones of the chord: ``R`` root, ``U`` its upper octave, ``F`` fifth,
``T`` third, ``S`` seventh, ``A`` a half step below the next root.

Where a grammar offers several rhythms, spaces divide them; layers of drums are named and
joined by ``+``, and semicolons divide their options, as they do those of progressions.
"""

from __future__ import annotations

from dataclasses import dataclass

from d2m.score import instruments

Layers = tuple[tuple[int, str], ...]
"""Drums that play together: General MIDI drum and rhythm of one or two bars."""
DRUM_NAMES = {
    "kick": instruments.KICK,
    "rim": instruments.RIM,
    "snare": instruments.SNARE,
    "clap": instruments.CLAP,
    "snare2": instruments.SNARE_2,
    "hat": instruments.CLOSED_HAT,
    "pedal": instruments.PEDAL_HAT,
    "open": instruments.OPEN_HAT,
    "ride": instruments.RIDE,
    "bell": instruments.RIDE_BELL,
    "crash": instruments.CRASH,
    "tom_low": instruments.LOW_TOM,
    "tom_mid": instruments.MID_TOM,
    "tom_high": instruments.HIGH_TOM,
    "tambourine": instruments.TAMBOURINE,
    "cowbell": instruments.COWBELL,
    "snap": instruments.SNAP,
    "conga": instruments.HIGH_CONGA,
    "tumba": instruments.LOW_CONGA,
    "shaker": instruments.SHAKER,
    "claves": instruments.CLAVES,
    "block": instruments.BLOCK,
    "triangle": instruments.TRIANGLE,
}
"""General MIDI drums by their names in grammars."""


def layer_options(text: str) -> list[Layers]:
    """Return what drums may play: ``"hat X.x.; ride X... + rim ..x."`` has two options."""
    options = []
    for option in text.split(";"):
        layers = [layer.split() for layer in option.split("+")]
        options.append(tuple((DRUM_NAMES[drum], rhythm) for drum, rhythm in layers))
    return options


def listed(text: str) -> list[str]:
    """Return the options of a text that semicolons divide."""
    return [option.strip() for option in text.split(";")]


@dataclass(frozen=True, kw_only=True)
class DrumGrammar:
    """Rhythms of the drums.

    Parameters
    ----------
    kicks
        Bass drum of one or two bars.
    kick_count
        Least and most notes of the bass drum in a bar.
    backbeats
        Snare, clap or rim.
    ghosts
        Very soft snare notes of one bar.
    hats, drop_hats, busy_hats
        Cymbals and shakers that keep the time; in the drop; added when energetic.
    extra_kick
        Bass drum notes added when energetic.
    percussion, busy_percussion
        Further drums, and those added when energetic.
    break_drums
        What keeps the beat in the break: it is light.
    fills
        Kind of fills, a key of `d2m.score.drum_fills.FILL_KINDS`.
    sixteenths
        Whether songs may add 16ths to cymbals and percussion; not where eighths swing.
    """

    kicks: str
    kick_count: tuple[int, int]
    backbeats: str
    ghosts: str
    hats: str
    drop_hats: str
    busy_hats: str
    extra_kick: str
    percussion: str
    busy_percussion: str
    break_drums: str
    fills: str
    sixteenths: bool = True


@dataclass(frozen=True, kw_only=True)
class BassGrammar:
    """How the bass moves.

    Parameters
    ----------
    rhythms, drop_rhythms, break_rhythms
        Rhythms of one or two bars.
    busy
        Notes added in the rests when energetic, of one bar.
    tones
        Bag of chord tones that unnamed notes are drawn from, such as ``"RRRUFS"``.
    lock
        Probability that a bass drum note gets a bass note.
    gate
        Share of the time to the next note that a note sounds, 0 to 1.
    longest
        Longest note in steps.
    approach
        Probability that the last note before a new chord leads into it.
    low
        Lowest root (MIDI note number); roots lie in the octave above it.
    """

    rhythms: str
    drop_rhythms: str
    break_rhythms: str
    tones: str
    lock: float
    gate: float
    longest: int
    approach: float
    low: int = 28
    busy: str = "................"


@dataclass(frozen=True, kw_only=True)
class CompGrammar:
    """How chords are played.

    Parameters
    ----------
    rhythms, drop_rhythms, break_rhythms
        Rhythms of one or two bars.
    texture
        ``"block"``, ``"arpeggio"``, ``"broken"`` (low note, then the rest) or ``"strum"``.
    voices
        Notes of a chord.
    low, high
        Register (MIDI note numbers).
    velocity
        Of a normal note.
    """

    rhythms: str
    drop_rhythms: str
    break_rhythms: str
    texture: str = "block"
    voices: int = 4
    low: int = 51
    high: int = 72
    velocity: int = 78


@dataclass(frozen=True, kw_only=True)
class RiffGrammar:
    """A short repeated figure on the chord's tones.

    Parameters
    ----------
    rhythms
        Rhythms of one or two bars.
    voices
        Notes that sound together: 1 for a line, 2 or 3 for chops.
    low, high
        Register (MIDI note numbers).
    velocity
        Of a normal note.
    in_groove
        Whether the groove has it too; the drop always does.
    """

    rhythms: str
    voices: int
    low: int
    high: int
    velocity: int = 76
    in_groove: bool = True


@dataclass(frozen=True, kw_only=True)
class HookGrammar:
    """How melodies are built.

    Parameters
    ----------
    cells
        Rhythms of half a bar, eight characters, that motifs are made of.
    pentatonic
        Whether weak notes avoid the two degrees that a pentatonic scale lacks.
    leaps
        Probability of an interval of a third or more.
    repeats
        Probability of a repeated note.
    octave
        Whether the drop doubles the melody an octave higher.
    velocity
        Of a normal note.
    gate
        Share of a written length that sounds.
    """

    cells: str
    pentatonic: bool = True
    leaps: float = 0.25
    repeats: float = 0.2
    octave: bool = True
    velocity: int = 92
    gate: float = 0.9


@dataclass(frozen=True, kw_only=True)
class SubGenre:
    """A kind of dance music that songs are composed after.

    Parameters
    ----------
    name
        For people.
    note
        What makes it, in one or two sentences.
    scales
        Names of scales; one is drawn.
    swing_percent
        Least and most swing: the first of two swung notes in percent of the pair.
    swing_steps
        1 where 16ths swing, 2 where 8ths do.
    delays_ms, looseness_ms
        As in `d2m.score.song.Groove`.
    progressions, drops, breaks
        Progressions for the phrases, as `d2m.score.harmony` reads them.
    turnarounds
        Bars that may replace the eighth.
    drums, bass, comp, riff, hook
        The grammars; ``riff`` is None where there is none.
    instruments
        Options for the instrument of each part; ``kit`` stands for all drums.
    full_energy
        Energy at which all parts play.
    final
        The last chord.
    """

    name: str
    note: str
    scales: str
    swing_percent: tuple[float, float]
    delays_ms: dict[str, float]
    looseness_ms: float
    progressions: str
    drops: str
    breaks: str
    turnarounds: str
    drums: DrumGrammar
    bass: BassGrammar
    comp: CompGrammar
    riff: RiffGrammar | None
    hook: HookGrammar
    instruments: dict[str, str]
    full_energy: float
    swing_steps: int = 1
    final: str = "1"
