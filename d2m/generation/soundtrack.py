"""The results of generation: the music of a model, and the finished soundtrack."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import OutputError
from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import Level
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.core.progress import Progress, silent
from d2m.core.settings import Settings
from d2m.core.styles import Style
from d2m.perception.conditioning import Conditioning
from d2m.perception.rhythm import Rhythm
from d2m.score.notes import Score, Track
from d2m.score.song_titles import song_kinds, song_title

ConditioningT_contra = TypeVar("ConditioningT_contra", bound=Conditioning, contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Music:
    """The output of a model.

    Parameters
    ----------
    audio : (N,) or (2, N)
        Mono, or left and right, at the sample rate of the model's level; as long as the
        conditioning.
    codes : (T,) or (S, T), optional
        VQ codes of the whole piece, or of each of its segments; None without a network.
    score
        The score that was played, if there is one.
    tracks
        The notes that were played without a score, those of a baseline.
    stems
        The audio of each group of instruments (2, N) before mastering, by name.
    mastered
        Whether the audio is finished, so that post-processing leaves it alone.
    scores
        What the model itself measures of its music, by name.
    seconds
        Time that each stage took (s).
    """

    audio: NDArray[np.float32]
    codes: NDArray[np.int64] | None = None
    score: Score | None = None
    tracks: tuple[Track, ...] = ()
    stems: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    mastered: bool = False
    scores: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class MusicModel(Protocol[ConditioningT_contra]):
    """A model that generates music for a dance, at one level."""

    @property
    def level(self) -> Level:
        """Its level."""

    def generate(
        self,
        conditioning: ConditioningT_contra,
        /,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Music:
        """Generate music for a dance.

        Parameters
        ----------
        conditioning
            The dance.
        seed
            Another seed gives another piece, if the model has more than one.
        progress
            Called with the name of the stage and the share done.
        """


@dataclass(frozen=True, kw_only=True)
class Soundtrack:
    """Music for one dance at one level.

    Parameters
    ----------
    level, style
        Its level and style; with the style ``"auto"``, the style that suits the dance.
    settings
        How it was made.
    audio : (N,) or (2, N)
        Mono, or left and right, in [-1, 1] at the level's sample rate; as long as the clip.
    codes : (T,) or (S, T), optional
        Its VQ codes; for the published weights, those of each segment. None for the studio
        version.
    score, stems
        The score that was played, if there is one; for the studio version, also the audio (2, N)
        of each of its `d2m.score.notes.STEMS` before mastering.
    tracks
        The notes that were played without a score, those of a baseline.
    rhythm
        Rhythm of the dance.
    music_beats_s : (M,)
        Beats (s) that a beat tracker finds in the music.
    scores
        Scores by name; ``beat_f_measure`` is against `Soundtrack.dance_beats_s` within 70 ms,
        and missing where no rhythm was found.
        ``hits_met`` is the share of the dancer's hits while the music plays that an onset meets
        within 45 ms (`d2m.metrics.hits.hits_met`); it is missing where there are none.
        Scores that a model measures itself are there too.
    seconds
        Time that each stage took (s).
    paths
        Files written, by kind (`d2m.rendering.write_results.KINDS`), if any.
    alt_text, score_text
        Descriptions of the beat plot and of the picture of the score in words, if they were
        drawn.
    rights
        A sentence on how the music may be used, once the files are written.
    variation
        Number of the variation in its job, from 1.
    saver
        Writes its files, for `save`; `d2m.pipeline.DanceToMusic.generate` sets it.
    """

    level: Level
    style: Style
    settings: Settings
    audio: NDArray[np.float32]
    codes: NDArray[np.int64] | None
    rhythm: Rhythm
    music_beats_s: NDArray[np.float64]
    scores: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    score: Score | None = None
    tracks: tuple[Track, ...] = ()
    stems: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    alt_text: str = ""
    score_text: str = ""
    rights: str = ""
    variation: int = 1
    saver: Callable[[Soundtrack, Path], dict[str, Path]] | None = field(default=None, repr=False)

    def save(self, target: str | Path) -> dict[str, Path]:
        """Write the soundtrack into a folder or a file.

        Parameters
        ----------
        target
            A folder for all files; or a file: the clip with the music (``.mp4``), the music
            (``.wav``) or its notes (``.mid``).

        Returns
        -------
        dict of Path
            The files by kind.

        Raises
        ------
        OutputError
            If nothing can be written there, or the soundtrack isn't one of
            `d2m.pipeline.DanceToMusic.generate`.
        """
        if self.saver is None:
            raise OutputError(
                "This soundtrack doesn't know its clip: save one that DanceToMusic.generate made."
            )
        return self.saver(self, Path(target))

    @property
    def song(self) -> str:
        """Title of the song; empty for music without a score."""
        return song_title(self.score.style, self.score.seed) if self.score else ""

    @property
    def title(self) -> str:
        """Title of the files: that of the song, or the style, and the level."""
        return f"{self.song or self.style.label} ({self.level.name})"

    @property
    def sample_rate(self) -> int:
        """Samples per second of the audio (Hz)."""
        return self.level.sample_rate

    @property
    def dance_beats_s(self) -> NDArray[np.float64]:
        """The beats (s) of the dance to which the music plays.

        A score ends with a last hit; the dancer's beats after it, while it rings out, do not
        count.
        """
        beats_s = self.rhythm.beats_s
        if self.score is None:
            return beats_s
        return beats_s[beats_s <= self.score.end_s + BEAT_TOLERANCE_S]

    @property
    def found_beats_s(self) -> NDArray[np.float64]:
        """The beats (s) of the dance, as far as any were found in it; steady ones are not."""
        return self.dance_beats_s if self.rhythm.is_found else np.zeros(0)

    @property
    def mono(self) -> NDArray[np.float32]:
        """The audio (N,) with its channels averaged."""
        return self.audio if self.audio.ndim == 1 else self.audio.mean(axis=0)

    def summary(self) -> SoundtrackSummary:
        """Return the first files and the scores as plain data for the command line and the page."""
        return SoundtrackSummary(
            level=self.level.name,
            style=self.style.label,
            paths=dict(self.paths),
            scores={name: float(value) for name, value in self.scores.items()},
            seconds=sum(self.seconds.values()),
            rights=self.rights,
            clock=self.rhythm.clock,
            unsure=bool(self.rhythm.unsure),
            tempo_bpm=float(self.rhythm.tempo_bpm),
            is_phase_weak=bool(self.rhythm.has_weak_phase),
            has_rhythm=bool(self.rhythm.is_found),
            variation=self.variation,
            seed=self.settings.seed,
            song=self.song,
            kind=self.score.sub_genre if self.score else "",
            kinds=song_kinds(self.score.style) if self.score else (),
        )

    def details(self, known: Collection[str]) -> SoundtrackDetails:
        """Return the plots and the other files as plain data, without the kinds that are known."""
        return SoundtrackDetails(
            level=self.level.name,
            paths={kind: path for kind, path in self.paths.items() if kind not in known},
            alt_text=self.alt_text,
            score_text=self.score_text,
            variation=self.variation,
        )
