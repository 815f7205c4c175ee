"""What the benchmark of real dances measures: scores of one clip, and of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from d2m.benchmark.real_music import MusicScores
from d2m.benchmark.rhythm_scores import BeatMatch


@dataclass(frozen=True, kw_only=True)
class ScoredCandidate:
    """One of the likeliest guesses, whether it is right, and its probability."""

    tempo_bpm: float
    shift_beats: float
    probability: float
    right: bool


@dataclass(frozen=True, kw_only=True)
class ClipRhythm:
    """The beats of one clip by one clock, with scores.

    Parameters
    ----------
    true_bpm
        Tempo of its music (BPM).
    disputed
        Whether it is not certain that the annotated beats are the true ones.
    match
        Scores of the beats.
    clock, reason
        The clock that was taken, and why it is not the sound; ``"none"`` where the clock that
        was asked for has no beats.
    unsure, confidence, phase_confidence
        As in `d2m.perception.rhythm.Rhythm`.
    hits_on_grid, hits_on_bent_grid
        Shares of the dancer's strongest hits within 45 ms of a 16th step, and of a step bent by
        up to 25 ms; NaN without hits.
    chance_on_grid, chance_on_bent_grid
        The same for hits at random times.
    candidates
        The likeliest guesses, best first.
    """

    true_bpm: float
    match: BeatMatch
    clock: str
    reason: str
    unsure: bool = True
    confidence: float = 0.0
    phase_confidence: float = 0.0
    hits_on_grid: float = float("nan")
    hits_on_bent_grid: float = float("nan")
    chance_on_grid: float = float("nan")
    chance_on_bent_grid: float = float("nan")
    candidates: tuple[ScoredCandidate, ...] = ()
    disputed: bool = False


def undisputed(clips: Mapping[str, ClipRhythm]) -> dict[str, ClipRhythm]:
    """Return the clips whose annotated beats are certain."""
    return {title: clip for title, clip in clips.items() if not clip.disputed}


@dataclass(frozen=True, kw_only=True)
class RealRhythmResults:
    """Everything that was measured.

    Parameters
    ----------
    clocks
        Scores by clock and title of the clip.
    trivial
        Scores of trivial beats by row and clip, see `d2m.benchmark.rhythm_scores`.
    music
        Scores of music by level, row and clip, see `d2m.benchmark.real_music`.
    music_clock
        The clock with which the music was made.
    skipped
        Titles of clips that were left out, each with the reason.
    truth
        What the truth is, as a sentence.
    seed
        Seed of the bootstrap.
    """

    clocks: dict[str, dict[str, ClipRhythm]]
    trivial: dict[str, dict[str, list[BeatMatch]]]
    truth: str
    music: dict[str, dict[str, dict[str, MusicScores]]] = field(default_factory=dict)
    music_clock: str = ""
    skipped: dict[str, str] = field(default_factory=dict)
    seed: int = 0

    @property
    def certain(self) -> set[str]:
        """Titles of the clips whose annotated beats are certain."""
        return {title for clips in self.clocks.values() for title in undisputed(clips)}
