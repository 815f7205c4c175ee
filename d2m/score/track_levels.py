"""The level at which each track enters a mix, and how drums are told apart for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from d2m.audio.loudness import LOUDNESS_STEP_S, step_energies
from d2m.audio.stereo import StereoAudio
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score import instruments as gm
from d2m.score.notes import Track
from d2m.score.part_mixes import PartMix

KICKS = (gm.KICK, gm.KICK_2)
"""Drums that are mixed as kick."""
SNARES = (gm.RIM, gm.SNARE, gm.CLAP, gm.SNARE_2, gm.SNAP, gm.LOW_TOM, gm.MID_TOM, gm.HIGH_TOM)
"""Drums that are mixed as snare: they share its room."""
NEUTRAL_VELOCITY = 100
"""Velocity at which a part has the level of its preset."""
# Gain that brings a track to its level (dB): at most this, up or down.
_GAIN_RANGE_DB = 18.0
# Level of a track: the mean of its steps that are at most this far below its loud ones (dB).
_ACTIVE_RANGE_DB = 12.0
# Of a track, at most so many stretches of so many steps of 0.1 s are measured.
_MEASURED_STRETCHES, _STRETCH_STEPS = 15, 20
# Power of a stretch that counts as silent, and largest power of audio against its mid signal.
_SILENT_POWER, _MOST_SIDE = 1e-6, 8.0
# Level of a silent track, and the offset of loudness (LUFS) by ITU-R BS.1770.
_SILENT_LUFS, _OFFSET_LU = -70.0, -0.691


def drum_groups(track: Track) -> Iterator[tuple[str, Track]]:
    """Split a track of a kit into kick, snare and the rest, which are mixed differently.

    Yields
    ------
    (str, Track)
        ``"kick"``, ``"snare"``, or ``"hats"`` or ``"percussion"``, and a track of its notes.
    """
    rest = "percussion" if "percussion" in track.part else "hats"
    groups = {"kick": KICKS, "snare": SNARES, rest: ()}
    for part, pitches in groups.items():
        notes = tuple(
            note
            for note in track.notes
            if (note.pitch in pitches if pitches else note.pitch not in KICKS + SNARES)
        )
        if notes:
            yield part, replace(track, notes=notes)


def level_gain_db(audio: StereoAudio, track: Track, mix: PartMix) -> float:
    """Return the gain (dB) that brings a track ``(2, N)`` to its level in the mix.

    The level is that of velocity 100; softer playing stays softer.
    """
    if mix.level_db is None:
        return mix.gain_db
    velocities = np.array([note.velocity for note in track.notes], dtype=float)
    played_db = 10.0 * np.log10(np.mean(velocities**2) / NEUTRAL_VELOCITY**2)
    gain_db = mix.level_db + played_db - active_level(audio)
    return mix.gain_db + float(np.clip(gain_db, -_GAIN_RANGE_DB, _GAIN_RANGE_DB))


def active_level(audio: StereoAudio) -> float:
    """Return the level (LUFS) of a track ``(2, N)`` while it plays.

    It is the K-weighted mean over the steps of 0.1 s that are at most 12 dB below its loud ones;
    half of what the weighting takes from deep basses is added again. Of long tracks, stretches
    from all parts are measured.
    """
    step = round(LOUDNESS_STEP_S * STUDIO_SAMPLE_RATE)
    count = audio.shape[1] // step
    firsts = np.arange(0, count, _STRETCH_STEPS)
    if len(firsts) > _MEASURED_STRETCHES:
        firsts = np.linspace(0, count - _STRETCH_STEPS, _MEASURED_STRETCHES).astype(int)
    energies, power = np.zeros(0), 0.0
    for first in firsts:
        stretch = audio[:, first * step : (first + _STRETCH_STEPS) * step]
        mid = stretch[0] + stretch[1]
        # The mid signal is filtered; the power of the side signal is added in proportion.
        whole, middle = float(np.vdot(stretch, stretch)), float(np.vdot(mid, mid))
        if whole < _SILENT_POWER:
            continue
        share = min(_MOST_SIDE, whole / max(middle, _SILENT_POWER))
        energies = np.append(energies, share * step_energies(mid, STUDIO_SAMPLE_RATE))
        power += whole
    energies = energies[energies > 1e-9]
    if not len(energies):
        return _SILENT_LUFS
    deep_db = max(0.0, 10.0 * float(np.log10(power / step / energies.sum())))
    loud = np.quantile(energies, 0.95)
    active = energies[energies >= loud * 10 ** (-_ACTIVE_RANGE_DB / 10)]
    return float(_OFFSET_LU + 10.0 * np.log10(active.mean())) + 0.5 * deep_db
