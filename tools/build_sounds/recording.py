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

KICKS = (gm.KICK, gm.KICK_2)
LEVEL_DB = -20.0
"""K-weighted level (dB) of the loudest 0.25 s of a note at velocity 100."""


def _roots(lowest: int, highest: int, step: int) -> list[int]:
    """Return recorded notes: evenly spaced, each serving about ``step`` semitones."""
    count = max(1, -(-(highest - lowest + 1) // step))
    edges = np.linspace(lowest, highest + 1, count + 1)
    return [int((a + b) // 2) for a, b in itertools.pairwise(edges)]


def _ranges(roots: list[int], lowest: int, highest: int) -> list[tuple[int, int]]:
    middles = [(a + b) // 2 for a, b in itertools.pairwise(roots)]
    return list(zip([lowest, *(m + 1 for m in middles)], [*middles, highest], strict=True))


def _bank_audio(font: SoundFont, recipe: Recipe, key: int, velocity: int) -> np.ndarray:
    """Return the presets of a recipe at once."""
    seconds = recipe.seconds + 0.3
    audio = play(font, recipe.preset, key, velocity, seconds)
    for preset, gain, place in recipe.more:
        added = play(font, preset, key, velocity, seconds).mean(axis=0)
        angle = (place + 1) * np.pi / 4
        # The same place in its attack as the first, or the two would be heard one after another.
        first, second = (int(np.argmax(tk.envelope(x) > 0.2 * tk.envelope(x).max()))
                         for x in (audio[:, : tk.RATE], added[: tk.RATE]))  # fmt: skip
        added = np.roll(added, first - second)
        added *= gain * audio.std() / added.std() * np.sqrt(2)
        audio = audio + np.outer((np.cos(angle), np.sin(angle)), added)
    return audio


def _bank_note(font: SoundFont, recipe: Recipe, key: int, velocity: int) -> Take:
    audio = tk.without_dc(_bank_audio(font, recipe, key, velocity))
    if recipe.process:
        audio = recipe.process(audio, velocity)
    audio = tk.widened(audio, recipe.width) if recipe.stereo else tk.mono(audio)
    audio = tk.trimmed(audio, recipe.onset_db, recipe.fade_s)
    level_db = _level_db(audio, recipe)
    loop, root = None, float(key)
    if not recipe.sustained:
        audio = tk.ringing_out(audio[:, : round(recipe.seconds * tk.RATE)], recipe.floor_db)
    audio = tk.resampled(audio, recipe.rate)
    if recipe.sustained:
        audio, loop = tk.looped(audio, earliest_s=0.4, longest_s=1.1, rate=recipe.rate)
        root += tk.detuned_by(audio, key, recipe.rate) / 100
    return Take(audio, round(root, 3), key, key, loop=loop, rate=recipe.rate, gain_db=-level_db)


def _level_db(audio: np.ndarray, recipe: Recipe) -> float:
    # Basses are measured without weighting, which all but ignores their fundamentals.
    level = tk.loudest_db(audio[:, : 2 * tk.RATE], 0.25, weighted=not recipe.single_bass)
    return level - (3.0 if recipe.single_bass else 0.0) - recipe.level_db - LEVEL_DB


def _made_note(name: str, recipe: Recipe, key: int) -> Take:
    audio, loop = MACHINES[name](key)
    if not recipe.stereo and audio.shape[0] == 2:
        audio = audio.mean(axis=0, keepdims=True)
    if loop is None:
        audio = tk.ringing_out(audio, recipe.floor_db)
    take = Take(audio, key, key, key, loop=loop, gain_db=-_level_db(audio, recipe))
    return _at_rate(take, recipe.rate)


def _at_rate(take: Take, rate: int) -> Take:
    """Change a take's rate; its loop has a length that stays whole."""
    if rate == tk.RATE:
        return take
    factor = rate / tk.RATE
    if take.loop:
        start, end = take.loop
        # What follows the loop's end is needed around it, or the filter would ring there.
        unit = take.audio[:, start:end]
        more = np.tile(unit, (1, 1 + 4096 // unit.shape[1]))
        take.audio = tk.resampled(np.concatenate([take.audio[:, :end], more], axis=1), rate)
        first, length = round(start * factor), round((end - start) * factor)
        take.loop = (first, first + length)
        take.audio = take.audio[:, : first + length]
    else:
        take.audio = tk.resampled(take.audio, rate)
    take.rate, take.lead = rate, round(take.lead * factor)
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
                take.lead = tk.heard_at(take.audio, 0.15, recipe.rate)
            else:
                take = _made_note(recipe.synthesis, recipe, root)
            take.low, take.high, take.softest, take.loudest = low, high, softest, loudest
            takes.append(take)
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
            take.lead = tk.heard_at(audio, 0.06)
            take.pan = PLACES.get(drum, 0.0)
            take.choke = 1 if drum in HATS else 2 if drum in KICKS else 0
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
        made.append(_at_rate(take, 32_000))
    return made
