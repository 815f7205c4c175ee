"""From the joints of a dancer to the conditioning that the models read.

The pipeline, the benchmark and the training data all call `condition`, so all of them see
the movement measured in the same way everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import mean_tempo
from d2m.core.metrical_grid import StepGrid, grid_from_beats
from d2m.core.settings import Settings
from d2m.core.styles import Style
from d2m.perception.beat_clock import NO_SOUND, choose_clock
from d2m.perception.beat_correction import fit_taps, scale_tempo, shift_beats
from d2m.perception.body_events import BodyEvents, find_body_events
from d2m.perception.group_events import merge_events
from d2m.perception.rhythm import Rhythm, estimate_rhythm
from d2m.perception.sound_beats import SoundBeats
from d2m.perception.step_features import (
    accentuate_beats,
    joint_directogram,
    movement_features,
    scale_contrast,
)
from d2m.perception.style_suggestion import suited_styles

FloatArray = NDArray[np.float64]

SLOW_BPM = 95.0
"""Tempo (BPM) under which strong off-beat movement gives music in another metre than the
dancer's, so the beats are accentuated. Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditioning:
    """What the models read of a dance.

    Parameters
    ----------
    rhythm
        Tempo and beats.
    grid
        ``S`` 16th steps laid through the beats.
    features : (S, 11)
        Movement features of each step, in [0, 1].
    style
        Style of the music.
    suited_styles
        The styles that suit the dance, best first.
    duration_s
        Length of the music (s).
    events
        Hits, jumps and other events of the body, which only a score answers.
    keypoints : (F, 17, 2), optional
        COCO-17 joints of the dancer in any unit, y downwards, which only some baselines read.
    fps
        Their frame rate (Hz); 0 without them.
    flow : (F', 8), optional
        Directogram of the optical flow, or else of the joints, at the same rate.
    """

    rhythm: Rhythm
    grid: StepGrid
    features: FloatArray
    style: Style
    duration_s: float
    events: BodyEvents = field(default_factory=BodyEvents)
    keypoints: FloatArray | None = None
    fps: float = 0.0
    flow: FloatArray | None = None
    suited_styles: tuple[Style, ...] = ()


def condition(
    keypoints: FloatArray,
    fps: float,
    *,
    flow: FloatArray | None = None,
    duration_s: float | None = None,
    rhythm: Rhythm | None = None,
    sound: SoundBeats | None = None,
    settings: Settings | None = None,
    companions: Sequence[FloatArray] = (),
) -> Conditioning:
    """Measure a dance on the metrical grid of its beats.

    Parameters
    ----------
    keypoints : (F, 17, 2 or 3)
        COCO-17 joints in any unit, y downwards.
    fps
        Frame rate (Hz).
    flow : (F', 8), optional
        Directogram of the optical flow at the same rate. Without it, the directogram is that
        of the joints.
    duration_s
        Length of the music (s); by default that of the keypoints.
    rhythm
        Known beats, see `known_rhythm`. By default they are those of the sound or estimated from
        the movement, and corrected by the settings.
    sound
        Beats of the clip's own sound, if it has one.
    settings
        Their choice and correction of the beats and their response are used. Without settings,
        the movement stays as measured: no contrast is scaled and no beat accentuated.
    companions
        Joints of others who dance with this person: energy and accents are those of the group.

    Returns
    -------
    Conditioning
        With the style that suits the dance.

    Raises
    ------
    SettingsError
        If the taps make no rhythm, or the sound has no beats and the settings ask for them.
    """
    length_s = len(keypoints) / fps if duration_s is None else duration_s
    if rhythm is None:
        chosen = settings or Settings()
        movement = estimate_rhythm(
            keypoints[..., :2],
            fps,
            tempo_bpm=chosen.tempo_bpm,
            flow=flow,
            companions=[one[..., :2] for one in companions],
        )
        rhythm = _corrected_rhythm(movement, sound or SoundBeats(reason=NO_SOUND), length_s, chosen)
    downbeat_s = float(rhythm.downbeats_s[0]) if len(rhythm.downbeats_s) else None
    grid = grid_from_beats(two_or_more_beats(rhythm), length_s, downbeat_s=downbeat_s)
    dancers = [keypoints, *companions]
    features = np.mean([movement_features(one, fps, grid) for one in dancers], axis=0)
    styles = suited_styles(keypoints, fps, rhythm.tempo_bpm)
    if settings is not None:
        features = scale_contrast(features, settings.response)
        if rhythm.tempo_bpm < SLOW_BPM:
            features = accentuate_beats(features, grid)
    return Conditioning(
        rhythm=rhythm,
        grid=grid,
        features=features,
        style=styles[0],
        suited_styles=styles,
        duration_s=length_s,
        events=merge_events([find_body_events(one, fps) for one in dancers], length_s),
        keypoints=np.asarray(keypoints[..., :2], dtype=float),
        fps=fps,
        flow=joint_directogram(keypoints, fps) if flow is None else flow,
    )


def known_rhythm(beats_s: FloatArray, downbeats_s: FloatArray) -> Rhythm:
    """Return the rhythm of a dance whose beats are known, such as those of its music.

    Parameters
    ----------
    beats_s : (N,)
        At least two ascending beat times (s).
    downbeats_s : (M,)
        The beats that begin a bar (s).
    """
    return Rhythm(
        tempo_bpm=mean_tempo(beats_s),
        beats_s=beats_s,
        downbeats_s=downbeats_s,
        confidence=1.0,
        envelope=np.zeros(0),
        envelope_rate=0.0,
        unsure=False,
        phase_confidence=1.0,
    )


def two_or_more_beats(rhythm: Rhythm) -> FloatArray:
    """Return the beats (s); in a clip too short for two, continue them at the tempo."""
    if len(rhythm.beats_s) >= 2:
        return rhythm.beats_s
    first = rhythm.beats_s[0] if len(rhythm.beats_s) else 0.0
    return first + np.arange(2) * 60.0 / rhythm.tempo_bpm


def _corrected_rhythm(
    movement: Rhythm, sound: SoundBeats, duration_s: float, settings: Settings
) -> Rhythm:
    """Choose the clock of the music, then apply the taps, scale and shifts of the settings."""
    if settings.taps_s:
        rhythm = fit_taps(movement, np.array(settings.taps_s), duration_s)
    else:
        rhythm = choose_clock(movement, sound, settings, duration_s)
    rhythm = scale_tempo(rhythm, settings.tempo_scale, duration_s)
    shift_s = settings.shift_beats * 60.0 / rhythm.tempo_bpm + settings.beat_shift_ms / 1000
    return shift_beats(rhythm, shift_s, duration_s)
