"""How each pitched instrument is recorded: its source, how densely, and how it plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import takes as tk

Process = Callable[[np.ndarray, int], np.ndarray]
"""Audio `(2, N)` and its velocity, to audio."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an instrument is recorded.

    Parameters
    ----------
    preset
        Bank and program of the soundfont, or None if it is synthesised.
    more
        Presets that play along, each with its level against the first and its place.
    synthesis
        Name of the function that makes it, if it is synthesised.
    step
        Semitones between recorded notes.
    seconds
        Longest recording of a note (s).
    layers
        Softest velocity, loudest, and the one recorded, of each layer.
    sustained
        Whether it is looped.
    stereo, width
        Whether two channels are kept, and what the side signal is multiplied by.
    onset_db
        Level below the peak at which the note is taken to begin.
    fade_s
        Length of the fade-in of what was cut (s).
    rate
        Frames per second of the recordings.
    release_s
        Time in which a note fades when its key is released (s).
    single
        Whether a new note cuts the one before.
    single_bass
        Whether it is levelled as a bass.
    curve
        Exponent from velocity to level.
    brightness_db
        How much high frequencies fall from velocity 127 to 1 (dB).
    spread
        How far low notes are left and high ones right, 0 to 1.
    level_db
        Added to the instrument's level.
    floor_db
        Level below its peak at which a recording that rings out ends (dB).
    bits
        Resolution; each recording is as loud as it can be.
    process
        What is done to each recording before it is trimmed.
    """

    preset: tuple[int, int] | None = None
    more: tuple[tuple[tuple[int, int], float, float], ...] = ()
    synthesis: str = ""
    step: int = 5
    seconds: float = 3.0
    layers: tuple[tuple[int, int, int], ...] = ((1, 127, 100),)
    sustained: bool = False
    stereo: bool = False
    width: float = 1.0
    onset_db: float = 26.0
    fade_s: float = 0.001
    rate: int = 44_100
    release_s: float = 0.12
    single: bool = False
    single_bass: bool = False
    curve: float = 1.5
    brightness_db: float = 12.0
    spread: float = 0.0
    level_db: float = 0.0
    floor_db: float = 50.0
    process: Process | None = None
    bits: int = 14


TWO = ((1, 84, 64), (85, 127, 110))


def _held(program: int, **others: object) -> Recipe:
    """Return the recipe of a sustained instrument of bank 0."""
    values = {
        "preset": (0, program),
        "sustained": True,
        "seconds": 2.0,
        "release_s": 0.14,
        "bits": 12,
        "rate": 32_000,
    }
    return Recipe(**(values | others))


def _struck(program: int, **others: object) -> Recipe:
    """Return the recipe of an instrument that rings out, of bank 0."""
    return Recipe(**({"preset": (0, program)} | others))


def _made(synthesis: str, **others: object) -> Recipe:
    """Return the recipe of a synthesised instrument."""
    return Recipe(**({"synthesis": synthesis} | others))


def _barking(audio: np.ndarray, velocity: int) -> np.ndarray:
    """Return an electric piano through a warm amplifier, the more so the harder it is struck."""
    return tk.boosted(tk.driven(audio, 9.0 if velocity > 90 else 4.0, 0.15), 2200, 4.0, 0.6)


def _amplified(audio: np.ndarray, _velocity: int) -> np.ndarray:
    """Return a guitar with the presence of an amplifier."""
    return tk.boosted(tk.boosted(tk.driven(audio, 3.0, 0.1), 3600, 4.5, 0.7), 350, -2.5, 0.8)


def _present(audio: np.ndarray, _velocity: int) -> np.ndarray:
    """Return a bass guitar as recorded by line and amplifier: growl, no mud."""
    return tk.boosted(tk.boosted(tk.driven(audio, 5.0, 0.2), 900, 3.0, 0.7), 220, -2.0, 0.9)


def _singing(audio: np.ndarray, _velocity: int) -> np.ndarray:
    """Return a wind instrument with a vibrato that sets in late: 5.3 Hz, 8 cents."""
    t = np.arange(audio.shape[1]) / tk.RATE
    depth = 0.0046 / (2 * np.pi * 5.3) * tk.RATE * np.clip((t - 0.25) / 0.3, 0, 1)
    place = np.arange(len(t)) + depth * np.sin(2 * np.pi * 5.3 * t)
    dense = tk.resample_poly(audio, 4, 1, axis=1)
    at = np.arange(dense.shape[1])
    return np.stack([np.interp(4 * place, at, channel) for channel in dense])


def _airy(audio: np.ndarray, _velocity: int) -> np.ndarray:
    """Return a recording with more of its highest octaves."""
    return tk.boosted(audio, 7500, 3.5, 0.5)


MONO_BASS = {"single": True, "single_bass": True}
SECTION = (((0, 56), 0.45, -0.6), ((0, 57), 0.5, 0.6))
RECIPES = {
    "finger_bass": _struck(33, layers=TWO, rate=22_050, seconds=2.4, release_s=0.07,
                           process=_present, **MONO_BASS),
    "slap_bass": _struck(36, seconds=2.0, release_s=0.06, rate=32_000, **MONO_BASS),
    "upright_bass": _struck(32, seconds=2.4, release_s=0.09, rate=22_050, **MONO_BASS),
    "synth_bass": _made("synth_bass", release_s=0.05, rate=32_000, **MONO_BASS),
    "fm_bass": _made("fm_bass", release_s=0.05, rate=32_000, **MONO_BASS),
    "sub_bass": _made("sub_bass", release_s=0.06, rate=16_000, step=4, brightness_db=6.0,
                      **MONO_BASS),
    "reese_bass": _made("reese_bass", release_s=0.06, rate=22_050, **MONO_BASS),
    "grand_piano": _struck(0, layers=TWO, step=4, seconds=4.0, release_s=0.16, spread=0.5,
                           rate=32_000, bits=13, process=_airy),
    "electric_piano": _struck(4, layers=TWO, seconds=3.0, release_s=0.14, spread=0.3,
                              rate=32_000, bits=13, process=_barking),
    "fm_piano": _struck(5, seconds=3.0, release_s=0.18, spread=0.3, bits=13),
    "clavinet": _struck(7, seconds=1.6, release_s=0.05, rate=32_000, bits=13, process=_amplified),
    "organ": _made("organ", stereo=True, release_s=0.06, brightness_db=4.0, curve=0.7, step=6,
                   rate=32_000, bits=13),
    "vibraphone": _struck(11, seconds=3.2, release_s=0.5, spread=0.4),
    "marimba": _struck(12, seconds=1.5, release_s=0.5, spread=0.4),
    "kalimba": _struck(108, seconds=1.5, release_s=0.5, spread=0.3),
    "harp": _struck(46, seconds=2.6, release_s=0.9, spread=0.4, rate=32_000),
    "clean_guitar": _struck(27, seconds=2.4, release_s=0.09, rate=32_000, process=_amplified),
    "muted_guitar": _struck(28, seconds=0.9, release_s=0.07, step=4, process=_amplified),
    "jazz_guitar": _struck(26, seconds=2.4, release_s=0.09, rate=32_000),
    "nylon_guitar": _struck(24, seconds=2.4, release_s=0.12, rate=32_000),
    "distorted_guitar": _held(30, release_s=0.06),
    "strings": _held(48, stereo=True, width=0.6, onset_db=9.0, fade_s=0.012, release_s=0.3,
                     step=6),
    "pizzicato": _struck(45, seconds=1.2, onset_db=10.0, fade_s=0.003, release_s=0.35, step=4),
    "violin": _held(40, onset_db=6.0, fade_s=0.012),
    "cello": _held(42, onset_db=7.0, fade_s=0.012),
    "choir": _held(52, stereo=True, width=0.6, onset_db=4.0, fade_s=0.025, release_s=0.35,
                   step=6),
    "brass": _held(61, stereo=True, more=SECTION, onset_db=9.0, fade_s=0.006, release_s=0.1,
                   layers=((1, 127, 112),), brightness_db=16.0),
    "trumpet": _held(56, process=_singing, onset_db=14.0, fade_s=0.004, release_s=0.09),
    "muted_trumpet": _held(59, process=_singing, onset_db=14.0, fade_s=0.004, release_s=0.09),
    "alto_sax": _held(65, onset_db=14.0, fade_s=0.004, release_s=0.09),
    "flute": _held(73, onset_db=8.0, fade_s=0.006, release_s=0.1),
    "clarinet": _held(71, process=_singing, onset_db=12.0, fade_s=0.005, release_s=0.09),
    "synth_pad": _made("synth_pad", stereo=True, step=8, rate=16_000, release_s=0.6,
                       bits=13, brightness_db=8.0),
    "super_saw": _made("super_saw", bits=12, stereo=True, step=7, release_s=0.12),
    "square_lead": _made("square_lead", single=True, release_s=0.06, step=6, bits=13),
    "sine_lead": _made("sine_lead", single=True, release_s=0.07, step=8),
    "pluck": _made("pluck", bits=13, stereo=True, release_s=0.12, step=6),
    "fm_bell": _made("fm_bell", bits=13, release_s=0.8, step=6, spread=0.3),
    "synth_brass": _made("synth_brass", stereo=True, release_s=0.12, step=7, rate=32_000,
                         bits=13),
    "orchestra_hit": _struck(55, stereo=True, onset_db=12.0, fade_s=0.003, seconds=1.6,
                             release_s=0.25, step=6),
}  # fmt: skip
"""By the names of `d2m.score.instruments.INSTRUMENTS`."""
