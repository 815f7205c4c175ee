"""Estimate tempo, beats and downbeats of a dance from the movement of the body.

Dancers stop on beats, so the movement is periodic at the beat and slowest on it. The tempo is
the one at which the movement signals of the pose and of the optical flow are periodic
together; the beats are placed on the minima of limb speed; the confidence measures how far the
tempo stands out. The best guess is always given, marked as unsure where random movement would
give the same. No constant lies between the minima and the beats: on AIST++, the music's beats
come from 159 ms after the minima to 56 ms before them, depending on the choreography.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEAT_TOLERANCE_S, BEATS_PER_BAR
from d2m.perception import beat_candidates, tempo
from d2m.perception.beat_candidates import BeatCandidate as BeatCandidate
from d2m.perception.motion_signals import SIGNAL_RATE
from d2m.perception.rhythm_signals import RhythmSignals, measure_group, measure_movement

FloatArray = NDArray[np.float64]

MIN_BPM, MAX_BPM = 30.0, 300.0
"""Range of a tempo that a user gives or taps (BPM). Chosen by hand."""
DEFAULT_BPM = 110.0
"""Tempo (BPM) of the music where nothing moves, or not for long enough. Chosen by hand."""
MIN_CONTRAST = tempo.NOISE_CONTRAST
"""Tempo contrast (see `d2m.perception.tempo.TempoEstimate`) from which a tempo counts as sure."""
FULL_CONTRAST_S = 3.0
"""Duration (s) below which the contrast asked for falls in proportion, because the contrast of
random movement does. Measured on random movement."""
WEAK_PHASE = 0.5
"""Confidence of the beats' phase (0 to 1) under which their place is a guess. Chosen by hand:
the beats are then as likely between those of the dancer as on them."""
MIN_DURATION_S = 1.5
"""Duration (s) from which a rhythm is estimated. Chosen by hand."""


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
        Estimated probability that the tempo or an octave of it is right, 0 to 1. It is measured
        on the movement even where the tempo was given.
    envelope : (E,)
        Strength of sudden stops, 0 to 1.
    envelope_rate
        Sampling rate of ``envelope`` (Hz).
    unsure
        Whether the tempo is only the best guess.
    is_found
        Whether there is evidence for the beats: taps, a sound, or a movement that is more
        periodic than a random one (or has a tempo that a person gave). Without evidence they
        are steady beats, not the dancer's, and a score against them would mean nothing.
    phase_confidence
        How sure it is that the beats lie on those of the dancer and not between them, 0 to 1.
    candidates
        The likeliest guesses, best first; at most three. Empty for beats that a person tapped
        or a sound gave, and where nothing moves.
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
    is_found: bool = True
    phase_confidence: float = 0.0
    candidates: tuple[BeatCandidate, ...] = ()
    clock: str = "dance"
    clock_reason: str = ""

    @property
    def has_weak_phase(self) -> bool:
        """Whether beats that were estimated from the movement may lie between the dancer's."""
        return self.clock == "dance" and self.phase_confidence < WEAK_PHASE


def estimate_rhythm(
    keypoints: FloatArray,
    fps: float,
    *,
    tempo_bpm: float | None = None,
    flow: FloatArray | None = None,
    companions: Sequence[FloatArray] = (),
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
        Directogram of the optical flow at the same ``fps``. The tempo is estimated from it
        and the pose together, and the beats from it only where too few joints are found.
    companions
        Joint positions of others who dance with this person: the rhythm is that of the group.

    Returns
    -------
    Rhythm
        With the tempo `DEFAULT_BPM` where nothing moves or the clip is too short.

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
    if companions:
        movement = measure_group([keypoints, *companions], fps, flow)
    else:
        movement = measure_movement(keypoints, fps, flow)
    if not movement.is_moving or duration_s < MIN_DURATION_S:
        return _default_rhythm(movement, duration_s, tempo_bpm)
    return _fit_rhythm(movement, duration_s, tempo_bpm)


def _check(keypoints: FloatArray, fps: float, tempo_bpm: float | None) -> None:
    if keypoints.ndim != 3 or keypoints.shape[2] not in (2, 3) or not len(keypoints):
        raise ValueError("keypoints must have the shape (frames, joints, 2 or 3)")
    if not fps > 0:
        raise ValueError("fps must be positive")
    if tempo_bpm is not None and not MIN_BPM <= tempo_bpm <= MAX_BPM:
        raise SettingsError(
            f"A tempo of {tempo_bpm:g} BPM can't be used: choose {MIN_BPM:g} to {MAX_BPM:g}."
        )


def _fit_rhythm(movement: RhythmSignals, duration_s: float, tempo_bpm: float | None) -> Rhythm:
    """Fit tempo and beats to movement."""
    estimate = tempo.estimate_tempo(movement.signals)
    needed = MIN_CONTRAST * min(1.0, duration_s / FULL_CONTRAST_S)
    is_sure = estimate.contrast >= needed
    bpm = estimate.bpm if tempo_bpm is None else tempo_bpm
    beats = tempo.fit_steady_beats(movement.stillness, bpm)
    if is_sure and tempo_bpm is None:
        beats = tempo.track_drift(movement.stillness, beats)
        bpm = 60 * (len(beats) - 1) / float(beats[-1] - beats[0])
    tempi = [(bpm, 1.0)]
    if tempo_bpm is None:
        (_, probability), *others = beat_candidates.tempo_probabilities(estimate)
        tempi = [(bpm, probability), *others]
    beats = _inside(beats, duration_s)
    offsets = movement.offsets
    envelope = np.clip(offsets / (float(np.quantile(offsets, 0.99)) + 1e-9), 0, 1)
    return Rhythm(
        tempo_bpm=bpm,
        beats_s=beats,
        downbeats_s=beats[_first_downbeat(beats, envelope) :: BEATS_PER_BAR],
        confidence=beat_candidates.tempo_confidence(estimate),
        envelope=envelope,
        envelope_rate=SIGNAL_RATE,
        unsure=not is_sure and tempo_bpm is None,
        is_found=is_sure or tempo_bpm is not None,
        phase_confidence=_phase_probability(movement, bpm),
        candidates=beat_candidates.rank_candidates(
            tempi, lambda candidate_bpm: _phase_probability(movement, candidate_bpm)
        ),
    )


def _phase_probability(movement: RhythmSignals, bpm: float) -> float:
    return beat_candidates.phase_probability(tempo.phase_score(movement.stillness, bpm))


def _default_rhythm(movement: RhythmSignals, duration_s: float, tempo_bpm: float | None) -> Rhythm:
    """Return steady beats where no rhythm can be found in the movement."""
    bpm = DEFAULT_BPM if tempo_bpm is None else tempo_bpm
    beats = _inside(tempo.fit_steady_beats(movement.stillness, bpm), duration_s)
    return Rhythm(
        tempo_bpm=bpm,
        beats_s=beats,
        downbeats_s=beats[::BEATS_PER_BAR],
        confidence=0.0,
        envelope=np.zeros(len(movement.offsets)),
        envelope_rate=SIGNAL_RATE,
        unsure=tempo_bpm is None,
        is_found=False,
    )


def _inside(beats_s: FloatArray, duration_s: float) -> FloatArray:
    """Keep the beats (N,) inside the clip."""
    # A beat this shortly before the clip is heard as one at its start.
    beats = np.where((beats_s < 0) & (beats_s > -BEAT_TOLERANCE_S), 0.0, beats_s)
    return np.asarray(beats[(beats >= 0) & (beats <= duration_s)])


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
