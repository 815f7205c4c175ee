"""Goals for the beats of real dances: target ranges, and whether they are met."""

from __future__ import annotations

from math import isfinite

import numpy as np

from d2m.benchmark.goals import Goal
from d2m.benchmark.real_music import MUSIC, MusicScores
from d2m.benchmark.real_rhythm_results import ClipRhythm, RealRhythmResults, undisputed

MIN_SOUND_F = 0.85
"""Least beat F (70 ms, octave aside) with the clock ``auto`` on clips with music."""
MIN_DANCE_TEMPO = 0.6
"""Least share of tempi (octave aside) that the movement alone gives right."""
MIN_WRONG_UNSURE = 1.0
"""Least share of the wrong tempi of the movement that are called unsure."""
MIN_HITS_MET = 0.85
"""Least share of the dancer's strongest hits that the music meets within 45 ms."""
MIN_MUSIC_F = 0.8
"""Least beat F (70 ms, octave aside) of the music by each tracker."""


def real_goals(results: RealRhythmResults) -> list[Goal]:
    """Return the goals whose values were measured. All targets were chosen by hand.

    Clips with disputed beats do not count. The clock stands in place of the level.
    """
    auto, dance = (
        list(undisputed(results.clocks.get(clock, {})).values()) for clock in ("auto", "dance")
    )
    found = [*_auto_goals(auto), *_dance_goals(dance)]
    certain = results.certain
    for level, rows in results.music.items():
        found += _music_goals(level, [one for name, one in rows[MUSIC].items() if name in certain])
    return [goal for goal in found if isfinite(goal.value)]


def _auto_goals(clips: list[ClipRhythm]) -> list[Goal]:
    if not clips:
        return []
    tempo = Goal(
        title="tempo right, octave aside, in all clips but one",
        level="auto",
        value=_mean([one.match.tempo_octave for one in clips]),
        low=round(1.0 - 1.0 / len(clips), 3),  # the value is rounded, too
        percent=True,
    )
    beats = Goal(
        title="beat F (70 ms), octave aside",
        level="auto",
        value=_mean([one.match.f70_octave for one in clips]),
        low=MIN_SOUND_F,
    )
    return [tempo, beats]


def _dance_goals(clips: list[ClipRhythm]) -> list[Goal]:
    tempo = Goal(
        title="tempo right, octave aside",
        level="dance",
        value=_mean([one.match.tempo_octave for one in clips]),
        low=MIN_DANCE_TEMPO,
        percent=True,
    )
    unsure = Goal(
        title="wrong tempi that are called unsure",
        level="dance",
        value=wrong_unsure(clips),
        low=MIN_WRONG_UNSURE,
        percent=True,
    )
    return [tempo, unsure]


def _music_goals(level: str, pieces: list[MusicScores]) -> list[Goal]:
    found = [
        Goal(
            title=f"beat F of the music (70 ms), octave aside, {tracker}",
            level=level,
            value=_mean([getattr(one, f"{tracker}_octave") for one in pieces]),
            low=MIN_MUSIC_F,
        )
        for tracker in ("librosa", "network")
    ]
    met = _mean([one.hits_met for one in pieces])
    title = "hits met by the music within 45 ms"
    return [*found, Goal(title=title, level=level, value=met, low=MIN_HITS_MET, percent=True)]


def wrong_unsure(clips: list[ClipRhythm]) -> float:
    """Return the share of the wrong tempi that are called unsure; NaN if all are right."""
    return _mean([float(one.unsure) for one in clips if not one.match.tempo_octave])


def _mean(values: list[float]) -> float:
    finite = [value for value in values if isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")
