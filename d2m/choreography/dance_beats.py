"""The beats that a dance keeps: those of the song, at a pace that a body can dance to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.dance_units import BEATS_OF_UNIT

FloatArray = NDArray[np.float64]

FASTEST_BPM = 150.0
"""Tempo (BPM) above which the dance keeps every second beat. Chosen by hand."""
SLOWEST_BPM = 58.0
"""Tempo (BPM) below which the dance has a beat between two of the song. Chosen by hand."""
PLAIN_BEAT_S = 0.6
"""Distance of beats (s) where a song has less than two."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DanceBeats:
    """Beats of a dance.

    Parameters
    ----------
    beats_s : (K,)
        Ascending beats (s), from before the start of the song to after its end; the first one
        begins a unit.
    units
        Number of dance units: K is 4 units + 1.
    """

    beats_s: FloatArray
    units: int

    @property
    def joins_s(self) -> FloatArray:
        """Where units are joined (s), within the dance."""
        starts = self.beats_s[BEATS_OF_UNIT:-1:BEATS_OF_UNIT]
        return np.asarray(starts[starts > 0])


def dance_beats(beats_s: FloatArray, downbeats_s: FloatArray, duration_s: float) -> DanceBeats:
    """Choose the beats of a dance so that its units begin on downbeats.

    Parameters
    ----------
    beats_s, downbeats_s : (N,), (M,)
        Ascending beats of the song, and those that begin a bar (s).
    duration_s
        Length of the song (s).
    """
    beats, first = _paced(np.asarray(beats_s, dtype=float), downbeats_s)
    if len(beats) < 2:
        beats, first = np.arange(0, duration_s + PLAIN_BEAT_S, PLAIN_BEAT_S), 0
    before, after = beats[1] - beats[0], beats[-1] - beats[-2]
    # Whole units before the first downbeat, so that the dance begins at or before 0 s.
    lead = -(-first // BEATS_OF_UNIT) * BEATS_OF_UNIT - first
    start = beats[0] - before * lead
    while start > 0:
        lead += BEATS_OF_UNIT
        start = beats[0] - before * lead
    missing = max(0, int(np.ceil((duration_s - beats[-1]) / after)))
    count = lead + len(beats) + missing - 1
    missing += -count % BEATS_OF_UNIT
    whole = np.concatenate(
        [
            beats[0] - before * np.arange(lead, 0, -1),
            beats,
            beats[-1] + after * np.arange(1, missing + 1),
        ]
    )
    return DanceBeats(beats_s=whole, units=(len(whole) - 1) // BEATS_OF_UNIT)


def _paced(beats: FloatArray, downbeats_s: FloatArray) -> tuple[FloatArray, int]:
    """Return beats at a pace that can be danced, and the index of the first downbeat."""
    if len(beats) < 2:
        return beats, 0
    first = 0
    if len(downbeats_s):
        first = int(np.abs(beats - downbeats_s[0]).argmin())
    tempo = 60 / float(np.median(np.diff(beats)))
    if tempo > FASTEST_BPM and len(beats) > 3:
        return beats[first % 2 :: 2], first // 2
    if tempo < SLOWEST_BPM:
        places = np.arange(2 * len(beats) - 1) / 2
        return np.interp(places, np.arange(len(beats)), beats), 2 * first
    return beats, first
