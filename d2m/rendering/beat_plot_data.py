"""The data of a beat plot: both rows of beats with their envelopes, and the matched beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.beat_tempo import tempo_text
from d2m.core.metrical_grid import BEAT_TOLERANCE_S

# From more beats in a row than this, they are drawn thin and beside the envelope. Chosen by
# eye.
_MAX_BEATS = 50
# Quantile of the envelope that is drawn at full height: the maximum would let a single peak
# flatten the rest. Chosen by eye.
_FULL_HEIGHT_QUANTILE = 0.99


@dataclass(frozen=True, kw_only=True)
class BeatRow:
    """One row of the plot.

    Parameters
    ----------
    beats_s : (B,)
        Beat times (s).
    is_matched : (B,)
        Whether each beat is matched by one of the other row; all where nothing is compared.
    envelope : (F,)
        Envelope drawn behind the beats, 0 to 1.
    rate
        Rate of the envelope (Hz).
    """

    beats_s: NDArray[np.float64]
    is_matched: NDArray[np.bool_]
    envelope: NDArray[np.float64]
    rate: float

    @property
    def number(self) -> str:
        """The number of beats, for display."""
        number = len(self.beats_s)
        return f"{number} {'beat' if number == 1 else 'beats'}"


def are_crowded(*rows: BeatRow) -> bool:
    """Return whether the beats of rows must be drawn thin to be told apart."""
    return max(len(row.beats_s) for row in rows) > _MAX_BEATS


NOT_THE_DANCERS = "not the dancer's"
"""What steady beats are, where no rhythm was found."""
_SOURCES = {"sound": "from the clip's own sound", "dance": "from the movement", "taps": "tapped"}
_SHORT_SOURCES = {"sound": "own sound", "dance": "movement", "taps": "tapped"}


@dataclass(frozen=True, kw_only=True)
class BeatPlotData:
    """The data of a plot.

    Parameters
    ----------
    title
        Title of the plot.
    dance, music
        The two rows.
    matched_s : (P, 2)
        Times of the matched beats (s): of the dance, of the music.
    hits_s : (H,)
        Moments at which the dancer's limbs stop abruptly (s).
    tempo_bpm
        Tempo of the dance (BPM), at which the music plays; 0 if it has none. It is the only one
        shown: listeners and trackers may also feel half or double of it.
    clock
        Where the beats of the dance come from: ``"dance"``, ``"sound"`` or ``"taps"``.
    unsure
        Whether those beats are only a guess.
    is_phase_weak
        Whether they may lie between the dancer's.
    has_rhythm
        Whether there is evidence for those beats. Without it they are steady, and nothing is
        compared with them.
    mel_db : (M, T)
        Mel spectrogram of the music (dB), or None if there is no music.
    sample_rate
        Sample rate of the music (Hz).
    duration_s
        Length of the time axis (s).
    """

    title: str
    dance: BeatRow
    music: BeatRow
    matched_s: NDArray[np.float64]
    hits_s: NDArray[np.float64]
    tempo_bpm: float
    clock: str
    unsure: bool
    is_phase_weak: bool
    has_rhythm: bool
    mel_db: NDArray[Any] | None
    sample_rate: int
    duration_s: float

    @property
    def f_measure(self) -> float:
        """F-measure of the beats, 0 to 1."""
        beats = len(self.dance.beats_s) + len(self.music.beats_s)
        return 2 * len(self.matched_s) / beats if beats else 0.0

    @property
    def is_crowded(self) -> bool:
        """Whether beats must be drawn thin to be told apart."""
        return are_crowded(self.dance, self.music)

    @property
    def source(self) -> str:
        """Where the beats of the dance come from, for display."""
        return "a guess" if self.unsure else _SOURCES[self.clock]

    @property
    def tempo(self) -> str:
        """The tempo of the dance, for display."""
        return tempo_text(self.tempo_bpm) if self.tempo_bpm else "no tempo"

    @property
    def short_source(self) -> str:
        """Where the beats of the dance come from, in the margin of the plot."""
        if not self.has_rhythm:
            return "no rhythm"
        return "a guess" if self.unsure else _SHORT_SOURCES[self.clock]

    @property
    def dance_tempo(self) -> str:
        """The tempo and whose it is, for display, or that it is not the dancer's."""
        if not self.has_rhythm:
            return f"Steady {self.tempo}, {NOT_THE_DANCERS}"
        return f"Dance {self.tempo}"

    @property
    def match(self) -> str:
        """How many of the dance's beats match, and the F-measure, or that there is no score.

        How many beats a tracker hears in the music is left out: in short pieces it adds some at
        the end, and misses others.
        """
        if not self.has_rhythm:
            return "no beat score"
        guess = " (unsure)" if self.unsure or self.is_phase_weak else ""
        matched, number = len(self.matched_s), self.dance.number
        return f"{matched} of {number} matched · F {self.f_measure:.2f}{guess}"

    @property
    def description(self) -> str:
        """A description of the plot in words and numbers."""
        beats = f"{self.dance.number} ({self.tempo}), {self.source},"
        is_unsure = self.unsure or self.is_phase_weak
        match = f"{len(self.matched_s)} match within {BEAT_TOLERANCE_S * 1000:.0f} ms"
        match += f" (F-measure {self.f_measure:.2f}{', unsure' if is_unsure else ''})"
        if not self.has_rhythm:
            beats = f"no rhythm found in it, a steady {self.tempo}, {NOT_THE_DANCERS},"
            match = "no beat score"
        return (
            f"Timeline of {self.duration_s:.1f} s: the dancer's movement with {beats} and "
            f"triangles at {len(self.hits_s)} hits above, the music's onsets with "
            f"the beats that a tracker hears in it below; {match}. "
            "Under them the music's mel spectrogram."
        )


def beat_row(
    beats_s: NDArray[np.float64],
    matched: NDArray[np.int64],
    envelope: NDArray[Any],
    rate: float,
) -> BeatRow:
    """Make a row: scale its envelope to 0 to 1, and mark the beats that are matched.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).
    matched : (P,)
        Indices of the matched beats.
    envelope : (F,)
        Envelope, not negative, in any unit.
    rate
        Rate of the envelope (Hz).
    """
    values = np.nan_to_num(np.asarray(envelope, dtype=float))
    height = float(np.quantile(values, _FULL_HEIGHT_QUANTILE)) if len(values) else 0.0
    values = np.clip(values / height, 0, 1) if height > 0 else np.zeros_like(values)
    is_matched = np.isin(np.arange(len(beats_s)), matched)
    return BeatRow(beats_s=beats_s, is_matched=is_matched, envelope=values, rate=rate)
