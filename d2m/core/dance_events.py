"""The events of a job that makes a dance for a song, beside those of `d2m.core.events`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from d2m.core.beat_tempo import tempo_text
from d2m.core.events import Observer, T


class DanceObserver(Observer[T]):
    """Receives the events of a job whose input is a clip or a song."""

    def on_song(self, song: SongSummary) -> T | None:
        """Receive the analysis of the song, before any dance exists."""

    def on_choreography(self, choreography: ChoreographySummary) -> T | None:
        """Receive the dance once its files are written."""


@dataclass(frozen=True, kw_only=True)
class SongSummary:
    """The analysis of a song, as a person reads it.

    Parameters
    ----------
    duration_s
        Length of the part that is danced to (s).
    tempo_bpm
        Tempo (BPM).
    has_beat
        Whether there is evidence for the beats. Without it they are steady, not the song's.
    confidence
        How sure the beats are, 0 to 1.
    beats
        Number of beats.
    warnings
        Sentences about what may make the dance fit less well.
    """

    duration_s: float
    tempo_bpm: float
    has_beat: bool
    confidence: float
    beats: int
    warnings: tuple[str, ...] = ()

    @property
    def beat_sentence(self) -> str:
        """A sentence on the tempo of the song, or that it has none."""
        tempo = tempo_text(self.tempo_bpm)
        if self.has_beat:
            return f"The song has {tempo}: {self.beats} beats in {self.duration_s:.0f} s."
        return f"No beat was found in the song: the dance keeps a steady {tempo}."

    def notify(self, observer: DanceObserver[T]) -> T | None:
        """Pass the event to `DanceObserver.on_song`."""
        return observer.on_song(self)


@dataclass(frozen=True, kw_only=True)
class ChoreographySummary:
    """A dance for a song: where its files are, how well it meets the beats, how it may be used.

    Parameters
    ----------
    style
        Label of its style.
    style_is_chosen
        Whether a person chose the style; otherwise it was found in the song.
    seed
        Its seed.
    dancers
        Number of dancers.
    paths
        Files by kind, see `d2m.choreography.write_dance.DANCE_KINDS`.
    alt_text
        Description of the beat plot in words.
    figures
        Figures of the first dancer by name, see
        `d2m.choreography.choreography_result.Choreography.figures`; none where the song has no
        beat.
    seconds
        Time that the dance took (s).
    rights
        Sentences on how the dance may be used.
    """

    style: str
    style_is_chosen: bool
    seed: int
    dancers: int
    paths: dict[str, Path]
    alt_text: str
    seconds: float
    rights: str
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def beat_figures(self) -> str:
        """The figures of the beats in a few words, or why there are none."""
        if not self.figures:
            return "no beat figures: the song has no beat"
        hit, coverage = self.figures["beat_hit"], self.figures["beat_coverage"]
        return f"beat hit {hit:.0%}, coverage {coverage:.0%}"

    def notify(self, observer: DanceObserver[T]) -> T | None:
        """Pass the event to `DanceObserver.on_choreography`."""
        return observer.on_choreography(self)
