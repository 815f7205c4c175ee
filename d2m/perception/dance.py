"""From the analysis of a clip to a dance: rhythm, metrical grid, movement in each 16th step.

This takes milliseconds, so it is done again whenever the settings correct the rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from d2m.core.events import DanceSummary
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.media.clip import ClipInfo
from d2m.perception.beat_clock import MIN_SOUND_BEATS
from d2m.perception.clip_analysis import ClipAnalysis
from d2m.perception.conditioning import Conditioning, condition
from d2m.perception.people import People
from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import coco17_from_mediapipe

WELL_COVERED = 0.7
"""Share of frames with the dancer (0 to 1) under which the person is warned; chosen by eye."""

OFFERED_STYLES = 3
"""Number of the most suitable styles that a person is told of; chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dance(Conditioning):
    """The conditioning of a dance together with the clip that it was measured in.

    Parameters
    ----------
    analysis
        Analysis of the clip.
    warnings
        Sentences for the person, such as that a steady tempo is used.
    seconds
        Time that each stage took (s).
    """

    analysis: ClipAnalysis
    warnings: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def clip(self) -> ClipInfo:
        """Facts of the clip's picture in full quality and of its sound."""
        return self.analysis.clip

    @property
    def video(self) -> Path:
        """The small copy of the clip, which is analysed."""
        return self.analysis.video

    @property
    def picture(self) -> Path:
        """The clip's picture in full quality: a silent MP4."""
        return self.analysis.files.picture

    @property
    def original_picture(self) -> Path | None:
        """The source's coded pictures in an MP4, where `picture` had to be encoded for browsers."""
        path = self.analysis.files.original
        return path if path.exists() else None

    @property
    def own_sound(self) -> Path | None:
        """The clip's own sound in full quality, aligned with the picture; None without any."""
        path = self.analysis.files.sound
        return path if path.exists() else None

    @property
    def pose(self) -> PoseTrack:
        """The dancer's landmarks, frame by frame."""
        return self.analysis.pose

    @property
    def people(self) -> People:
        """The people of the clip, and who is followed."""
        return self.analysis.people

    def summary(self) -> DanceSummary:
        """Return the analysis as plain data for the command line and the page."""
        return DanceSummary(
            tempo_bpm=float(self.rhythm.tempo_bpm),
            confidence=float(self.rhythm.confidence),
            unsure=bool(self.rhythm.unsure),
            has_rhythm=bool(self.rhythm.is_found),
            phase_confidence=float(self.rhythm.phase_confidence),
            clock=self.rhythm.clock,
            clock_reason=self.rhythm.clock_reason,
            has_sound=self.own_sound is not None,
            has_sound_beats=len(self.analysis.sound.beats_s) >= MIN_SOUND_BEATS,
            candidates=tuple(
                (one.tempo_bpm, one.shift_beats, one.probability) for one in self.rhythm.candidates
            ),
            beats=len(self.rhythm.beats_s),
            style=self.style.label,
            styles=tuple((one.name, one.label) for one in self.suited_styles[:OFFERED_STYLES]),
            warnings=tuple(self.warnings),
            picture=self.analysis.picture_sentence,
            strip=self.analysis.strip,
            alt_text=self.analysis.strip_text,
            people=self.people.count,
            followed=self.people.followed,
            strip_areas=self.analysis.strip_areas,
        )


def estimate_dance(
    analysis: ClipAnalysis, settings: Settings, progress: Progress = silent
) -> Dance:
    """Estimate the rhythm of an analysed clip and measure the movement on its metrical grid.

    Parameters
    ----------
    analysis
        What `d2m.perception.clip_analysis.analyse_clip` returned.
    settings
        Their choice and correction of the beats and their response are used.
    progress
        Called with the name of the stage and the share done.

    Raises
    ------
    SettingsError
        If the taps make no rhythm, or the sound has no beats and the settings ask for them.
    """
    seconds = dict(analysis.seconds)
    pose = analysis.pose
    with timed(seconds, "rhythm"):
        progress("Finding the rhythm", 0.0)
        measured = condition(
            coco17_from_mediapipe(pose.landmarks)[..., :2],
            pose.fps,
            flow=analysis.directogram,
            duration_s=analysis.clip.duration_s,
            sound=analysis.sound,
            settings=settings,
            companions=[
                coco17_from_mediapipe(track.landmarks)[..., :2] for track in analysis.companions
            ],
        )
    return Dance(
        **vars(measured),
        analysis=analysis,
        warnings=(*_warnings(pose), *analysis.warnings, *_sound_warnings(analysis.clip, settings)),
        seconds=seconds,
    )


def _warnings(pose: PoseTrack) -> Iterator[str]:
    if pose.coverage < WELL_COVERED:
        yield (
            f"The dancer was found in only {pose.coverage:.0%} of the clip; "
            "the rest is interpolated."
        )


def _sound_warnings(clip: ClipInfo, settings: Settings) -> Iterator[str]:
    """Say why a sound is missing that was asked for, for the beat or under the music."""
    gives_beat = settings.beats != "dance" and not settings.taps_s
    if clip.sound_problem and (gives_beat or settings.original > 0):
        yield clip.sound_problem
    elif settings.original > 0 and not clip.has_audio:
        yield "The clip has no sound of its own, so only the music is heard."
