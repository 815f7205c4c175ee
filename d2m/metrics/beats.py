"""How well a soundtrack's beats fit: the published scores, F-measure, continuity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S

FloatArray = NDArray[np.float64]
Variant = Literal["published", "loris"]

# How each score picks the peaks of the onset envelope (in envelope frames of 512 samples).
_PEAKS: dict[str, dict[str, float]] = {
    "published": {"wait": 1, "delta": 0.2, "pre_avg": 1, "post_avg": 1, "post_max": 1},
    "loris": {"wait": 1, "delta": 0.2, "pre_avg": 3, "post_avg": 3, "pre_max": 3, "post_max": 3},
}


@dataclass(frozen=True, kw_only=True)
class BeatsScores:
    """Beats coverage and beats hit of one clip.

    Parameters
    ----------
    coverage
        How much of the reference's beat there is; can exceed 1 as published.
    hit
        How much of the reference's beat is met, 0 to 1.
    """

    coverage: float
    hit: float


@dataclass(frozen=True, kw_only=True)
class Continuity:
    """Continuity of beats, each 0 to 1 (Hainsworth and Macleod; Klapuri et al.).

    Parameters
    ----------
    cmlc, cmlt
        Longest correct stretch and share of correct beats, at the reference's own level.
    amlc, amlt
        The same where off-beats, half and double tempo count as right too.
    """

    cmlc: float
    cmlt: float
    amlc: float
    amlt: float


def beats_scores(
    generated: NDArray[Any],
    reference: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    variant: Variant = "published",
) -> BeatsScores:
    """Score generated music's beats against the clip's own music.

    Both are cut into seconds; a second counts if it holds an onset. With G and R such
    seconds in the generated and in the reference music and B in both:

    - ``"published"``, as D2M-GAN's tables (Zhu et al., ECCV 2022, Sec. 4.2, after
      "Dancing to Music", Lee et al., 2019): coverage G / R, hit B / R.
    - ``"loris"``, as LORIS (Yu et al., 2023): smoother onsets, coverage B / G, hit B / R.

    A share of nothing is 0: silence is never a good score, on either side.

    Parameters
    ----------
    generated, reference : (N,), (M,)
        Mono audio; the longer one's end is left out.
    sample_rate
        Of both (Hz). The published numbers are at 22,050 Hz.
    variant
        Which score; say it with the number.

    Raises
    ------
    SettingsError
        If the variant is none of the two.
    """
    if variant not in _PEAKS:
        raise SettingsError(f"Unknown beats score {variant!r}: choose published or loris.")
    length = min(len(generated), len(reference))
    ours = _seconds_with_onset(generated[:length], sample_rate, variant)
    theirs = _seconds_with_onset(reference[:length], sample_rate, variant)
    both = int((ours & theirs).sum())
    n_ours, n_theirs = int(ours.sum()), int(theirs.sum())
    coverage = _share(n_ours, n_theirs) if variant == "published" else _share(both, n_ours)
    return BeatsScores(coverage=coverage, hit=_share(both, n_theirs))


def music_beats(
    audio: NDArray[Any], sample_rate: int = SAMPLE_RATE, *, start_bpm: float = 120.0
) -> tuple[float, FloatArray]:
    """Track the beats of music by dynamic programming (Ellis, 2007; librosa.beat).

    Parameters
    ----------
    audio : (N,)
        Mono.
    sample_rate
        Samples a second (Hz).
    start_bpm
        The tempo around which to look (beats a minute).

    Returns
    -------
    tempo_bpm
        0 where there is no beat.
    beats_s : (B,)
        Ascending beat times (s).
    """
    sound = np.asarray(audio, dtype=np.float32)
    if not np.any(sound):
        return 0.0, np.empty(0)
    tempo, beats = load_librosa().beat.beat_track(
        y=sound, sr=sample_rate, start_bpm=start_bpm, units="time"
    )
    return float(np.squeeze(tempo)), np.asarray(beats, dtype=float)


def beat_f_measure(
    beats_s: NDArray[Any], reference_beats_s: NDArray[Any], tolerance_s: float = BEAT_TOLERANCE_S
) -> float:
    """Return the F-measure, 0 to 1, of beats that match within a tolerance.

    Unlike MIREX, the first five seconds count: clips are short.

    Parameters
    ----------
    beats_s, reference_beats_s : (B,), (R,)
        Ascending times (s); an empty one gives 0.
    tolerance_s
        How far apart a match may be (s).
    """
    if not len(beats_s) or not len(reference_beats_s):
        return 0.0
    import mir_eval

    reference, beats = np.asarray(reference_beats_s, float), np.asarray(beats_s, float)
    return float(mir_eval.beat.f_measure(reference, beats, f_measure_threshold=tolerance_s))


def beat_continuity(beats_s: NDArray[Any], reference_beats_s: NDArray[Any]) -> Continuity:
    """Return how steadily beats follow the reference's; all 0 under two beats on a side.

    Parameters
    ----------
    beats_s, reference_beats_s : (B,), (R,)
        Ascending times (s).
    """
    scores = (0.0, 0.0, 0.0, 0.0)
    if len(beats_s) > 1 and len(reference_beats_s) > 1:
        import mir_eval

        reference, beats = np.asarray(reference_beats_s, float), np.asarray(beats_s, float)
        scores = mir_eval.beat.continuity(reference, beats)
    cmlc, cmlt, amlc, amlt = (float(score) for score in scores)
    return Continuity(cmlc=cmlc, cmlt=cmlt, amlc=amlc, amlt=amlt)


def _seconds_with_onset(
    audio: NDArray[Any], sample_rate: int, variant: Variant
) -> NDArray[np.bool_]:
    """Return for each second, the last may be shorter, whether it holds an onset."""
    sound = np.asarray(audio, dtype=np.float32)
    held = np.zeros(int(np.ceil(len(sound) / sample_rate)), dtype=bool)
    if np.any(sound):
        onsets_s = load_librosa().onset.onset_detect(
            y=sound, sr=sample_rate, units="time", **_PEAKS[variant]
        )
        held[np.minimum(np.asarray(onsets_s).astype(int), len(held) - 1)] = True
    return held


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def matched_beats(dance_beats_s: NDArray[Any], music_beats_s: NDArray[Any]) -> NDArray[np.int64]:
    """Pair the beats of a dance with those of music, as beat tracking is scored.

    Parameters
    ----------
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).

    Returns
    -------
    (P, 2)
        Indices of a beat of the dance and one of the music that are at most 70 ms apart;
        each beat is in one pair at most, and there are as many pairs as possible.
    """
    import mir_eval

    pairs = mir_eval.util.match_events(dance_beats_s, music_beats_s, BEAT_TOLERANCE_S)
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
