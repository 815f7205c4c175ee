"""Events of a group of dancers: what enough of them do together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.perception.body_events import MAX_HITS_PER_S, BodyEvents

FloatArray = NDArray[np.float64]

_TOGETHER_S = 0.15  # hits nearer than this (s) are one hit of the group; chosen by hand
_MIN_HIT_GAP_S = 0.22  # least time (s) between hits, as for one body
_SHARE = 0.5  # share of the dancers who have to do something together; chosen by hand
_RATE = 60.0  # rate (Hz) at which intervals are compared; chosen by hand


def merge_events(dancers: Sequence[BodyEvents], duration_s: float) -> BodyEvents:
    """Merge the events of several dancers.

    Hits, jumps and drops count by how many dancers do them together; hands are raised, and all
    stand still, where at least half of the dancers do.

    Parameters
    ----------
    dancers
        Events of each, at least one.
    duration_s
        Length of the dance (s).
    """
    if len(dancers) == 1:
        return dancers[0]
    hits, strengths = _hits(dancers, duration_s)
    jumps, jump_strengths = _spans(dancers, "jumps_s", "jump_strengths")
    drops, drop_strengths = _spans(dancers, "drops_s", "drop_strengths")
    return BodyEvents(
        hits_s=hits,
        hit_strengths=strengths,
        jumps_s=jumps,
        jump_strengths=jump_strengths,
        drops_s=drops,
        drop_strengths=drop_strengths,
        raised_s=_shared([one.raised_s for one in dancers], duration_s),
        freezes_s=_shared([one.freezes_s for one in dancers], duration_s),
    )


def _hits(dancers: Sequence[BodyEvents], duration_s: float) -> tuple[FloatArray, FloatArray]:
    """Return times (s) and strengths of hits; the strength is the mean over the dancers."""
    times = np.concatenate([one.hits_s for one in dancers])
    own = np.concatenate([one.hit_strengths for one in dancers])
    owner = np.repeat(np.arange(len(dancers)), [len(one.hits_s) for one in dancers])
    strengths = np.array(
        [
            sum(own[near & (owner == dancer)].max(initial=0.0) for dancer in range(len(dancers)))
            / len(dancers)
            for near in (np.abs(times - time) < _TOGETHER_S for time in times)
        ]
    )
    kept: list[int] = []
    for index in np.argsort(-strengths, kind="stable"):
        apart = all(abs(times[index] - times[other]) >= _MIN_HIT_GAP_S for other in kept)
        if apart and len(kept) < max(1, int(MAX_HITS_PER_S * duration_s)):
            kept.append(int(index))
    chosen = np.array(sorted(kept, key=lambda index: times[index]), dtype=np.int64)
    return times[chosen], strengths[chosen] if len(chosen) else np.zeros(0)


def _spans(
    dancers: Sequence[BodyEvents], times: str, strengths: str
) -> tuple[FloatArray, FloatArray]:
    """Return spans (N, 2) in s and strengths of what at least half of the dancers do together."""
    found: list[tuple[float, float, float]] = []
    for one in dancers:
        for (start, end), _ in zip(getattr(one, times), getattr(one, strengths), strict=True):
            if any(start < other_end and other_start < end for other_start, other_end, _ in found):
                continue
            together = [
                float(strength)
                for other in dancers
                for span, strength in zip(
                    getattr(other, times), getattr(other, strengths), strict=True
                )
                if span[0] < end and start < span[1]
            ]
            if len(together) >= _SHARE * len(dancers):
                found.append((float(start), float(end), float(np.mean(together))))
    found.sort()
    spans = np.array([one[:2] for one in found], dtype=float).reshape(-1, 2)
    return spans, np.array([one[2] for one in found], dtype=float)


def _shared(intervals: Sequence[FloatArray], duration_s: float) -> FloatArray:
    """Return the intervals (N, 2) in s that at least half of the dancers share."""
    times = np.arange(round(duration_s * _RATE)) / _RATE
    count = np.zeros(len(times))
    for one in intervals:
        for start, end in one:
            count += (times >= start) & (times < end)
    shared = np.concatenate([[0], (count >= _SHARE * len(intervals)).astype(np.int8), [0]])
    return np.asarray(np.flatnonzero(np.diff(shared)).reshape(-1, 2) / _RATE)
