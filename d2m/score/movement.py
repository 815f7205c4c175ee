"""How a dance moves along the 16th steps of the music, and where it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.score.timeline import Timeline

FloatArray = NDArray[np.float64]

CHANGE_FEATURES = ("energy", "upper", "lower", "reach")
"""The features whose change is a change of the dance."""
CHANGE_SPANS = (4, 8)
"""Beats before and after that are compared, once for each. Chosen by hand."""
MIN_CHANGE = 0.1
"""Least change (of features from 0 to 1) that counts. Chosen by hand."""

_PEAK_REACH = 7  # beats around in which a change is the largest: sections last two bars
_FREEZE_CHANGE = 0.25  # what the start or end of a freeze adds to the change; chosen by hand
_MIN_PAUSE_BEATS = 0.9  # shortest freeze (beats) that is a change; chosen by hand


@dataclass(frozen=True, kw_only=True, eq=False)
class Movement:
    """The movement in each 16th step of the music.

    Parameters
    ----------
    features : dict of (S,)
        Each of `d2m.perception.step_features.MOVEMENT_FEATURES`, 0 to 1.
    events
        Hits, jumps and other events (s).
    """

    features: dict[str, FloatArray]
    events: BodyEvents

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.features["energy"])

    def mean(self, feature: str, start: float, end: float) -> float:
        """Return the mean of a feature from one step to another."""
        values = self.features[feature]
        first = min(max(0, int(start)), len(values) - 1)
        return float(values[first : max(first + 1, int(np.ceil(end)))].mean())


def movement_along(dance: Conditioning, timeline: Timeline) -> Movement:
    """Read the features of a dance at the steps of the music within the clip."""
    last = max(1, int(np.ceil(timeline.step(dance.duration_s))))
    middles = timeline.times_s(np.arange(last) + 0.5)
    index = np.searchsorted(dance.grid.times, middles, side="right") - 1
    rows = dance.features[np.clip(index, 0, len(dance.features) - 1)]
    features = {name: rows[:, i] for i, name in enumerate(MOVEMENT_FEATURES)}
    return Movement(features=features, events=dance.events)


def beat_novelty(movement: Movement, timeline: Timeline) -> FloatArray:
    """Return how much the dance changes at each beat, (B,).

    It is the distance of the mean features of the beats before and after, averaged over
    `CHANGE_SPANS`, and more where a freeze starts or ends.
    """
    n_beats = max(1, movement.n_steps // STEPS_PER_BEAT)
    steps = np.stack([movement.features[name] for name in CHANGE_FEATURES], axis=1)
    beats = np.stack(
        [row.mean(0) for row in np.array_split(steps, _cuts(n_beats, len(steps)))[:n_beats]]
    )
    total = np.concatenate([np.zeros((1, beats.shape[1])), np.cumsum(beats, axis=0)])
    at = np.arange(n_beats)
    novelty = np.zeros(n_beats)
    for span in CHANGE_SPANS:
        low, high = np.maximum(at - span, 0), np.minimum(at + span, n_beats)
        before = (total[at] - total[low]) / np.maximum(at - low, 1)[:, None]
        after = (total[high] - total[at]) / np.maximum(high - at, 1)[:, None]
        # Near the ends, a difference of a beat or two is not yet a change.
        known = np.minimum(np.minimum(at - low, high - at) / 4, 1.0)
        novelty += np.linalg.norm(after - before, axis=1) * known / len(CHANGE_SPANS)
    for edge in _pause_edges(movement, timeline):
        if 1 <= edge < n_beats - 1:
            novelty[edge] += _FREEZE_CHANGE
    return novelty


def dance_changes(movement: Movement, timeline: Timeline) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the beats at which a dance changes, and how much.

    They are the beats whose `beat_novelty` is the largest within nearly two bars before and
    after, and `MIN_CHANGE` at least, wherever the bars begin.

    Returns
    -------
    beats : (C,)
        Ascending indices of beats.
    strengths : (C,)
        Their novelty.
    """
    novelty = beat_novelty(movement, timeline)
    padded = np.pad(novelty, _PEAK_REACH)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _PEAK_REACH + 1).max(1)
    beats = np.flatnonzero((novelty >= highest) & (novelty >= MIN_CHANGE))
    return beats, novelty[beats]


def _cuts(n_beats: int, n_steps: int) -> NDArray[np.int64]:
    """Return the steps at which beats begin, without the first."""
    cuts = np.arange(1, n_beats + 1) * STEPS_PER_BEAT
    return np.asarray(cuts[cuts < n_steps])


def _pause_edges(movement: Movement, timeline: Timeline) -> list[int]:
    """Return the beats nearest to the starts and ends of freezes of about a beat or more."""
    spans = timeline.steps(movement.events.freezes_s.ravel()).reshape(-1, 2)
    long = spans[np.diff(spans, axis=1)[:, 0] >= _MIN_PAUSE_BEATS * STEPS_PER_BEAT]
    return [int(beat) for beat in np.round(long.ravel() / STEPS_PER_BEAT)]
