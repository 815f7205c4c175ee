"""Scores of the beats of one clip against its annotated beats, and of trivial beats.

Beats count from half a beat before the first annotated beat to half a beat after the last:
an annotation says nothing about the rest of a clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.aist_rhythm import AIST_BEAT_TOLERANCE_S
from d2m.benchmark.real_beats import (
    TrueBeats,
    median_tempo,
    octave_f_measure,
    octave_name,
    octave_variants,
)
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.metrics.beats import beat_f_measure
from d2m.perception.beat_correction import cover_clip

FloatArray = NDArray[np.float64]

SHIFTS = np.arange(-11, 13) / 24.0
"""Constant shifts that are tried (beats)."""
RIGHT_F = 0.7
"""Least F-measure (100 ms, octave aside) of beats that are right. Chosen by hand."""
STEADY_BPM = 110.0
"""Tempo (BPM) of the trivial beats: what the program played before it took its best guess."""
RANDOM_PHASES = 20
"""Number of random phases that are averaged. Chosen by hand."""

STEADY = "steady 110 BPM from 0 s"
OTHER_CLIP = "beats of another clip"
RANDOM_PHASE = "true tempo, random phase"


@dataclass(frozen=True, kw_only=True)
class BeatMatch:
    """How well beats fit the annotated ones.

    Parameters
    ----------
    tempo_bpm
        Tempo of the beats (BPM); NaN without beats.
    tempo_right, tempo_octave
        1 if the tempo is within 4 % of the true one; with half and double tempo allowed.
    octave
        ``"half"``, ``"same"``, ``"double"`` or ``"other"``.
    f70, f100
        F-measure within 70 and 100 ms, 0 to 1.
    f70_octave, f100_octave
        The same with half and double tempo allowed.
    best_shift
        The constant shift (beats of the true octave) after which the beats fit best, from -0.5
        to 0.5; positive if the beats come too early. NaN without beats.
    shifted_f70
        F-measure within 70 ms after that shift, at the octave of the truth.
    """

    tempo_bpm: float
    tempo_right: float
    tempo_octave: float
    octave: str
    f70: float
    f100: float
    f70_octave: float
    f100_octave: float
    best_shift: float
    shifted_f70: float


def match_beats(
    beats_s: FloatArray, tempo_bpm: float, truth: TrueBeats, duration_s: float
) -> BeatMatch:
    """Score beats against annotated ones.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).
    tempo_bpm
        Their tempo (BPM).
    truth
        The annotated beats.
    duration_s
        Length of the clip (s).
    """
    octave = octave_name(tempo_bpm, truth.tempo_bpm) if len(beats_s) > 1 else "other"
    inside = _annotated(beats_s, truth)
    shift, shifted_f = best_shift(beats_s, truth, duration_s)
    return BeatMatch(
        tempo_bpm=tempo_bpm if len(beats_s) > 1 else float("nan"),
        tempo_right=float(octave == "same"),
        tempo_octave=float(octave != "other"),
        octave=octave,
        f70=beat_f_measure(inside, truth.beats_s),
        f100=beat_f_measure(inside, truth.beats_s, AIST_BEAT_TOLERANCE_S),
        f70_octave=octave_f_measure(inside, truth.beats_s),
        f100_octave=octave_f_measure(inside, truth.beats_s, AIST_BEAT_TOLERANCE_S),
        best_shift=shift,
        shifted_f70=shifted_f,
    )


def best_shift(beats_s: FloatArray, truth: TrueBeats, duration_s: float) -> tuple[float, float]:
    """Find the constant shift of beats that fits annotated ones best.

    The beats are brought to the octave of the truth first, and cover the clip after the shift.

    Parameters
    ----------
    beats_s, truth, duration_s
        As in `match_beats`.

    Returns
    -------
    shift
        One of `SHIFTS` (beats); of equal F-measures, the one with the smallest mean distance
        of the annotated beats, then the smallest shift. NaN for fewer than two beats.
    f_measure
        Within 70 ms, after the shift.
    """
    if len(beats_s) < 2:
        return float("nan"), 0.0
    found = []
    for variant in octave_variants(beats_s, truth.beats_s):
        if len(variant) < 2:
            continue
        gap = float(np.median(np.diff(variant)))
        for shift in SHIFTS:
            moved = _annotated(cover_clip(variant + shift * gap, gap, duration_s), truth)
            if len(moved):
                f_measure = beat_f_measure(moved, truth.beats_s)
                distance = float(np.abs(truth.beats_s[:, None] - moved).min(axis=1).mean())
                key = (round(f_measure, 3), -round(distance, 3), -abs(shift))
                found.append((key, float(shift), f_measure))
    if not found:
        return float("nan"), 0.0
    _, shift, f_measure = max(found)
    return shift, f_measure


def trivial_beats(
    truths: dict[str, TrueBeats], durations_s: dict[str, float], seed: int
) -> dict[str, dict[str, list[BeatMatch]]]:
    """Score beats that know nothing of the dance.

    Parameters
    ----------
    truths
        Annotated beats by clip.
    durations_s
        Lengths of the clips (s).
    seed
        Seed of the random phases.

    Returns
    -------
    dict
        By row (`STEADY`, `OTHER_CLIP`, `RANDOM_PHASE`) and clip: one score, or those of
        `RANDOM_PHASES` phases. The other clip is the next one in order.
    """
    names = list(truths)
    rows: dict[str, dict[str, list[BeatMatch]]] = {STEADY: {}, OTHER_CLIP: {}, RANDOM_PHASE: {}}
    for number, name in enumerate(names):
        truth, duration_s = truths[name], durations_s[name]

        def score(
            beats_s: FloatArray, bpm: float, truth: TrueBeats = truth, end_s: float = duration_s
        ) -> BeatMatch:
            return match_beats(beats_s, bpm, truth, end_s)

        rows[STEADY][name] = [score(np.arange(0.0, duration_s, 60.0 / STEADY_BPM), STEADY_BPM)]
        other = truths[names[(number + 1) % len(names)]]
        if len(names) > 1:
            gap = 60.0 / median_tempo(other.beats_s)
            borrowed = cover_clip(other.beats_s, gap, duration_s)
            rows[OTHER_CLIP][name] = [score(borrowed, other.tempo_bpm)]
        phases = np.random.default_rng([seed, number, 13]).random(RANDOM_PHASES)
        gap = 60.0 / truth.tempo_bpm
        rows[RANDOM_PHASE][name] = [
            score(np.arange(phase * gap, duration_s, gap), truth.tempo_bpm) for phase in phases
        ]
    return rows


def is_right(match: BeatMatch) -> bool:
    """Return whether tempo (octave aside) and place of beats are right."""
    return match.tempo_octave > 0 and match.f100_octave >= RIGHT_F


def annotated_part(beats_s: FloatArray, truth: TrueBeats, end_s: float) -> FloatArray:
    """Return the beats (s) up to a time (s), 70 ms included, that an annotation covers."""
    inside = _annotated(beats_s, truth)
    return np.asarray(inside[inside <= end_s + BEAT_TOLERANCE_S])


def _annotated(beats_s: FloatArray, truth: TrueBeats) -> FloatArray:
    half = 30.0 / median_tempo(truth.beats_s)
    low, high = truth.beats_s[0] - half, truth.beats_s[-1] + half
    return np.asarray(beats_s[(beats_s >= low) & (beats_s <= high)])
