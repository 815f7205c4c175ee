"""Estimate tempo, beats and downbeats of a dance from the movement of the body.

Dancers stop on beats, so the movement is periodic at the beat and slowest on it. The tempo is
the one at which several movement signals are periodic together; the beats are placed on the
minima of limb speed; the confidence measures how far the tempo stands out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEAT_TOLERANCE_S, BEATS_PER_BAR
from d2m.perception import motion_signals, tempo
from d2m.perception.motion_signals import SIGNAL_RATE

FloatArray = NDArray[np.float64]

MIN_BPM, MAX_BPM = 30.0, 300.0
"""Range of a tempo that a user gives or taps (BPM). Chosen by hand."""
DEFAULT_BPM = 110.0
"""Tempo (BPM) of the music where no rhythm is found. Chosen by hand."""
STILL_SPEED = 0.05
"""Mean joint speed (body sizes per second) up to which a body stands still. Chosen by hand."""
MIN_CONTRAST = 4.0
"""Tempo contrast (see `d2m.perception.tempo.TempoEstimate`) from which a rhythm is accepted.
Random movement seldom reaches it (tests/perception/test_rhythm.py)."""
FULL_CONTRAST_S = 5.0
"""Duration (s) below which the contrast asked for falls in proportion: short clips can't reach
it, although their tempi are mostly right. Chosen by hand."""
MIN_JOINT_COVERAGE = 0.4
"""Mean share of joints that must be found for the pose to be preferred to the optical flow.
Chosen by hand."""
MIN_DURATION_S = 1.5
"""Duration (s) from which a rhythm is estimated. Chosen by hand."""
BEAT_LAG_S = 0.015
"""Time (s) from the minimum of limb speed to the beat of the music: the mean on AIST++."""

_BEAT_SIGNALS = ("all", "wrists", "ankles", "knees", "flow")
"""Speed signals, which are lowest on the beat; the other signals show the tempo only."""


@dataclass(frozen=True, kw_only=True)
class BeatCandidate:
    """One guess of the beats.

    Parameters
    ----------
    tempo_bpm
        Tempo (BPM).
    shift_beats
        How much later its beats come than those that the movement suggests at this tempo
        (beats): 0, 0.25, 0.5 or -0.25.
    probability
        Estimated probability that tempo (octave included) and shift (to a quarter of a beat)
        are right, 0 to 1.
    """

    tempo_bpm: float
    shift_beats: float
    probability: float


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Tempo and beats of a dance.

    Parameters
    ----------
    tempo_bpm
        Mean tempo over the clip (BPM).
    beats_s : (N,)
        Ascending beat times (s) inside the clip.
    downbeats_s : (M,)
        Every fourth beat time (s), from the one that gives the bars the strongest accents.
    confidence
        0 (a guess) to 1: how far the tempo stands out among all tempi, from its best rival
        and from its octaves. It is measured on the movement even where the tempo was given.
    envelope : (E,)
        Strength of sudden stops, 0 to 1.
    envelope_rate
        Sampling rate of ``envelope`` (Hz).
    unsure
        Whether the tempo is only the best guess.
    phase_confidence
        How sure it is that the beats lie on those of the dancer and not between them, 0 to 1.
    candidates
        The likeliest guesses, best first; at most three. Empty for beats that a person tapped
        or a sound gave.
    clock
        Where the beats come from: ``"dance"``, ``"sound"`` or ``"taps"``.
    clock_reason
        Why the clip's sound is not the clock, as a clause; empty where it is.
    """

    tempo_bpm: float
    beats_s: FloatArray
    downbeats_s: FloatArray
    confidence: float
    envelope: FloatArray
    envelope_rate: float
    unsure: bool
    phase_confidence: float = 0.0
    candidates: tuple[BeatCandidate, ...] = ()
    clock: str = "dance"
    clock_reason: str = ""


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
        Joint positions in any unit. The second coordinate is vertical, up or down; the third
        is depth, or a score in [0, 1]. 17 joints are read as COCO, 25 as BODY_25 and 33 as
        MediaPipe; in other layouts, limbs are told apart by their amount of movement. NaN
        means missing.
    fps
        Frames per second (Hz).
    tempo_bpm
        Tempo (BPM) to use instead of the estimated one. The movement then only sets the
        phase of the beats.
    flow : (F', bins), optional
        Directogram of the optical flow at the same ``fps``. It is used where too few joints
        are found, or their movement has no rhythm.

    Returns
    -------
    Rhythm
        Of the pose or of the optical flow.

    Raises
    ------
    SettingsError
        If the given tempo is not between `MIN_BPM` and `MAX_BPM`.
    ValueError
        If the keypoints have another shape, or ``fps`` is not positive.
    """
    keypoints = np.asarray(keypoints, dtype=float)
    _check(keypoints, fps, tempo_bpm)
    duration_s = len(keypoints) / fps
    positions, coverage = motion_signals.clean_keypoints(keypoints, fps)
    signals = motion_signals.pose_signals(positions)
    is_tracked = float(coverage.mean()) >= MIN_JOINT_COVERAGE
    is_moving = is_tracked and float(signals["all"].mean()) > STILL_SPEED
    offsets = motion_signals.kinematic_offsets(positions)
    of_pose = _fit_rhythm(signals, offsets, duration_s, is_moving, tempo_bpm)
    # Around a body that stands still, optical flow comes from the camera or from compression.
    stands_still = is_tracked and not is_moving
    if flow is None or len(flow) < 2 or stands_still:
        return of_pose
    if is_moving and not of_pose.unsure:
        return of_pose
    directogram = motion_signals.resample_to_signal_rate(
        np.nan_to_num(np.asarray(flow, dtype=float)), fps
    )
    signals = motion_signals.flow_signals(directogram)
    offsets = motion_signals.directogram_offsets(directogram)
    of_flow = _fit_rhythm(signals, offsets, duration_s, bool(directogram.max() > 0), tempo_bpm)
    return of_flow if of_flow.confidence > of_pose.confidence or not is_moving else of_pose


def _check(keypoints: FloatArray, fps: float, tempo_bpm: float | None) -> None:
    if keypoints.ndim != 3 or keypoints.shape[2] not in (2, 3) or not len(keypoints):
        raise ValueError("keypoints must have the shape (frames, joints, 2 or 3)")
    if not fps > 0:
        raise ValueError("fps must be positive")
    if tempo_bpm is not None and not MIN_BPM <= tempo_bpm <= MAX_BPM:
        raise SettingsError(
            f"A tempo of {tempo_bpm:g} BPM can't be used: choose {MIN_BPM:g} to {MAX_BPM:g}."
        )


def _fit_rhythm(
    signals: dict[str, FloatArray],
    offsets: FloatArray,
    duration_s: float,
    is_moving: bool,
    tempo_bpm: float | None,
) -> Rhythm:
    """Fit tempo and beats to movement signals and offsets, each (E,)."""
    is_moving = is_moving and duration_s >= MIN_DURATION_S
    detrended = {name: tempo.detrend(signal) for name, signal in signals.items()}
    stillness = -np.sum([detrended[name] for name in _BEAT_SIGNALS if name in detrended], axis=0)
    confidence, has_rhythm, bpm = 0.0, False, DEFAULT_BPM
    if is_moving:
        estimate = tempo.estimate_tempo(np.stack(list(detrended.values())))
        confidence = estimate.confidence
        needed = MIN_CONTRAST * min(1.0, duration_s / FULL_CONTRAST_S)
        has_rhythm = estimate.contrast >= needed
        bpm = estimate.bpm if has_rhythm else DEFAULT_BPM
    beats = tempo.fit_steady_beats(stillness, tempo_bpm or bpm)
    if has_rhythm and tempo_bpm is None:
        beats = tempo.track_drift(stillness, beats)
        bpm = 60 * (len(beats) - 1) / float(beats[-1] - beats[0])
    beats = beats + BEAT_LAG_S
    # A beat this shortly before the clip is heard as one at its start.
    beats = np.where((beats < 0) & (beats > -BEAT_TOLERANCE_S), 0.0, beats)
    beats = beats[(beats >= 0) & (beats <= duration_s)]
    envelope = np.clip(offsets / (float(np.quantile(offsets, 0.99)) + 1e-9), 0, 1)
    if not is_moving:
        envelope = np.zeros_like(envelope)
    return Rhythm(
        tempo_bpm=tempo_bpm or bpm,
        beats_s=beats,
        downbeats_s=beats[_first_downbeat(beats, envelope) :: BEATS_PER_BAR],
        confidence=confidence,
        envelope=envelope,
        envelope_rate=SIGNAL_RATE,
        unsure=not has_rhythm and tempo_bpm is None,
    )


def _first_downbeat(beats_s: FloatArray, envelope: FloatArray) -> int:
    """Return the index of the first downbeat: the phase of the bars with the strongest accents."""
    if len(beats_s) < 2 * BEATS_PER_BAR:
        return 0
    reach = int(np.median(np.diff(beats_s)) / 2 * SIGNAL_RATE)
    total = np.concatenate([[0.0], np.cumsum(envelope)])
    centre = np.round(beats_s * SIGNAL_RATE).astype(int)
    low, high = (np.clip(centre + r, 0, len(envelope)) for r in (-reach, reach))
    accent = (total[high] - total[low]) / np.maximum(high - low, 1)
    return int(np.argmax([accent[k::BEATS_PER_BAR].mean() for k in range(BEATS_PER_BAR)]))
