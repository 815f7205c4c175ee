"""The instruments: their names, General MIDI programs and drums. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

# General MIDI drum numbers that kits contain.
KICK, KICK_2, RIM, SNARE, CLAP, SNARE_2 = 36, 35, 37, 38, 39, 40
CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 42, 44, 46
LOW_TOM, MID_TOM, HIGH_TOM = 45, 47, 50
CRASH, RIDE, RIDE_BELL, SPLASH, CRASH_2 = 49, 51, 53, 55, 57
TAMBOURINE, COWBELL, SNAP = 54, 56, 60
HIGH_CONGA, LOW_CONGA, SHAKER, CLAVES, BLOCK = 63, 64, 70, 75, 76
TRIANGLE = 81

KIT_DRUMS = (
    *(KICK, KICK_2, RIM, SNARE, CLAP, SNARE_2, CLOSED_HAT, PEDAL_HAT, OPEN_HAT),
    *(LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE, RIDE_BELL, SPLASH, CRASH_2),
    *(TAMBOURINE, COWBELL, SNAP, HIGH_CONGA, LOW_CONGA, SHAKER, CLAVES, BLOCK, TRIANGLE),
)
"""General MIDI note numbers of the drums that every kit has (60 is a finger snap here)."""
RISER, DOWNLIFTER, IMPACT, REVERSE_CYMBAL, SUB_DROP, NOISE_SWELL = 60, 61, 62, 63, 64, 65
"""Pitches of ``effects``. Risers, swells and the reversed cymbal end with their note."""


@dataclass(frozen=True, kw_only=True)
class InstrumentInfo:
    """What is known of an instrument without its samples.

    Parameters
    ----------
    label
        Name for people.
    program
        General MIDI program, counted from 0, for MIDI files; for kits, that of the kit.
    lowest, highest
        Range of pitches that it may play.
    """

    label: str
    program: int
    lowest: int = 24
    highest: int = 96


def _info(label: str, program: int, lowest: int, highest: int) -> InstrumentInfo:
    return InstrumentInfo(label=label, program=program, lowest=lowest, highest=highest)


KITS = {
    "kit_funk": _info("Acoustic kit, dry", 0, 24, 96),
    "kit_disco": _info("Disco kit", 0, 24, 96),
    "kit_jazz": _info("Jazz kit", 32, 24, 96),
    "kit_brush": _info("Brush kit", 40, 24, 96),
    "kit_boombap": _info("Sampled hip-hop kit", 8, 24, 96),
    "kit_808": _info("808 kit", 25, 24, 96),
    "kit_electro": _info("Electro kit", 24, 24, 96),
    "kit_house": _info("909 kit", 24, 24, 96),
    "kit_krump": _info("Heavy kit", 16, 24, 96),
}
"""Drum kits."""

INSTRUMENTS = KITS | {
    "finger_bass": _info("Fingered bass", 33, 28, 55),
    "slap_bass": _info("Slap bass", 36, 28, 55),
    "upright_bass": _info("Upright bass", 32, 28, 55),
    "synth_bass": _info("Synth bass", 38, 28, 55),
    "fm_bass": _info("FM bass", 39, 28, 55),
    "sub_bass": _info("808 bass", 38, 24, 48),
    "reese_bass": _info("Reese bass", 39, 26, 50),
    "grand_piano": _info("Grand piano", 0, 33, 93),
    "electric_piano": _info("Electric piano", 4, 36, 88),
    "fm_piano": _info("FM electric piano", 5, 36, 88),
    "clavinet": _info("Clavinet", 7, 36, 84),
    "organ": _info("Drawbar organ", 16, 36, 84),
    "vibraphone": _info("Vibraphone", 11, 53, 89),
    "marimba": _info("Marimba", 12, 48, 89),
    "kalimba": _info("Kalimba", 108, 55, 86),
    "harp": _info("Harp", 46, 36, 93),
    "clean_guitar": _info("Clean guitar", 27, 40, 84),
    "muted_guitar": _info("Muted guitar", 28, 40, 79),
    "jazz_guitar": _info("Jazz guitar", 26, 40, 84),
    "nylon_guitar": _info("Nylon guitar", 24, 40, 84),
    "distorted_guitar": _info("Distorted guitar", 30, 36, 76),
    "strings": _info("Strings", 48, 36, 91),
    "pizzicato": _info("Pizzicato strings", 45, 40, 88),
    "violin": _info("Violin", 40, 55, 93),
    "cello": _info("Cello", 42, 36, 72),
    "choir": _info("Choir", 52, 48, 79),
    "brass": _info("Brass section", 61, 43, 82),
    "trumpet": _info("Trumpet", 56, 54, 84),
    "muted_trumpet": _info("Muted trumpet", 59, 54, 84),
    "alto_sax": _info("Alto saxophone", 65, 50, 82),
    "flute": _info("Flute", 73, 60, 93),
    "clarinet": _info("Clarinet", 71, 50, 86),
    "synth_pad": _info("Synth pad", 89, 36, 88),
    "super_saw": _info("Detuned saws", 81, 36, 91),
    "square_lead": _info("Square lead", 80, 48, 93),
    "sine_lead": _info("Sine lead", 79, 55, 98),
    "pluck": _info("Synth pluck", 84, 43, 96),
    "fm_bell": _info("FM bell", 14, 55, 98),
    "synth_brass": _info("Synth brass", 62, 40, 84),
    "orchestra_hit": _info("Orchestra hit", 55, 48, 76),
    "effects": _info("Effects", 97, 60, 65),
}
"""All instruments by name. Each drum kit is one, and so are the effects."""
