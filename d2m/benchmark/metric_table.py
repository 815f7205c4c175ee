"""The figures of the benchmark: what each one is, and whether it tells music from other music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Samples = Mapping[str, FloatArray]
"""Values of metrics by key, one a piece (n,); NaN where a piece has none."""
Rows = Mapping[str, Samples]
"""Samples by the name of who played."""

ORIGINAL, SHUFFLED, RANDOM = "original music", "shuffled music", "random music"
GENERATED, CODEC = "generated", "codec"
HEARD, TRUE = "clock heard", "true clock given"
"""Music for a dance whose clock was estimated, or given."""
ERRORS = 2.0
"""Standard errors by which a metric must tell original from shuffled music."""
RULE = (
    "† can't tell original from shuffled music: over the pieces, the original music is not better "
    "than shuffled music (originals of other takes) by more than "
    f"{ERRORS:g} standard errors of the paired difference, so the column proves nothing "
    "about how music fits its dance. So it is where shuffled or random music is right more often "
    f"than chance by more than {ERRORS:g} standard errors."
)
GENRE_CHANCE = 0.1
"""Ten genres, equally frequent."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure.

    Parameters
    ----------
    key
        Its name in ``results.json``.
    title
        Head of its column.
    definition
        What exactly it is.
    better
        Which values are better: lower, higher, near one, or none.
    percent
        Whether it is shown as a percentage.
    chance
        What music gets that has nothing to do with the dance, where that is known.
    """

    key: str
    title: str
    definition: str
    better: Literal["lower", "higher", "one", "none"]
    percent: bool = False
    chance: float | None = None

    def error(self, values: FloatArray) -> FloatArray:
        """Return how bad values are: the lower the better."""
        if self.better == "one":
            return np.asarray(np.abs(values - 1.0))
        return values if self.better == "lower" else -values

    def shown(self, values: NDArray[Any]) -> str:
        """Return mean ± standard error as text; a dash for no values."""
        found = np.asarray(values, dtype=float)
        found = found[np.isfinite(found)]
        if not len(found):
            return "–"
        scale, digits = (100.0, 1) if self.percent else (1.0, 3)
        text = f"{scale * found.mean():.{digits}f}"
        if len(found) > 1:
            text += f" ±{scale * standard_error(found):.{digits}f}"
        return text + (" %" if self.percent else "")


def standard_error(values: FloatArray) -> float:
    """Return the standard error of the mean of values (n,); NaN for less than two."""
    if len(values) < 2:
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def mean(values: NDArray[Any]) -> float:
    """Return the mean of the values that are numbers; NaN for none."""
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    return float(found.mean()) if len(found) else float("nan")


def can_tell(metric: Metric, original: FloatArray, shuffled: FloatArray) -> bool:
    """Tell whether a metric finds original music better than shuffled music, see `RULE`.

    Parameters
    ----------
    metric
        Says what is better.
    original, shuffled : (n,), (n,)
        Its values, piece by piece; under two pieces prove nothing.
    """
    gain = metric.error(np.asarray(shuffled)) - metric.error(np.asarray(original))
    gain = gain[np.isfinite(gain)]
    return len(gain) > 1 and float(gain.mean()) > ERRORS * standard_error(gain)


def above_chance(metric: Metric, values: NDArray[Any]) -> bool:
    """Tell whether values (n,) are above a metric's chance by more than `ERRORS`.

    Never where chance is not known, nor of less than two values.
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    if metric.chance is None or len(found) < 2:
        return False
    return float(found.mean()) - metric.chance > ERRORS * standard_error(found)


_MEL = Metric(
    key="mel_l1",
    title="log-mel L1",
    better="lower",
    definition="mean absolute difference of log10-mel spectrograms (80 bands, hop 256) from the "
    "original, in decades",
)
CODEC_METRICS = (
    _MEL,
    Metric(
        key="convergence",
        title="spectral convergence",
        better="lower",
        definition="relative Frobenius distance of magnitude spectrograms, mean over windows of "
        "2,048, 512 and 128",
    ),
    Metric(
        key="stft",
        title="multi-resolution STFT",
        better="lower",
        definition="spectral convergence plus mean absolute difference of natural-log magnitudes",
    ),
)
FIT_METRICS = (
    _MEL,
    Metric(
        key="code_accuracy",
        title="codes right",
        better="higher",
        percent=True,
        definition="share of codes that are exactly those of the encoded original",
    ),
    Metric(
        key="accents",
        title="accents",
        better="higher",
        definition="mean peak of librosa's onset envelope within ±70 ms of the 16th steps in "
        "which the body hits (accent at least 0.5), over the same of all other 16th steps",
    ),
)
BEAT_METRICS = (
    Metric(
        key="beat_f",
        title="beat F",
        better="higher",
        definition="F-measure of the beats that librosa finds in the music against the dance's "
        "true beats, ±70 ms (mir_eval, nothing trimmed)",
    ),
    Metric(
        key="cmlt",
        title="CMLt",
        better="higher",
        definition="continuity: share of beats in steady agreement, at the true level",
    ),
    Metric(
        key="amlt",
        title="AMLt",
        better="higher",
        definition="the same where off-beat, half and double tempo count too",
    ),
)
SCORE_METRICS = (
    Metric(
        key="coverage",
        title="coverage",
        better="one",
        percent=True,
        definition="beats coverage as published: seconds with an onset, over those of the original",
    ),
    Metric(
        key="hit",
        title="hit",
        better="higher",
        percent=True,
        definition="beats hit as published: seconds with an onset in both, over those of the "
        "original",
    ),
    Metric(
        key="loris_coverage",
        title="coverage (LORIS)",
        better="one",
        percent=True,
        definition="LORIS's variant: smoother onsets, seconds in both over those of the music",
    ),
    Metric(
        key="loris_hit",
        title="hit (LORIS)",
        better="higher",
        percent=True,
        definition="LORIS's variant: smoother onsets, seconds in both over those of the original",
    ),
)
GENRE_METRICS = (
    Metric(
        key="genre",
        title="genre, 2 s",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="share of 2 s segments whose nearest neighbour among segments of trained takes "
        "is of the dance's genre",
    ),
    Metric(
        key="genre_whole",
        title="genre, whole piece",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="the same of whole pieces",
    ),
    Metric(
        key="genre_other",
        title="genre, other songs",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="of 2 s segments, where takes of the piece's own song are no neighbours: what "
        "is told is the genre, not the song",
    ),
)
CHANGE_METRICS = (
    Metric(
        key="codes_changed",
        title="codes changed",
        better="none",
        percent=True,
        definition="share of codes that differ from those for the unchanged dance",
    ),
    Metric(
        key="mel_changed",
        title="log-mel difference",
        better="none",
        definition="log-mel L1 from the music for the unchanged dance",
    ),
    Metric(
        key="mel_rise",
        title="rise of log-mel L1",
        better="none",
        percent=True,
        definition="log-mel L1 from the original, over that of the music for the unchanged dance, "
        "less 1",
    ),
)
DANCE_METRICS = (
    *BEAT_METRICS,
    Metric(
        key="tempo_ok",
        title="tempo within 4 %",
        better="higher",
        percent=True,
        definition="share of dances in which the tempo of the music's beats is the true one",
    ),
)
