"""Onset bins: the seconds of two pieces that hold an onset, and the scores made of them.

Audio is mono, ``(N,)``. The generated music comes first and the reference second. With G and R
the seconds with an onset in each, and B in both, the scores of a clip are G / R and B / R (D2M-GAN:
Zhu et al., ECCV 2022, Sec. 4.2, after Lee et al., "Dancing to Music", 2019), or B / G and B / R
(LORIS: Yu et al., "Long-Term Rhythmic Video Soundtracker", ICML 2023). They are given as shares;
papers print percent.

A second is long: wherever the reference has an onset in every second, as most music has, any
music with an onset in every second scores 1, a click track at any usual tempo and an unrelated
song too. So never read these scores without the row of a click track beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import validate_waveform
from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa

OnsetProtocol = Literal["d2mgan", "loris"]
"""Whose picking of onsets is used."""

# How each protocol picks peaks of librosa's onset envelope, in envelope frames of 512 samples.
_PEAKS: dict[str, dict[str, float]] = {
    "d2mgan": {"wait": 1, "delta": 0.2, "pre_avg": 1, "post_avg": 1, "post_max": 1},
    "loris": {"wait": 1, "delta": 0.2, "pre_avg": 3, "post_avg": 3, "pre_max": 3, "post_max": 3},
}


@dataclass(frozen=True, kw_only=True)
class OnsetBins:
    """Seconds of a clip that hold an onset.

    Parameters
    ----------
    generated, reference, both
        In the generated music, in the reference, and in both.
    """

    generated: int
    reference: int
    both: int


@dataclass(frozen=True, kw_only=True)
class CoverageHit:
    """Beats coverage and beats hit of D2M-GAN over clips.

    Parameters
    ----------
    coverage
        Mean of G / R; exceeds 1 if the generated music has more such seconds.
    hit
        Mean of B / R, 0 to 1.
    n
        Number of clips.
    """

    coverage: float
    hit: float
    n: int


@dataclass(frozen=True, kw_only=True)
class LorisScores:
    """Scores of LORIS over clips, each 0 to 1.

    Parameters
    ----------
    bcs, bhs
        Beats coverage score, mean of B / G (a precision), and beats hit score, mean of B / R (a
        recall).
    csd, hsd
        Standard deviations of both over the clips.
    f1
        Harmonic mean of ``bcs`` and ``bhs``.
    n
        Number of clips.
    """

    bcs: float
    bhs: float
    csd: float
    hsd: float
    f1: float
    n: int


def count_onset_bins(
    generated: NDArray[Any],
    reference: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    protocol: OnsetProtocol = "d2mgan",
) -> OnsetBins:
    """Count the seconds with an onset of a clip.

    Parameters
    ----------
    generated, reference : (N,), (M,)
        Mono audio; the longer one is cut to the length of the shorter.
    sample_rate
        Sample rate of both (Hz). The scores in the papers are computed at 22,050 Hz.
    protocol
        Whose onsets to use: ``"loris"`` compares peaks with a wider mean.

    Returns
    -------
    OnsetBins
        Silence has no onset.

    Raises
    ------
    SettingsError
        If the protocol is unknown.
    AudioError
        If audio is not mono or not finite.
    """
    if protocol not in _PEAKS:
        raise SettingsError(f"Unknown beats score {protocol!r}: choose d2mgan or loris.")
    length = min(len(generated), len(reference))
    n_seconds = int(np.ceil(length / sample_rate))
    ours, theirs = (
        seconds_with_onset(_onsets(sound[:length], sample_rate, protocol), n_seconds)
        for sound in (generated, reference)
    )
    return OnsetBins(
        generated=int(ours.sum()), reference=int(theirs.sum()), both=int((ours & theirs).sum())
    )


def seconds_with_onset(onsets_s: NDArray[Any], n_seconds: int) -> NDArray[np.bool_]:
    """Return for each second of a piece, the last possibly shorter, whether it has an onset.

    Parameters
    ----------
    onsets_s : (O,)
        Onset times (s). An onset at the very end counts to the last second.
    n_seconds
        Seconds of the piece.

    Returns
    -------
    (n_seconds,)

    Raises
    ------
    DataError
        If a time is negative, not finite, or after the end.
    """
    onsets = np.asarray(onsets_s, dtype=float)
    if not np.isfinite(onsets).all() or np.any(onsets < 0) or np.any(onsets > n_seconds):
        raise DataError(f"An onset does not lie in the {n_seconds} s of the piece.")
    has_onset = np.zeros(n_seconds, dtype=bool)
    if len(onsets) and n_seconds:
        has_onset[np.minimum(onsets.astype(int), n_seconds - 1)] = True
    return has_onset


def summarise_d2mgan(clips: Sequence[OnsetBins]) -> CoverageHit:
    """Average beats coverage and beats hit over clips, as D2M-GAN does.

    Parameters
    ----------
    clips
        Bins of each clip, counted with the protocol ``"d2mgan"``. A ratio whose denominator is 0
        is 0, so silence on either side never scores well.

    Raises
    ------
    DataError
        If there are no clips.
    """
    coverage = _ratios(clips, lambda one: (one.generated, one.reference))
    hit = _ratios(clips, lambda one: (one.both, one.reference))
    return CoverageHit(coverage=float(coverage.mean()), hit=float(hit.mean()), n=len(clips))


def summarise_loris(clips: Sequence[OnsetBins]) -> LorisScores:
    """Compute the scores of LORIS over clips.

    Parameters
    ----------
    clips
        Bins of each clip, counted with the protocol ``"loris"``. A ratio whose denominator is 0
        is 0.

    Raises
    ------
    DataError
        If there are no clips.
    """
    precision = _ratios(clips, lambda one: (one.both, one.generated))
    recall = _ratios(clips, lambda one: (one.both, one.reference))
    bcs, bhs = float(precision.mean()), float(recall.mean())
    return LorisScores(
        bcs=bcs,
        bhs=bhs,
        csd=float(precision.std()),
        hsd=float(recall.std()),
        f1=2 * bcs * bhs / (bcs + bhs) if bcs + bhs else 0.0,
        n=len(clips),
    )


def _ratios(
    clips: Sequence[OnsetBins], parts: Callable[[OnsetBins], tuple[int, int]]
) -> NDArray[np.float64]:
    """Return a ratio of each clip (C,); 0 where the denominator is."""
    if not clips:
        raise DataError("There are no clips to average over: give at least one.")
    return np.array([part / whole if whole else 0.0 for part, whole in map(parts, clips)])


def _onsets(audio: NDArray[Any], sample_rate: int, protocol: OnsetProtocol) -> NDArray[Any]:
    """Return the onsets (s) of audio, picked as a protocol does."""
    if not np.any(audio):
        return np.zeros(0)
    sound = validate_waveform(audio)
    onsets_s = load_librosa().onset.onset_detect(
        y=sound, sr=sample_rate, units="time", **_PEAKS[protocol]
    )
    return np.minimum(np.asarray(onsets_s, dtype=float), len(sound) / sample_rate)
