"""Composition without end: a song of a style for each seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from d2m.core.errors import SettingsError
from d2m.core.styles import STYLES, style_named
from d2m.score.bass_lines import compose_bass, place_root
from d2m.score.comping import (
    compose_comping,
    compose_pad,
    compose_riff,
    compose_stabs,
    give_way,
)
from d2m.score.drum_fills import compose_fills, compose_roll
from d2m.score.drum_patterns import compose_drums
from d2m.score.harmony import HALF_BARS, SCALES, Chord, parse_chord, parse_progression
from d2m.score.instruments import CLAP, CRASH, INSTRUMENTS, KICK, SNARE
from d2m.score.melodic_register import REGISTERS
from d2m.score.melody import compose_melody
from d2m.score.song import PART_STEMS, PHRASE_NAMES, Groove, Phrase, Song, StepNote
from d2m.score.sub_genres.by_style import SUB_GENRES
from d2m.score.sub_genres.sub_genre import SubGenre, listed
from d2m.score.voicing import voice_lead

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPOSER_VERSION = 1
"""Part of every seed: raise it when the same seed shall give other songs."""
CHOSEN_MODES = ("major", "minor")
"""Modes that a person may choose."""
_PARTS = ("drums", "fills", "harmony", "bass", "chords", "riff", "hook", "band", "timing")
_FINAL_STEPS = 24

Parts = dict[str, tuple[StepNote, ...]]


def compose(style: str, seed: int, *, key: int | None = None, mode: str | None = None) -> Song:
    """Compose a song.

    Parameters
    ----------
    style
        Name of a style in `d2m.core.styles.STYLES`.
    seed
        Any number from 0: each gives another song, the same number always the same.
        Consecutive seeds take turns with the sub-genres of the style.
    key
        Pitch class of the key note, 0 (C) to 11 (B); None for the song's own.
    mode
        One of `CHOSEN_MODES`; None for the song's own scale. Key and mode leave everything
        else as it is: rhythms, form and instruments.

    Raises
    ------
    SettingsError
        If there is no such style, seed, key or mode.
    """
    number = list(STYLES).index(style_named(style).name)
    _check(seed, key, mode)
    sub_genres = SUB_GENRES[style]
    sub_genre = sub_genres[seed % len(sub_genres)]
    streams = {
        part: np.random.default_rng([COMPOSER_VERSION, number, seed, index])
        for index, part in enumerate(_PARTS)
    }
    own_key, own_mode, progressions = _draw_harmony(streams["harmony"], sub_genre)
    key = own_key if key is None else key
    mode = mode or own_mode
    harmony = {name: parse_progression(text, key, mode) for name, text in progressions.items()}
    instruments = _draw_instruments(streams["band"], sub_genre)
    phrases = _compose_phrases(streams, sub_genre, harmony, instruments, key, own_mode)
    return Song(
        style=style,
        sub_genre=sub_genre.name,
        seed=seed,
        key=key,
        mode=mode,
        groove=_draw_groove(streams["timing"], sub_genre),
        instruments=instruments,
        phrases=phrases,
        fills=compose_fills(streams["fills"], sub_genre.drums.fills),
        roll=compose_roll(streams["fills"], sub_genre.drums.fills, _roll_drums(sub_genre)),
        ending=_ending(sub_genre, instruments, key, mode),
        full_energy=sub_genre.full_energy,
    )


def _check(seed: int, key: int | None, mode: str | None) -> None:
    if seed < 0:
        raise SettingsError(f"The seed of a song is a number from 0 on, not {seed}.")
    if key is not None and not 0 <= key <= 11:
        raise SettingsError(f"A key is a number from 0 (C) to 11 (B), not {key}.")
    if mode is not None and mode not in CHOSEN_MODES:
        raise SettingsError(f"Unknown mode {mode!r}: choose {' or '.join(CHOSEN_MODES)}.")


def _draw_harmony(rng: np.random.Generator, sub_genre: SubGenre) -> tuple[int, str, dict[str, str]]:
    """Draw key, mode and the progression of each phrase, with turnarounds in the last bar."""
    key = int(rng.integers(12))
    mode = str(rng.choice(listed(sub_genre.scales)))
    progressions = {}
    options = (sub_genre.progressions, sub_genre.drops, sub_genre.breaks)
    for name, text in zip(PHRASE_NAMES, options, strict=True):
        bars = str(rng.choice(listed(text))).split("|")
        bars = bars * (HALF_BARS // 2 // len(bars))
        turnaround = str(rng.choice(listed(sub_genre.turnarounds)))
        if rng.random() < (0.3 if name == "break" else 0.6):
            bars[-1] = turnaround
        progressions[name] = " | ".join(bar.strip() for bar in bars)
    return key, mode, progressions


def _draw_instruments(rng: np.random.Generator, sub_genre: SubGenre) -> dict[str, str]:
    """Draw the instrument of each part; the answer never has that of the hook."""
    chosen: dict[str, str] = {}
    for part in ("kit", "bass", "chords", "pad", "riff", "hook", "response", "stab"):
        options = sub_genre.instruments.get(part, "").split()
        taken = {
            "response": chosen.get("hook"),
            "riff": chosen.get("chords"),
        }.get(part)
        options = [name for name in options if name != taken] or options
        draw = rng.random()
        if options:
            chosen[part] = options[int(draw * len(options))]
    kit = chosen.pop("kit")
    drums = {part: kit for part, stem in PART_STEMS.items() if stem == "drums"}
    if sub_genre.bass.busy.strip("."):
        chosen["busy_bass"] = chosen["bass"]
    return drums | chosen | {"effects": "effects"}


def _draw_groove(rng: np.random.Generator, sub_genre: SubGenre) -> Groove:
    least, most = sub_genre.swing_percent
    return Groove(
        swing_percent=round(float(rng.uniform(least, most)), 1),
        swing_steps=sub_genre.swing_steps,
        delays_ms=dict(sub_genre.delays_ms),
        looseness_ms=sub_genre.looseness_ms,
    )


def _compose_phrases(
    streams: dict[str, np.random.Generator],
    sub_genre: SubGenre,
    harmony: dict[str, tuple[Chord, ...]],
    instruments: dict[str, str],
    key: int,
    own_mode: str,
) -> dict[str, Phrase]:
    drums = compose_drums(streams["drums"], sub_genre.drums)
    ranges = {part: _range(name) for part, name in instruments.items()}
    kicks = {name: parts.get("kick", ()) for name, parts in drums.items()}
    bass = compose_bass(streams["bass"], sub_genre.bass, harmony, kicks, ranges["bass"])
    melody = compose_melody(
        streams["hook"],
        sub_genre.hook,
        harmony,
        instruments,
        key=key,
        minor_third=SCALES[own_mode][2] == 3,
    )
    phrases = {}
    for name in PHRASE_NAMES:
        chords = _chord_parts(streams, sub_genre, name, harmony[name], ranges)
        hook = melody[name].get("hook", ())
        for part in sorted({"chords", "riff", "pad"} & chords.keys()):
            chords[part] = give_way(chords[part], hook)
        parts = drums[name] | bass[name] | chords | melody[name]
        phrases[name] = Phrase(parts={part: parts[part] for part in PART_STEMS if part in parts})
    return phrases


def _chord_parts(
    streams: dict[str, np.random.Generator],
    sub_genre: SubGenre,
    name: str,
    chords: Sequence[Chord],
    ranges: dict[str, tuple[int, int]],
) -> Parts:
    comp = sub_genre.comp
    rhythms = {
        "groove": comp.rhythms,
        "drop": comp.drop_rhythms,
        "break": comp.break_rhythms,
    }[name]
    parts: Parts = {}
    if "chords" in ranges:
        parts["chords"] = compose_comping(
            streams["chords"], comp, rhythms, chords, ranges["chords"]
        )
    if "pad" in ranges:
        parts["pad"] = compose_pad(chords, ranges["pad"])
    riff = sub_genre.riff
    if riff and "riff" in ranges and (name == "drop" or (name == "groove" and riff.in_groove)):
        parts["riff"] = compose_riff(streams["riff"], riff, chords, ranges["riff"])
    parts["stab"] = compose_stabs(chords, ranges["stab"])
    return parts


def _range(instrument: str) -> tuple[int, int]:
    info = INSTRUMENTS[instrument]
    return info.lowest, info.highest


def _roll_drums(sub_genre: SubGenre) -> tuple[int, ...]:
    return (SNARE, CLAP) if "clap" in sub_genre.drums.backbeats else (SNARE,)


def _ending(sub_genre: SubGenre, instruments: dict[str, str], key: int, mode: str) -> Parts:
    """Return the final chord by part, with the sub-genre's own colour."""
    chord = parse_chord(sub_genre.final, key, mode)
    root = place_root(chord.bass, None, sub_genre.bass.low, _range(instruments["bass"]))
    ending: Parts = {
        "kick": (_final(KICK, 118),),
        "hats": (_final(CRASH, 108),),
        "bass": (_final(root, 108),),
    }
    for part, velocity in (("chords", 92), ("pad", 70), ("stab", 106)):
        if part in instruments:
            low, high = _range(instruments[part])
            low, high = max(low, 53), min(high, 77)
            (voicing,) = voice_lead([chord], voices=4, low=low, high=high)
            ending[part] = tuple(_final(pitch, velocity) for pitch in voicing)
    middle = sum(REGISTERS[instruments["hook"]]) // 2
    last = middle - 6 + (key - middle + 6) % 12
    ending["hook"] = (_final(last, 98),)
    return ending


def _final(pitch: int, velocity: int) -> StepNote:
    return StepNote(step=0, length=_FINAL_STEPS, pitch=pitch, velocity=velocity)
