"""Records instruments: from a recipe or a kit to levelled takes."""

from __future__ import annotations

import itertools

import numpy as np
import takes as tk
from effects import takes as effect_takes
from kit_recipes import KIT_RECIPES
from kits import HATS, LENGTHS_S, LEVELS_DB, LOW_DRUMS, PLACES, Shelf
from machines import MACHINES
from recipes import Recipe
from soundfont import SoundFont
from takes import Take
from voice import play

from d2m.score import instruments as gm

LEVEL_DB = -20.0
"""K-weighted level (dB) of the loudest 0.25 s of a note at velocity 100."""
BASSES = ("sub_bass", "reese_bass", "finger_bass", "slap_bass", "upright_bass", "synth_bass",
          "fm_bass")  # fmt: skip


def _roots(lowest: int, highest: int, step: int) -> list[int]:
    """Return recorded notes: evenly spaced, each serving about ``step`` semitones."""
    count = max(1, -(-(highest - lowest + 1) // step))
    edges = np.linspace(lowest, highest + 1, count + 1)
    return [int((a + b) // 2) for a, b in itertools.pairwise(edges)]


def _ranges(roots: list[int], lowest: int, highest: int) -> list[tuple[int, int]]:
    middles = [(a + b) // 2 for a, b in itertools.pairwise(roots)]
    return list(zip([lowest, *(m + 1 for m in middles)], [*middles, highest], strict=True))


def _bank_note(font: SoundFont, recipe: Recipe, key: int, velocity: int) -> Take:
    audio = tk.without_dc(play(font, recipe.preset, key, velocity, recipe.seconds + 0.3))
    if recipe.process:
        audio = recipe.process(audio, key)
    audio = tk.widened(audio, recipe.width) if recipe.stereo else tk.mono(audio)
    audio = tk.trimmed(audio, recipe.onset_db, recipe.fade_s)
    loop = None
    if recipe.sustained:
        audio, loop = tk.looped(audio, earliest_s=0.4, longest_s=1.1)
    else:
        audio = tk.ringing_out(audio[:, : round(recipe.seconds * tk.RATE)], recipe.floor_db)
    return Take(audio, key, key, key, loop=loop)


def _made_note(name: str, recipe: Recipe, key: int) -> Take:
    audio, loop = MACHINES[name](key)
    if not recipe.stereo and audio.shape[0] == 2:
        audio = audio.mean(axis=0, keepdims=True)
    if loop is None:
        audio = tk.ringing_out(audio, recipe.floor_db)
    return Take(audio, key, key, key, loop=loop)


def _at_rate(take: Take, rate: int) -> Take:
    """Change a take's rate; a loop stays a whole number of frames."""
    if rate != tk.RATE:
        factor = rate / tk.RATE
        if take.loop:
            start, end = take.loop
            # What follows the loop's end is needed around it, or the filter would ring there.
            unit = take.audio[:, start:end]
            more = np.tile(unit, (1, 1 + 4096 // unit.shape[1]))
            take.audio = tk.resampled(np.concatenate([take.audio[:, :end], more], axis=1), rate)
            take.loop = (round(start * factor), round(end * factor))
            take.audio = take.audio[:, : take.loop[1]]
        else:
            take.audio = tk.resampled(take.audio, rate)
        take.rate = rate
    return take


def pitched(font: SoundFont, name: str, recipe: Recipe) -> list[Take]:
    """Return the takes of a pitched instrument."""
    info = gm.INSTRUMENTS[name]
    roots = _roots(info.lowest, info.highest, recipe.step)
    takes = []
    for root, (low, high) in zip(roots, _ranges(roots, info.lowest, info.highest), strict=True):
        for softest, loudest, velocity in recipe.layers:
            if recipe.preset is not None:
                take = _bank_note(font, recipe, root, velocity)
            else:
                take = _made_note(recipe.synthesis, recipe, root)
            take.low, take.high, take.softest, take.loudest = low, high, softest, loudest
            bass = name in BASSES
            level = tk.loudest_db(take.audio[:, : 2 * tk.RATE], 0.25, weighted=not bass)
            # Basses are measured without weighting, which all but ignores their fundamentals.
            take.gain_db = LEVEL_DB + (3.0 if bass else 0.0) + recipe.level_db - level
            takes.append(_at_rate(take, recipe.rate))
    return takes


def kit(shelf: Shelf, name: str) -> list[Take]:
    """Return the takes of a drum kit."""
    takes = []
    for drum, made in KIT_RECIPES[name]().items():
        edges = np.linspace(1, 128, len(made.sounds) + 1).round().astype(int)
        if len(made.sounds) == 2:
            edges[1] = 80
        elif len(made.sounds) == 3:
            edges[1:3] = 58, 98
        for sound, softest, end in zip(made.sounds, edges[:-1], edges[1:], strict=True):
            audio = tk.trimmed(tk.without_dc(sound(shelf)), 20)
            sides = audio[0] - audio[1]
            wide = np.mean(sides**2) > 0.02 * np.mean(audio**2)
            keep = wide and drum in (gm.CRASH, gm.CRASH_2, gm.CLAP)
            audio = audio if keep else tk.mono(audio)
            seconds = LENGTHS_S.get(drum, 1.0)
            audio = tk.ringing_out(audio[:, : round(seconds * tk.RATE)], 55, seconds / 3)
            level = tk.loudest_db(audio, 0.05, weighted=drum not in LOW_DRUMS)
            take = Take(audio, drum, drum, drum, int(softest), int(end) - 1)
            take.gain_db = LEVELS_DB[drum] + made.level_db - level
            take.pan, take.choke = (
                PLACES.get(drum, 0.0),
                1 if drum in HATS else 2 if drum in (gm.KICK, gm.KICK_2) else 0,
            )
            takes.append(take)
    return takes


def effects(shelf: Shelf) -> list[Take]:
    """Return the takes of the effects."""
    made = []
    for pitch, audio, fits in effect_takes(shelf):
        sound = audio if fits else tk.trimmed(audio, 26)
        sound = tk.without_dc(sound)
        sound = np.pad(sound, ((0, 0), (tk.LEAD_IN, 0))) if fits else tk.ringing_out(sound, 60, 0.3)
        weighted = pitch != gm.SUB_DROP
        take = Take(sound, pitch, pitch, pitch, fits=fits)
        take.gain_db = -18.0 - tk.loudest_db(sound, 0.25, weighted=weighted)
        made.append(take)
    return made
