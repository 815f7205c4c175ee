"""The metrics and rows of the benchmark's tables, and the statistics of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Samples = Mapping[str, FloatArray]
"""Values (n,) by metric key, one for each piece; NaN where a piece has none."""
Rows = Mapping[str, Samples]
"""Samples by the name of the row."""

ORIGINAL, SHUFFLED, RANDOM = "original music", "shuffled music", "random music"
"""Reference rows: the original of each piece, that of another piece, and decoded random codes."""
GENERATED, CODEC = "generated", "codec"
"""Rows of the generated codes and of the encoded original, both decoded."""
ZEROED, REVERSED, OTHER_DANCE = "dance zeroed", "dance reversed in time", "another dance"
"""Rows of music generated for a changed dance."""
ESTIMATED_BEATS, TRUE_BEATS = "estimated beats", "true beats"
"""Rows of music generated on beats estimated from the dance, and on its known beats."""
AGAINST_ESTIMATE = "estimated beats, scored against the estimate"
"""Row of the same music on estimated beats, with these beats as the reference."""
ESTIMATE_ALONE = "beat estimate alone"
"""Row of the estimated beats themselves against the known ones, without music."""
PROCEDURAL_DANCERS = "held-out procedural dancers"
"""Kind of dances that the project makes up."""

SEPARATION_ERRORS = 2.0
"""Standard errors by which original music must exceed other music, about 95 % confidence."""
MARK_RULE = (
    "† does not separate original music from other music: over all pieces, the original music is "
    "not better than shuffled music (the originals of other pieces) by more than "
    f"{SEPARATION_ERRORS:g} standard errors of the paired difference, or shuffled or random music "
    f"scores above chance by more than {SEPARATION_ERRORS:g} standard errors. Such a column does "
    "not show how well music fits its dance."
)
GENRE_CHANCE = 0.1
"""Genre accuracy of guessing among ten equally frequent genres."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One column of a table.

    Parameters
    ----------
    key
        Key in ``results.json``.
    title
        Head of the column.
    definition
        What is measured, with units.
    better
        Which values are better: lower, higher, close to one, or none.
    percent
        Whether values are shown as percentages.
    chance
        Value of music that is independent of the dance, where it is known.
    """

    key: str
    title: str
    definition: str
    better: Literal["lower", "higher", "one", "none"]
    percent: bool = False
    chance: float | None = None

    def error(self, values: FloatArray) -> FloatArray:
        """Convert values to errors: the lower, the better."""
        if self.better == "one":
            return np.asarray(np.abs(values - 1.0))
        return values if self.better == "lower" else -values

    def as_text(self, values: NDArray[Any]) -> str:
        """Format mean ± standard error of values; a dash without values."""
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
    """Compute the standard error of the mean of values (n,); NaN for fewer than two."""
    if len(values) < 2:
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def finite_mean(values: NDArray[Any]) -> float:
    """Compute the mean of the finite values; NaN without any."""
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    return float(found.mean()) if len(found) else float("nan")


def separates(metric: Metric, original: FloatArray, shuffled: FloatArray) -> bool:
    """Return whether a metric rates original music better than shuffled music, see `MARK_RULE`.

    Parameters
    ----------
    metric
        Defines which values are better.
    original, shuffled : (n,), (n,)
        Values of the same pieces. Fewer than two pieces prove nothing.
    """
    gain = metric.error(np.asarray(shuffled)) - metric.error(np.asarray(original))
    gain = gain[np.isfinite(gain)]
    return len(gain) > 1 and float(gain.mean()) > SEPARATION_ERRORS * standard_error(gain)


def above_chance(metric: Metric, values: NDArray[Any]) -> bool:
    """Return whether values (n,) exceed a metric's chance by `SEPARATION_ERRORS`.

    False if the metric has no known chance or there are fewer than two values.
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    if metric.chance is None or len(found) < 2:
        return False
    return float(found.mean()) - metric.chance > SEPARATION_ERRORS * standard_error(found)


_LOG_MEL_L1 = Metric(
    key="mel_l1",
    title="log-mel L1",
    better="lower",
    definition="mean absolute difference from the original's log10-mel spectrogram (80 bands, hop "
    "256), in decades",
)
CODEC_METRICS = (
    _LOG_MEL_L1,
    Metric(
        key="convergence",
        title="spectral convergence",
        better="lower",
        definition="relative Frobenius distance of magnitude spectrograms, averaged over windows "
        "of 2,048, 512 and 128 samples",
    ),
    Metric(
        key="stft",
        title="multi-resolution STFT",
        better="lower",
        definition="spectral convergence plus the mean absolute difference of natural-log "
        "magnitudes",
    ),
)
FIT_METRICS = (
    _LOG_MEL_L1,
    Metric(
        key="code_accuracy",
        title="code accuracy",
        better="higher",
        percent=True,
        definition="share of codes that equal those of the encoded original",
    ),
    Metric(
        key="accents",
        title="accent ratio",
        better="higher",
        definition="mean peak of librosa's onset envelope within ±70 ms of the 16th steps with an "
        "accent in the dance (accent feature at least 0.5), divided by the mean at all other 16th "
        "steps",
    ),
)
BEAT_METRICS = (
    Metric(
        key="beat_f",
        title="beat F",
        better="higher",
        definition="F-measure, at ±70 ms, of the beats that librosa tracks in the music against "
        "the true beats of the dance (mir_eval, nothing trimmed)",
    ),
    Metric(
        key="cmlt",
        title="CMLt",
        better="higher",
        definition="continuity: share of beats that continuously agree with the true beats, at the "
        "correct metrical level",
    ),
    Metric(
        key="amlt",
        title="AMLt",
        better="higher",
        definition="the same with off-beats, half tempo and double tempo allowed",
    ),
)
SCORE_METRICS = (
    Metric(
        key="coverage",
        title="coverage",
        better="one",
        percent=True,
        definition="beats coverage as in D2M-GAN: seconds with an onset, divided by those of the "
        "original",
    ),
    Metric(
        key="hit",
        title="hit",
        better="higher",
        percent=True,
        definition="beats hit as in D2M-GAN: seconds with an onset in both, divided by those of "
        "the original",
    ),
    Metric(
        key="loris_coverage",
        title="coverage (LORIS)",
        better="one",
        percent=True,
        definition="variant of LORIS: smoother onset picking, seconds in both divided by those of "
        "the music",
    ),
    Metric(
        key="loris_hit",
        title="hit (LORIS)",
        better="higher",
        percent=True,
        definition="variant of LORIS: smoother onset picking, seconds in both divided by those of "
        "the original",
    ),
)
GENRE_METRICS = (
    Metric(
        key="genre",
        title="genre, 2 s",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="share of 2 s segments whose nearest neighbour among the segments of training "
        "pieces has the genre of the dance",
    ),
    Metric(
        key="genre_whole",
        title="genre, whole piece",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="the same for whole pieces",
    ),
    Metric(
        key="genre_other",
        title="genre, other songs",
        better="higher",
        percent=True,
        chance=GENRE_CHANCE,
        definition="the same for 2 s segments without the pieces of the same song as neighbours, "
        "so that the genre is recognised and not the song",
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
        definition="log-mel L1 between this music and the music for the unchanged dance",
    ),
    Metric(
        key="mel_rise",
        title="increase of log-mel L1",
        better="none",
        percent=True,
        definition="relative increase of the log-mel L1 from the original, compared with the music "
        "for the unchanged dance",
    ),
)
DANCE_METRICS = (
    *BEAT_METRICS,
    Metric(
        key="tempo_ok",
        title="tempo within 4 %",
        better="higher",
        percent=True,
        definition="share of dances for which the tempo of the tracked beats is within 4 % of the "
        "true tempo",
    ),
)
