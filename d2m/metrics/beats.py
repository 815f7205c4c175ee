"""Beat metrics: beat tracking, F-measure, continuity, and the beats coverage and hit scores.

Audio is mono, ``(N,)``. Beats are ascending times in seconds, ``(B,)``. The estimate comes
first and the reference second. Scores lie between 0 (worst) and 1 (best) unless stated
otherwise; without beats on either side they are 0. F-measure and continuity are those of
mir_eval, which follow Davies et al., "Evaluation Methods for Musical Audio Beat Tracking
Algorithms", 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.metrics.onset_bins import (
    OnsetProtocol,
    count_onset_bins,
    summarise_d2mgan,
    summarise_loris,
)

FloatArray = NDArray[np.float64]

TEMPO_TOLERANCE = 0.04
"""Largest relative error of a correct tempo: 4 %, as in Accuracy 1 of Gouyon et al., 2006."""

TRACKER_HOP = 512
"""Samples between two values of the onset envelope in which librosa's beat tracker searches."""
TRACKER_DELAY_HOPS = 1.5
"""Delay of the tracked beats behind the music's, in hops: 35 ms at 22,050 Hz. Measured on 32
renderings with known beats (32 to 37 ms by level), and the same on 13 recordings against a
tracker that is within 5 ms on those renderings. On bare clicks and noise bursts it is 20 ms."""


@dataclass(frozen=True, kw_only=True)
class BeatsScores:
    """Beats coverage and beats hit scores of one clip.

    Parameters
    ----------
    coverage
        Seconds with an onset relative to the reference; exceeds 1 in variant ``"d2mgan"`` if
        the generated music has more of them.
    hit
        Share of the reference's seconds with an onset that have one in the generated music too,
        0 to 1.
    """

    coverage: float
    hit: float


@dataclass(frozen=True, kw_only=True)
class Continuity:
    """Continuity scores, 0 to 1 (Hainsworth and Macleod 2004; Klapuri et al. 2006).

    Parameters
    ----------
    cmlc, cmlt
        Correct metrical level: share of the longest correct run, and of all correct beats.
    amlc, amlt
        The same with off-beats, half tempo and double tempo allowed.
    """

    cmlc: float
    cmlt: float
    amlc: float
    amlt: float


def beats_scores(
    generated: NDArray[Any],
    reference: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    variant: OnsetProtocol = "d2mgan",
) -> BeatsScores:
    """Compute the beats coverage and beats hit scores of generated music.

    Both pieces are divided into seconds, and a second counts if it contains an onset. With G
    and R such seconds in the generated and the reference music, and B in both:

    - ``"d2mgan"`` (Zhu et al., ECCV 2022, Sec. 4.2, after Lee et al., "Dancing to Music",
      2019): coverage G / R, hit B / R.
    - ``"loris"`` (Yu et al., 2023): smoother onset picking, coverage B / G, hit B / R.

    A ratio with denominator 0 is 0, so silence on either side never scores well.

    Parameters
    ----------
    generated, reference : (N,), (M,)
        Mono audio; the longer one is cut to the length of the shorter.
    sample_rate
        Sample rate of both (Hz). The scores in the papers are computed at 22,050 Hz.
    variant
        Which definition to use. Report it with the score.

    Returns
    -------
    BeatsScores

    Raises
    ------
    SettingsError
        If the variant is unknown.
    """
    bins = [count_onset_bins(generated, reference, sample_rate, variant)]
    if variant == "loris":
        loris = summarise_loris(bins)
        return BeatsScores(coverage=loris.bcs, hit=loris.bhs)
    d2mgan = summarise_d2mgan(bins)
    return BeatsScores(coverage=d2mgan.coverage, hit=d2mgan.hit)


def music_beats(
    audio: NDArray[Any], sample_rate: int = SAMPLE_RATE, *, start_bpm: float = 120.0
) -> tuple[float, FloatArray]:
    """Track tempo and beats of music by dynamic programming (Ellis 2007; `librosa.beat`).

    The tracker's constant delay on music is subtracted. Its beats at quiet ends are kept, which
    librosa leaves out by default.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).
    start_bpm
        Centre of the tempo prior (BPM).

    Returns
    -------
    tempo_bpm
        Tempo (BPM); 0 for silence.
    beats_s : (B,)
        Ascending beat times (s).
    """
    sound = np.asarray(audio, dtype=np.float32)
    if not np.any(sound):
        return 0.0, np.empty(0)
    tempo, beats = load_librosa().beat.beat_track(
        y=sound,
        sr=sample_rate,
        hop_length=TRACKER_HOP,
        start_bpm=start_bpm,
        units="time",
        trim=False,
    )
    delay_s = TRACKER_DELAY_HOPS * TRACKER_HOP / sample_rate
    return float(np.squeeze(tempo)), np.maximum(np.asarray(beats, dtype=float) - delay_s, 0.0)


def beat_f_measure(
    beats_s: NDArray[Any], reference_beats_s: NDArray[Any], tolerance_s: float = BEAT_TOLERANCE_S
) -> float:
    """Compute the F-measure of beats that match a reference within a tolerance.

    Unlike in MIREX, beats in the first five seconds count, because clips are short.

    Parameters
    ----------
    beats_s, reference_beats_s : (B,), (R,)
        Ascending beat times (s).
    tolerance_s
        Largest distance of matched beats (s).

    Returns
    -------
    float
        0 to 1; 0 if either sequence is empty.
    """
    if not len(beats_s) or not len(reference_beats_s):
        return 0.0
    import mir_eval

    reference, beats = np.asarray(reference_beats_s, float), np.asarray(beats_s, float)
    return float(mir_eval.beat.f_measure(reference, beats, f_measure_threshold=tolerance_s))


def beat_continuity(beats_s: NDArray[Any], reference_beats_s: NDArray[Any]) -> Continuity:
    """Compute how continuously beats follow a reference.

    Parameters
    ----------
    beats_s, reference_beats_s : (B,), (R,)
        Ascending beat times (s).

    Returns
    -------
    Continuity
        All 0 if either sequence has fewer than two beats.
    """
    scores = (0.0, 0.0, 0.0, 0.0)
    if len(beats_s) > 1 and len(reference_beats_s) > 1:
        import mir_eval

        reference, beats = np.asarray(reference_beats_s, float), np.asarray(beats_s, float)
        scores = mir_eval.beat.continuity(reference, beats)
    cmlc, cmlt, amlc, amlt = (float(score) for score in scores)
    return Continuity(cmlc=cmlc, cmlt=cmlt, amlc=amlc, amlt=amlt)


def matched_beats(
    dance_beats_s: NDArray[Any],
    music_beats_s: NDArray[Any],
    tolerance_s: float = BEAT_TOLERANCE_S,
) -> NDArray[np.int64]:
    """Pair each beat of a dance with at most one beat of the music within a tolerance.

    The pairing is the one behind the F-measure: a maximum matching, in which each beat
    belongs to one pair at most.

    Parameters
    ----------
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    tolerance_s
        Largest time between the beats of a pair (s).

    Returns
    -------
    (P, 2)
        Index of the dance's beat and of the music's beat in each pair, ascending.
    """
    import mir_eval

    pairs = mir_eval.util.match_events(dance_beats_s, music_beats_s, tolerance_s)
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
