"""Benchmark of real dances: the beats that clips give against beats that people annotated.

For each clip and each clock (`d2m.core.common_settings.CommonSettings.beats`), the program
analyses the clip as it does before it makes music, and its beats are scored against the
annotated ones. Optionally, the music itself is made and scored too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.real_beats import (
    TrueBeats,
    beats_origin,
    consensus_beats,
    find_clips,
    read_true_beats,
)
from d2m.benchmark.real_music import score_all_music
from d2m.benchmark.real_rhythm_results import ClipRhythm, RealRhythmResults, ScoredCandidate
from d2m.benchmark.rhythm_scores import is_right, match_beats, trivial_beats
from d2m.core.errors import D2MError, DataError, SettingsError
from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.settings import Settings
from d2m.media.audio_file import read_audio
from d2m.metrics.beats import music_beats
from d2m.metrics.hits import HIT_TOLERANCE_S, hits_on_grid
from d2m.perception.beat_clock import NO_SOUND
from d2m.perception.beat_correction import shift_beats
from d2m.perception.dance import Dance
from d2m.perception.rhythm import BeatCandidate, Rhythm
from d2m.pipeline import DanceToMusic

FloatArray = NDArray[np.float64]

CLOCKS = ("auto", "sound", "dance")
"""The clocks that are compared."""
ALL_CLOCKS = "all"
OWN_SOUND = "own-sound"
"""Stands for the beats of the clips' own sound, by two trackers that agree."""
BEND_S = 0.025
"""How far a 16th step is bent towards a hit (s), as in generation."""
SAME_BEATS = 0.01
"""Largest relative difference of tempi at which a candidate is the estimate itself, shifted."""


@dataclass(frozen=True, kw_only=True)
class RealRhythmConfig:
    """What to measure.

    Parameters
    ----------
    clips
        Folder of the clips.
    beats
        Their annotated beats, see `d2m.benchmark.real_beats`; None for those of their own sound.
    clock
        One of `CLOCKS`, or `ALL_CLOCKS`.
    levels
        Levels at which music is made and scored.
    cache
        Folder for the analyses of the clips; a temporary one by default.
    seed
        Seed of the bootstrap, of random phases and of the music.
    """

    clips: Path
    beats: Path | None
    clock: str = ALL_CLOCKS
    levels: tuple[Level, ...] = ()
    cache: Path | None = None
    seed: int = 0

    @property
    def clocks(self) -> tuple[str, ...]:
        """The clocks to measure.

        Raises
        ------
        SettingsError
            If the clock is unknown, or hears the sound that is the truth.
        """
        if self.clock not in (*CLOCKS, ALL_CLOCKS):
            known = ", ".join((*CLOCKS, ALL_CLOCKS))
            raise SettingsError(f"Unknown clock {self.clock!r}: choose one of {known}.")
        if self.beats is not None:
            return CLOCKS if self.clock == ALL_CLOCKS else (self.clock,)
        if self.clock not in ("dance", ALL_CLOCKS):
            raise SettingsError(
                f"The clock {self.clock} hears the sound that is the truth here: choose dance."
            )
        return ("dance",)


def evaluate_real_rhythm(config: RealRhythmConfig) -> RealRhythmResults:
    """Measure the beats of real clips.

    Raises
    ------
    DataError
        If folder or beats can't be read, or no clip could be measured.
    SettingsError
        If the clock is unknown or hears the truth.
    """
    clocks, clips = config.clocks, find_clips(config.clips)
    d2m = DanceToMusic(cache=config.cache)
    given = None if config.beats is None else read_true_beats(config.beats, clips)
    measured: dict[str, tuple[Path, TrueBeats, Dance]] = {}
    skipped: dict[str, str] = {}
    for name, clip in tqdm(clips.items(), desc="clips", unit="clip"):
        known = None if given is None else given.get(name)
        title = known.title if known else _unused(Path(name).stem, [*measured, *skipped])
        try:
            if given is not None and known is None:
                raise DataError("no beats are given.")
            dance = d2m.perceive(clip, Settings(beats="dance"))
            measured[title] = clip, known or _own_beats(title, dance), dance
        except D2MError as error:
            skipped[title] = str(error)
    if not measured:
        first = next(iter(skipped.values()))
        raise DataError(f"None of the {len(clips)} clips can be measured. The first: {first}")
    scores: dict[str, dict[str, ClipRhythm]] = {clock: {} for clock in clocks}
    for title, (clip, truth, dance) in measured.items():
        for clock in clocks:
            found = _score_clock(d2m, clip, clock, truth, dance)
            if found is not None:
                scores[clock][title] = found
    truths = {title: truth for title, (_, truth, _) in measured.items()}
    durations = {title: dance.clip.duration_s for title, (_, _, dance) in measured.items()}
    results = RealRhythmResults(
        clocks=scores,
        trivial=trivial_beats(truths, durations, config.seed),
        skipped=skipped,
        truth=_truth_sentence(config),
        seed=config.seed,
    )
    if not config.levels:
        return results
    timed = {
        title: _perceive(d2m, clip, clocks[0]) or dance
        for title, (clip, _, dance) in measured.items()
    }
    music = score_all_music(d2m, timed, truths, config.levels, config.seed)
    return replace(results, music=music, music_clock=clocks[0])


def _unused(title: str, taken: list[str]) -> str:
    """Return a title, with a number if it is taken."""
    numbered = (f"{title} {number}" for number in range(2, len(taken) + 3))
    return next(one for one in (title, *numbered) if one not in taken)


def _truth_sentence(config: RealRhythmConfig) -> str:
    if config.beats is not None:
        return f"The truth is annotated beats. {beats_origin(config.beats)}".strip()
    return (
        "The truth is the beats of the clips' own sound, where two trackers agree; the clock of "
        "the dance does not hear it."
    )


def _own_beats(title: str, dance: Dance) -> TrueBeats:
    """Return the beats of a clip's own sound.

    Raises
    ------
    DataError
        If two trackers do not agree on them.
    """
    if dance.own_sound is None:
        raise DataError(f"{NO_SOUND}.")
    _, second_s = music_beats(read_audio(dance.own_sound, SAMPLE_RATE))
    truth, reason = consensus_beats(title, dance.analysis.sound, second_s)
    if truth is None:
        raise DataError(f"{reason}.")
    return truth


def _perceive(d2m: DanceToMusic, clip: Path, clock: str) -> Dance | None:
    """Return a dance by a clock; None if the clock has no beats."""
    try:
        return d2m.perceive(clip, Settings(beats=clock))
    except SettingsError:
        return None


def _score_clock(
    d2m: DanceToMusic, clip: Path, clock: str, truth: TrueBeats, movement: Dance
) -> ClipRhythm | None:
    """Score one clock; None if it is the sound of a clip without sound."""
    duration_s = movement.clip.duration_s
    if clock == "sound" and not movement.clip.has_audio:
        return None
    dance = movement if clock == "dance" else _perceive(d2m, clip, clock)
    if dance is None:
        return ClipRhythm(
            true_bpm=truth.tempo_bpm,
            disputed=truth.disputed,
            match=match_beats(np.zeros(0), float("nan"), truth, duration_s),
            clock="none",
            reason=movement.analysis.sound.reason or "the sound has no beats",
        )
    rhythm, steps_s = dance.rhythm, dance.grid.times
    step_s = 15.0 / rhythm.tempo_bpm
    hits_s = dance.events.hits_s
    bent_s = HIT_TOLERANCE_S + BEND_S
    return ClipRhythm(
        true_bpm=truth.tempo_bpm,
        disputed=truth.disputed,
        match=match_beats(rhythm.beats_s, rhythm.tempo_bpm, truth, duration_s),
        clock=rhythm.clock,
        reason=rhythm.clock_reason,
        unsure=rhythm.unsure,
        confidence=rhythm.confidence,
        phase_confidence=rhythm.phase_confidence,
        hits_on_grid=hits_on_grid(hits_s, steps_s),
        hits_on_bent_grid=hits_on_grid(hits_s, steps_s, bend_s=BEND_S),
        chance_on_grid=min(1.0, 2 * HIT_TOLERANCE_S / step_s),
        chance_on_bent_grid=min(1.0, 2 * bent_s / step_s),
        candidates=tuple(_score_candidates(d2m, clip, rhythm, truth, duration_s)),
    )


def _score_candidates(
    d2m: DanceToMusic, clip: Path, rhythm: Rhythm, truth: TrueBeats, duration_s: float
) -> Iterator[ScoredCandidate]:
    """Score the guesses: tempo octave aside, and F-measure at 100 ms."""
    for one in rhythm.candidates:
        beats_s = _candidate_beats(d2m, clip, rhythm, one, duration_s)
        match = match_beats(beats_s, one.tempo_bpm, truth, duration_s)
        yield ScoredCandidate(
            tempo_bpm=one.tempo_bpm,
            shift_beats=one.shift_beats,
            probability=one.probability,
            right=is_right(match),
        )


def _candidate_beats(
    d2m: DanceToMusic, clip: Path, rhythm: Rhythm, one: BeatCandidate, duration_s: float
) -> FloatArray:
    """Return the beats (s) that a person gets who chooses a candidate."""
    if abs(one.tempo_bpm / rhythm.tempo_bpm - 1.0) > SAME_BEATS:
        rhythm = d2m.perceive(clip, Settings(beats="dance", tempo_bpm=one.tempo_bpm)).rhythm
    return shift_beats(rhythm, one.shift_beats * 60.0 / rhythm.tempo_bpm, duration_s).beats_s
