"""The events of a job: one vocabulary for the pipeline, the command line, the worker and the page.

Each event is plain data, so that it can cross a process boundary. A consumer subclasses
`Observer`, overrides the methods it needs, and receives events by `event.notify(observer)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from d2m.core.beat_tempo import tempo_text
from d2m.core.person_areas import PersonArea

T = TypeVar("T")


class Observer(Generic[T]):
    """Receives the events of a job; every method does nothing unless it is overridden.

    ``T`` is what a consumer returns for an event, such as the updates of a page. The pipeline
    ignores it.
    """

    def on_progress(self, stage: str, share: float) -> T | None:
        """Receive the name of the running stage and the share of it that is done, 0 to 1."""

    def on_dance(self, dance: DanceSummary) -> T | None:
        """Receive the analysis of the clip, before any music exists."""

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> T | None:
        """Receive one level's music as soon as the clip can be played with it."""

    def on_details(self, details: SoundtrackDetails) -> T | None:
        """Receive the plots of one level's music, and what else took longer."""

    def on_files(self, files: ResultFiles) -> T | None:
        """Receive the files that belong to the whole job."""


@dataclass(frozen=True, kw_only=True)
class DanceSummary:
    """The analysis of a clip, as a person reads it.

    Parameters
    ----------
    tempo_bpm
        Tempo of the dance (BPM).
    confidence
        How sure the tempo is, 0 to 1.
    unsure
        Whether the tempo is only the best guess.
    has_rhythm
        Whether there is evidence for the beats. Without it they are steady, not the dancer's.
    phase_confidence
        How sure it is that the beats lie on the dancer's and not between them, 0 to 1.
    clock
        Where the beats come from: ``"dance"``, ``"sound"`` or ``"taps"``.
    clock_reason
        Why the clip's sound is not the clock, as a clause; empty where it is.
    has_sound
        Whether the clip has a sound of its own.
    has_sound_beats
        Whether the clip's sound has beats that could be the clock.
    candidates
        The likeliest guesses of the beats, best first: tempo (BPM), shift (beats) from those
        that the movement suggests, and probability (0 to 1).
    beats
        Number of beats in the clip.
    style
        Label of the style that suits the dance.
    styles
        Name and label of the three styles that suit it best, best first.
    warnings
        Sentences about what may make the music fit less well.
    picture
        A sentence on the picture of the result: the clip's own, or encoded once, and why.
    strip
        Picture of the dancer with the tracked skeleton (JPEG), if it was drawn.
    alt_text
        Description of that picture in words.
    people, followed
        Number of people in the clip, and the numbers of those whose movement makes the music.
    strip_areas
        Where each of them is in that picture; none where there is only one.
    """

    tempo_bpm: float
    confidence: float
    unsure: bool
    phase_confidence: float
    clock: str
    clock_reason: str
    has_sound_beats: bool
    candidates: tuple[tuple[float, float, float], ...]
    beats: int
    style: str
    warnings: tuple[str, ...]
    strip: Path | None = None
    alt_text: str = ""
    has_rhythm: bool = True
    people: int = 1
    followed: tuple[int, ...] = ()
    strip_areas: tuple[PersonArea, ...] = ()
    styles: tuple[tuple[str, str], ...] = ()
    has_sound: bool = False
    picture: str = ""

    @property
    def beat_sentence(self) -> str:
        """A sentence on the tempo, where the beats come from, and why."""
        tempo = tempo_text(self.tempo_bpm)
        if self.clock == "sound":
            return f"The beat comes from the clip's own sound: {tempo}."
        if self.clock == "taps":
            return f"The beat is as tapped: {tempo}."
        because = f", because {self.clock_reason}" if self.clock_reason else ""
        if not self.has_rhythm:
            return (
                f"The beat was sought in the dance{because}, but no rhythm was found: the "
                f"music keeps a steady {tempo}, not the dancer's. Listen, and correct the beat if "
                "it is off."
            )
        if not self.unsure:
            return f"The beat comes from the dance{because}: {tempo}."
        return (
            f"The beat is a guess from the dance{because}: {tempo}. Listen, and correct the beat "
            "if it is off."
        )

    def notify(self, observer: Observer[T]) -> T | None:
        """Pass the event to `Observer.on_dance`."""
        return observer.on_dance(self)


@dataclass(frozen=True, kw_only=True)
class SoundtrackSummary:
    """One level's music: where its files are, how it scored, and how it may be used.

    Parameters
    ----------
    level
        Name of the level.
    style
        Label of its style.
    paths
        Files by kind that are there at once: the clip with the music, the music, and where there
        is a score, its MIDI and beat markers. `SoundtrackDetails` has the others.
    scores
        Scores by name, as in `d2m.generation.soundtrack.Soundtrack`; no score of the beats
        where no rhythm was found.
    seconds
        Time that the level took (s).
    rights
        A sentence on how the music may be used.
    clock
        Where the beats that it was made for come from: ``"dance"``, ``"sound"`` or ``"taps"``.
    unsure
        Whether those beats are only the best guess.
    tempo_bpm
        Tempo of those beats (BPM).
    is_phase_weak
        Whether those beats may lie between the dancer's.
    has_rhythm
        Whether there is evidence for those beats, as in `DanceSummary`.
    variation
        Number of the variation, from 1.
    seed
        Its seed.
    song
        Title of the song that plays; empty for music without a score.
    kind, kinds
        What kind of song it is, such as ``"Deep house"``, and all kinds of its style, which
        take turns from seed to seed.
    """

    level: str
    style: str
    paths: dict[str, Path]
    scores: dict[str, float]
    seconds: float
    rights: str = ""
    clock: str = "dance"
    unsure: bool = False
    tempo_bpm: float = 0.0
    is_phase_weak: bool = False
    has_rhythm: bool = True
    variation: int = 1
    seed: int = 0
    song: str = ""
    kind: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def beat_match(self) -> str:
        """The score of the beats in a few words, or why there is none."""
        if not self.has_rhythm:
            return "no beat score: no rhythm was found"
        doubt = f" ({self.beat_doubt})" if self.beat_doubt else ""
        return f"beat F-measure {self.scores['beat_f_measure']:.2f}{doubt}"

    @property
    def beat_doubt(self) -> str:
        """Why the score of the beats is unsure, as a clause; empty if it isn't."""
        if self.unsure:
            return "the beat is a guess"
        return "the place of the beat is a guess" if self.is_phase_weak else ""

    def notify(self, observer: Observer[T]) -> T | None:
        """Pass the event to `Observer.on_soundtrack`."""
        return observer.on_soundtrack(self)


def heard_sentence(soundtracks: Iterable[SoundtrackSummary]) -> str:
    """Return a sentence that every kind of song of a style was heard; empty if some weren't.

    There is no last song: each seed has another one, so only the kinds come to an end.

    Parameters
    ----------
    soundtracks
        The music that a person has heard.
    """
    heard: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for one in soundtracks:
        heard.setdefault((one.style, one.kinds), set()).add(one.kind)
    for (style, kinds), found in heard.items():
        if kinds and found >= {*kinds}:
            return (
                f"You have heard all {len(kinds)} kinds of {style} songs ({', '.join(kinds)}): "
                "each further seed is a new song of one of these kinds."
            )
    return ""


@dataclass(frozen=True, kw_only=True)
class SoundtrackDetails:
    """What is there of one level's music some time after the clip can be played with it.

    Parameters
    ----------
    level
        Name of the level.
    paths
        Its further files by kind, see `d2m.rendering.write_results.KINDS` and, for the studio
        version, `d2m.rendering.score_files.SCORE_KINDS`.
    alt_text
        Description of the beat plot in words.
    score_text
        Description of the picture of the score in words; empty without one.
    variation
        Number of the variation, as in `SoundtrackSummary`.
    """

    level: str
    paths: dict[str, Path]
    alt_text: str
    score_text: str = ""
    variation: int = 1

    def notify(self, observer: Observer[T]) -> T | None:
        """Pass the event to `Observer.on_details`."""
        return observer.on_details(self)


@dataclass(frozen=True, kw_only=True)
class ResultFiles:
    """Files that belong to a whole job.

    Parameters
    ----------
    report
        All facts of the job, as JSON.
    archive
        All files in one ZIP.
    comparisons
        Videos with both hop levels side by side, by the level whose music plays; empty for
        jobs without both.
    beat_videos
        The clip with a bar that shows both kinds of beats, by level, for the first variation;
        empty unless asked for. Those of the others are in the archive.
    """

    report: Path
    archive: Path
    comparisons: dict[str, Path] = field(default_factory=dict)
    beat_videos: dict[str, Path] = field(default_factory=dict)

    def notify(self, observer: Observer[T]) -> T | None:
        """Pass the event to `Observer.on_files`."""
        return observer.on_files(self)
