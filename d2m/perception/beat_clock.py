"""Choose the clock of the music: the beats of the clip's own sound, or those of the dance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from d2m.core.beat_tempo import tempo_text
from d2m.core.common_settings import CommonSettings
from d2m.core.errors import SettingsError
from d2m.media.clip_limits import ClipInfo
from d2m.perception.beat_correction import cover_clip, every_bar
from d2m.perception.rhythm import Rhythm
from d2m.perception.sound_beats import SoundBeats, at_double_tempo, at_half_tempo
from d2m.perception.tempo import PRIOR_BPM, PRIOR_OCTAVES

NO_SOUND = "the clip has no sound"
"""Why a clip without an audio track has no beats of its sound."""
UNREADABLE_SOUND = "the clip's sound can't be decoded"
"""Why a clip with such an audio track has no beats of its sound."""
SAME_TEMPO = 0.06
"""Largest relative difference of two tempi that count as the same. Chosen by hand: tempi of a
few seconds of dance are less exact than the 4 % of the metrics."""
CONTRADICTION = 0.95
"""Confidence of the movement's tempo (0 to 1) from which a sound with an unrelated tempo counts
as that of another take. Chosen by hand."""
MIN_SOUND_BEATS = 2
"""Least number of beats with which a sound can be a clock."""

OCTAVE_ODDS = 2.0
"""Odds (no unit) of the octave at which the sound is tracked, and of one at which the movement
seems to be periodic; where the movement is clear, these odds are squared. Chosen by hand."""

_RELATED = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0, 4.0)
"""Ratios of a dance's tempo to its music's that occur when both belong together."""


def choose_clock(
    movement: Rhythm, sound: SoundBeats, settings: CommonSettings, duration_s: float
) -> Rhythm:
    """Return the rhythm that the music follows, before taps and shifts.

    Parameters
    ----------
    movement
        Rhythm estimated from the movement, at the tempo of the settings if they give one.
    sound
        Beats of the clip's own sound.
    settings
        ``beats`` and ``tempo_bpm`` are used.
    duration_s
        Length of the clip (s).

    Returns
    -------
    Rhythm
        That of the movement with a reason, or one with the beats of the sound, at the octave of
        its tempo at which the dancer moves.

    Raises
    ------
    SettingsError
        If the settings ask for the beats of a sound that has none.
    """
    reason = _reason_for_dance(movement, sound, settings)
    if not reason:
        return _of_sound(movement, sound, settings.tempo_bpm, duration_s)
    if settings.beats == "sound":
        raise _no_sound_beat(reason)
    return replace(movement, clock_reason=reason)


def check_clock(settings: CommonSettings, info: ClipInfo) -> None:
    """Check as soon as a clip was probed whether its sound can be asked for beats.

    Parameters
    ----------
    settings
        ``beats`` and ``taps_s`` are used.
    info
        Properties of the clip.

    Raises
    ------
    SettingsError
        If the settings ask for the beats of a sound that is not there.
    """
    if settings.beats == "sound" and not settings.taps_s and not info.has_audio:
        if info.sound_problem:
            raise SettingsError(
                f"{info.sound_problem.removesuffix('.')}, or take the beats from the dance."
            )
        raise _no_sound_beat(missing_sound(info))


def missing_sound(info: ClipInfo) -> str:
    """Return why a clip whose sound can't be heard has no beats of its sound, as a clause."""
    return UNREADABLE_SOUND if info.sound_problem else NO_SOUND


def _no_sound_beat(reason: str) -> SettingsError:
    return SettingsError(
        f"The clip's sound can't give the beat, because {reason}: take the beats from the dance."
    )


def _reason_for_dance(movement: Rhythm, sound: SoundBeats, settings: CommonSettings) -> str:
    """Return why the sound is not the clock; empty if it is."""
    if settings.beats == "dance":
        return "the settings ask for it"
    if len(sound.beats_s) < MIN_SOUND_BEATS:
        return sound.reason or "the clip's sound has no steady beat"
    if settings.tempo_bpm and _octave(sound.tempo_bpm, settings.tempo_bpm) is None:
        return (
            f"the clip's sound has {tempo_text(sound.tempo_bpm)}, which does not go with the "
            "given tempo"
        )
    if settings.beats == "sound":
        return ""
    if not sound.has_beat:
        return sound.reason
    if not settings.tempo_bpm and _contradicts(movement, sound):
        return "the clip's sound has another tempo than the movement"
    return ""


def _contradicts(movement: Rhythm, sound: SoundBeats) -> bool:
    """Return whether the movement shows clearly that the sound is that of another take."""
    if movement.unsure or movement.confidence < CONTRADICTION:
        return False
    ratio = movement.tempo_bpm / sound.tempo_bpm
    return all(abs(ratio / related - 1) > SAME_TEMPO for related in _RELATED)


def _octave(sound_bpm: float, wanted_bpm: float) -> float | None:
    """Return by which of 1, 1/2 and 2 a sound's tempo is multiplied to be the one wanted."""
    for factor in (1.0, 0.5, 2.0):
        if abs(sound_bpm * factor / wanted_bpm - 1) <= SAME_TEMPO:
            return factor
    return None


def _likeliest_octave(sound_bpm: float, movement: Rhythm) -> float:
    """Return by which of 1, 1/2 and 2 to multiply a sound's tempo so that it suits the dancer."""
    danced = _octave(sound_bpm, movement.tempo_bpm)

    def log_odds(factor: float) -> float:
        octaves = float(np.log2(factor * sound_bpm / PRIOR_BPM))
        weight = (factor == 1.0) + (factor == danced) * (1 if movement.unsure else 2)
        return weight * float(np.log(OCTAVE_ODDS)) - (octaves / PRIOR_OCTAVES) ** 2 / 2

    return max((1.0, 0.5, 2.0), key=log_odds)


def _of_sound(
    movement: Rhythm, sound: SoundBeats, tempo_bpm: float | None, duration_s: float
) -> Rhythm:
    """Return the rhythm with the beats of the sound, at the octave that suits the dancer."""
    factor = _octave(sound.tempo_bpm, tempo_bpm) if tempo_bpm else None
    factor = factor or _likeliest_octave(sound.tempo_bpm, movement)
    scaled = sound
    if factor != 1.0:
        scaled = at_half_tempo(sound) if factor < 1.0 else at_double_tempo(sound)
    gap = float(np.median(np.diff(scaled.beats_s))) if len(scaled.beats_s) > 1 else 0.5
    beats = cover_clip(scaled.beats_s, gap, duration_s)
    downbeat_s = scaled.downbeats_s[0] if len(scaled.downbeats_s) else beats[0]
    return replace(
        movement,
        tempo_bpm=scaled.tempo_bpm,
        beats_s=beats,
        downbeats_s=every_bar(beats, float(downbeat_s)),
        confidence=sound.confidence,
        phase_confidence=sound.confidence,
        candidates=(),
        unsure=not sound.has_beat,
        is_found=True,
        clock="sound",
    )
