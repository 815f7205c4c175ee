"""A dance for a song: what `d2m.choreography.music_to_dance.MusicToDance` returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.dance_rights import DANCE_RIGHTS
from d2m.choreography.kinematic_beats import KinematicBeats, find_kinematic_beats
from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.dance_styles import dance_style_named
from d2m.core.styles import AUTO
from d2m.metrics.kinematic_scores import beats_inside, dance_beat_scores

if TYPE_CHECKING:
    from d2m.choreography.dance_model import GeneratedDance
    from d2m.choreography.song_analysis import SongAnalysis

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Choreography:
    """A dance of one or several dancers for a song.

    Parameters
    ----------
    song
        The analysis of the song.
    settings
        How the dance was made.
    dances
        The movement of each dancer, by consecutive seeds.
    has_start_pose
        Whether the dance begins in a given pose.
    seconds
        Time that each stage took (s).
    keypoints
        The joints of each dancer in the picture (px), ``(F, 17, 2)``, COCO-17; none before it is
        drawn.
    paths
        Files by kind, see `d2m.choreography.write_dance.DANCE_KINDS`; empty before they are
        written.
    alt_text
        Description of the beat plot in words.
    """

    song: SongAnalysis
    settings: DanceSettings
    dances: tuple[GeneratedDance, ...]
    has_start_pose: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    keypoints: tuple[FloatArray, ...] = ()
    paths: dict[str, Path] = field(default_factory=dict)
    alt_text: str = ""

    @property
    def style(self) -> str:
        """Name of the style."""
        return self.dances[0].style

    @cached_property
    def kinematic_beats(self) -> tuple[KinematicBeats, ...]:
        """The kinematic beats of each dancer."""
        motions = (dance.motion for dance in self.dances)
        return tuple(find_kinematic_beats(motion.joints, motion.fps) for motion in motions)

    def figures(self, dancer: int = 0) -> dict[str, float]:
        """Return how a dancer meets the beats of the song; nothing where the song has no beat.

        Parameters
        ----------
        dancer
            Index of the dancer.

        Returns
        -------
        dict
            ``beat_hit``, ``beat_coverage`` and ``downbeats_met``, as
            `d2m.metrics.kinematic_scores.DanceBeatScores` defines them; without those that there is
            nothing to compute from.
        """
        if not self.song.has_beat:
            return {}
        song = self.song
        scores = dance_beat_scores(
            beats_inside(self.kinematic_beats[dancer].beats_s, song.duration_s),
            beats_inside(song.beats_s, song.duration_s),
            beats_inside(song.downbeats_s, song.duration_s),
        )
        values = {
            "beat_hit": scores.hit,
            "beat_coverage": scores.coverage,
            "downbeats_met": scores.downbeats_met,
        }
        return {name: value for name, value in values.items() if math.isfinite(value)}

    def summary(self) -> ChoreographySummary:
        """Return what a person reads about the dance."""
        return ChoreographySummary(
            style=dance_style_named(self.style),
            style_is_chosen=self.settings.style != AUTO,
            seed=self.settings.seed,
            dancers=len(self.dances),
            paths=self.paths,
            alt_text=self.alt_text,
            seconds=sum(self.seconds.values()),
            rights=DANCE_RIGHTS,
            figures=self.figures(),
        )


def song_summary(song: SongAnalysis) -> SongSummary:
    """Return what a person reads about a song."""
    return SongSummary(
        duration_s=song.duration_s,
        tempo_bpm=song.tempo_bpm,
        has_beat=song.has_beat,
        confidence=song.confidence,
        beats=len(song.beats_s),
        warnings=tuple(song.warnings),
    )
