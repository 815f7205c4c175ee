"""Tempo, beats and downbeats of a dance, from how the body moves.

Dancers stop on beats: the energy of movement is periodic at the beat and lowest on it.
So the tempo is where several movement signals are periodic together, the beats lie on the
minima of limb speed, and a confidence says how far that tempo stands out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.perception import motion_signals, tempo
from d2m.perception.motion_signals import SIGNAL_RATE

FloatArray = NDArray[np.float64]

DEFAULT_BPM = 110.0
"""Tempo (BPM) of a clip whose rhythm can't be told."""
STILL_SPEED = 0.05
"""Mean joint speed (body sizes a second) under which nobody dances."""
MIN_CONTRAST = 4.0
"""Tempo contrast that movement without rhythm seldom reaches."""
FULL_CONTRAST_S = 5.0
"""Shorter clips can't reach that contrast, though dances' tempi come out mostly right: less
is asked of them, in proportion."""
MIN_SEEN_SHARE = 0.4
"""Share of joints that must be seen for the pose to be worth more than the flow."""
MIN_DURATION_S = 1.5
"""Shortest clip whose rhythm is looked for."""
EARLY_BEAT_S = 0.07
"""A beat at most this long (s) before the clip is heard at its start: within 70 ms two beats
pass for one (MIREX's tolerance)."""
BEAT_LAG_S = 0.015
"""A beat sounds this much (s) after the movement's slowest moment: the mean over AIST++."""

_BEAT_SIGNALS = ("all", "wrists", "ankles", "knees", "flow")
"""Speeds, lowest on the beat (the other signals show the tempo, not the phase)."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """What the dance says about the music's time.

    Parameters
    ----------
    tempo_bpm
        Beats a minute, the mean over the clip.
    beats_s : (N,)
        Ascending beat times (s) that cover the clip, within it.
    downbeats_s : (M,)
        Every fourth beat, beginning with the one that gives bars the strongest accents.
    confidence
        0 (a guess) to 1 (the movement leaves no doubt): how far the tempo stands out among
        all tempi, over its best rival and over its octaves. It speaks of the movement, also
        when the tempo was given.
    envelope : (E,)
        How suddenly movement stops, in [0, 1], at ``envelope_rate``.
    envelope_rate
        Samples a second of ``envelope`` (Hz).
    steady_default
        True when the rhythm can't be told and a steady default was taken.
    """

    tempo_bpm: float
    beats_s: FloatArray
    downbeats_s: FloatArray
    confidence: float
    envelope: FloatArray
    envelope_rate: float
    steady_default: bool


def estimate_rhythm(
    keypoints: FloatArray,
    fps: float,
    *,
    tempo_bpm: float | None = None,
    flow: FloatArray | None = None,
) -> Rhythm:
    """Estimate tempo, beats and downbeats of a dance.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        Joint positions in any unit, the second coordinate vertical (either way up), with
        depth or a score in [0, 1] as a third. J = 17 is read as COCO, 25 as BODY_25, 33 as
        MediaPipe; joints of other layouts are told apart by how much they move. NaN means
        missing.
    fps
        Frames a second (Hz).
    tempo_bpm
        A tempo to take instead of the estimated one; beats are still laid by the movement.
    flow : (F', bins), optional
        Directogram at the same ``fps`` (optical flow summed by direction), used when the
        pose is too weak, or moves without a rhythm.

    Raises
    ------
    SettingsError
        If the given tempo is not between 30 and 300 BPM.
    ValueError
        If the keypoints are not of the form above or ``fps`` is not positive.
    """
    keypoints = np.asarray(keypoints, dtype=float)
    _check(keypoints, fps, tempo_bpm)
    duration = len(keypoints) / fps
    positions, seen = motion_signals.clean_keypoints(keypoints, fps)
    signals = motion_signals.pose_signals(positions)
    trusted = float(seen.mean()) >= MIN_SEEN_SHARE
    danced = trusted and float(signals["all"].mean()) > STILL_SPEED
    offsets = motion_signals.kinematic_offsets(positions)
    of_pose = _rhythm(signals, offsets, duration, danced, tempo_bpm)
    # Who is seen to stand still does not dance; what flows then is the camera or the codec.
    stands = trusted and not danced
    if flow is None or len(flow) < 2 or stands or (danced and not of_pose.steady_default):
        return of_pose
    directogram = motion_signals.resample_to_signal_rate(
        np.nan_to_num(np.asarray(flow, dtype=float)), fps
    )
    signals, offsets = (
        motion_signals.flow_signals(directogram),
        motion_signals.directogram_offsets(directogram),
    )
    of_flow = _rhythm(signals, offsets, duration, bool(directogram.max() > 0), tempo_bpm)
    return of_flow if of_flow.confidence > of_pose.confidence or not danced else of_pose


def _check(keypoints: FloatArray, fps: float, tempo_bpm: float | None) -> None:
    if keypoints.ndim != 3 or keypoints.shape[2] not in (2, 3) or not len(keypoints):
        raise ValueError("keypoints must have the shape (frames, joints, 2 or 3)")
    if not fps > 0:
        raise ValueError("fps must be positive")
    if tempo_bpm is not None and not 30 <= tempo_bpm <= 300:
        raise SettingsError(f"A tempo of {tempo_bpm:g} BPM can't be used: choose 30 to 300.")


def _rhythm(
    signals: dict[str, FloatArray],
    offsets: FloatArray,
    duration: float,
    danced: bool,
    tempo_bpm: float | None,
) -> Rhythm:
    """Lay beats through movement signals (each (E,)) of a clip of ``duration`` (s)."""
    danced = danced and duration >= MIN_DURATION_S
    plain = {name: tempo.detrend(signal) for name, signal in signals.items()}
    stillness = -np.sum([plain[name] for name in _BEAT_SIGNALS if name in plain], axis=0)
    confidence, told, bpm = 0.0, False, DEFAULT_BPM
    if danced:
        found = tempo.estimate_tempo(np.stack(list(plain.values())))
        confidence = found.confidence
        told = found.contrast >= MIN_CONTRAST * min(1.0, duration / FULL_CONTRAST_S)
        bpm = found.bpm if told else DEFAULT_BPM
    beats = tempo.fit_steady_beats(stillness, tempo_bpm or bpm)
    if told and tempo_bpm is None:
        beats = tempo.track_drift(stillness, beats)
        bpm = 60 * (len(beats) - 1) / float(beats[-1] - beats[0])
    beats = beats + BEAT_LAG_S
    beats = np.where((beats < 0) & (beats > -EARLY_BEAT_S), 0.0, beats)
    beats = beats[(beats >= 0) & (beats <= duration)]
    envelope = np.clip(offsets / (float(np.quantile(offsets, 0.99)) + 1e-9), 0, 1)
    if not danced:
        envelope = np.zeros_like(envelope)
    return Rhythm(
        tempo_bpm=tempo_bpm or bpm,
        beats_s=beats,
        downbeats_s=beats[_first_downbeat(beats, envelope) :: BEATS_PER_BAR],
        confidence=confidence,
        envelope=envelope,
        envelope_rate=SIGNAL_RATE,
        steady_default=not told and tempo_bpm is None,
    )


def _first_downbeat(beats_s: FloatArray, envelope: FloatArray) -> int:
    """Return the index of the first beat that begins a bar, by mean accent."""
    if len(beats_s) < 2 * BEATS_PER_BAR:
        return 0
    reach = int(np.median(np.diff(beats_s)) / 2 * SIGNAL_RATE)
    total = np.concatenate([[0.0], np.cumsum(envelope)])
    centre = np.round(beats_s * SIGNAL_RATE).astype(int)
    low, high = (np.clip(centre + r, 0, len(envelope)) for r in (-reach, reach))
    accent = (total[high] - total[low]) / np.maximum(high - low, 1)
    return int(np.argmax([accent[k::BEATS_PER_BAR].mean() for k in range(BEATS_PER_BAR)]))
