"""Probabilities of the likeliest tempi and beat positions of a dance.

Movement often leaves open whether a tempo or its double is meant, and on real dancers where in
the beat the movement stops. The likeliest guesses are therefore kept, for a person to choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from d2m.perception.tempo import TempoEstimate

MAX_CANDIDATES = 3
"""Number of guesses that are kept. Chosen by hand."""
TEMPO_MISS, TEMPO_MISS_DECAY = 0.7, 1.5
"""Probability that neither the tempo nor an octave of it is right at a contrast of 1, and the
contrast over which it falls to 1/e of that. Chosen on 8 s windows of seven real clips and on
procedural dances."""
MAX_TEMPO_PROBABILITY = 0.97
"""Upper limit of the probability that a tempo or an octave of it is right; also on procedural
dances with the clearest rhythm, some are not."""
OCTAVE_WEIGHT = 0.5
"""Weight of an octave of the tempo with the same score, relative to the tempo. Chosen on 8 s
windows of seven real clips and on procedural dances."""
RIVAL_SHARE = 0.35
"""Probability of a rival tempo with the same score where the tempo is not right. Chosen as
`OCTAVE_WEIGHT`."""
PHASE_SCORES, PHASE_PROBABILITIES = (0.8, 2.5, 3.5), (0.27, 0.7, 0.85)
"""Phase scores (see `d2m.perception.tempo.phase_score`), and the probabilities that the beats
are right to an eighth of a beat at these scores; linear between them. Chosen on AIST++,
procedural dances and seven real clips."""
SHIFT_SHARES = {0.5: 0.36, 0.25: 0.32, -0.25: 0.32}
"""Shares of other shifts (beats) in the remaining probability. On fourteen real clips, where the
phase is at chance, half a beat is the most frequent."""


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


def tempo_confidence(estimate: TempoEstimate) -> float:
    """Return the probability that a tempo or an octave of it is right, if somebody dances."""
    miss = TEMPO_MISS * float(np.exp(-(estimate.contrast - 1) / TEMPO_MISS_DECAY))
    return min(max(0.0, 1 - miss), MAX_TEMPO_PROBABILITY)


def tempo_probabilities(estimate: TempoEstimate) -> list[tuple[float, float]]:
    """Return (tempo in BPM, probability) of a tempo, its octaves and its rivals, unordered."""
    miss = 1 - tempo_confidence(estimate)
    octaves = [rival for rival in estimate.rivals if rival.is_octave]
    weights = [OCTAVE_WEIGHT * octave.relative_score for octave in octaves]
    alone = (1 - miss) / (1 + sum(weights))
    return [
        (estimate.bpm, alone),
        *((octave.bpm, alone * weight) for octave, weight in zip(octaves, weights, strict=True)),
        *(
            (rival.bpm, miss * RIVAL_SHARE * rival.relative_score)
            for rival in estimate.rivals
            if not rival.is_octave
        ),
    ]


def phase_probability(phase_score: float) -> float:
    """Return the probability that the beats are right to an eighth of a beat, 0 to 1."""
    return float(np.interp(phase_score, PHASE_SCORES, PHASE_PROBABILITIES))


def rank_candidates(
    tempi: Sequence[tuple[float, float]], phase_probability_at: Callable[[float], float]
) -> tuple[BeatCandidate, ...]:
    """Combine tempi and shifts of the beats to the likeliest guesses.

    Parameters
    ----------
    tempi
        (tempo in BPM, probability) of each tempo; the probabilities sum to at most 1.
    phase_probability_at
        Returns the probability that the beats at a tempo (BPM) need no shift.

    Returns
    -------
    tuple of BeatCandidate
        At most `MAX_CANDIDATES`, the likeliest first.
    """
    guesses = []
    for bpm, probability in tempi:
        unshifted = phase_probability_at(bpm)
        shares = {0.0: unshifted} | {
            shift: (1 - unshifted) * share for shift, share in SHIFT_SHARES.items()
        }
        guesses += [
            BeatCandidate(tempo_bpm=bpm, shift_beats=shift, probability=probability * share)
            for shift, share in shares.items()
        ]
    guesses.sort(key=lambda guess: -guess.probability)
    return tuple(guesses[:MAX_CANDIDATES])
