"""Analyse a clip: a small copy, the dancer's pose, optical flow, beats of the sound.

This is the slow part of perception. It depends only on the clip, so its result is cached.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import PoseError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.person_areas import PersonArea
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.media.audio_file import read_audio
from d2m.media.clip import ClipInfo, ClipLimits, read_frames
from d2m.media.full_quality import ClipFiles, split_clip
from d2m.perception.beat_clock import missing_sound
from d2m.perception.clip_reading import POSE_FPS, READING, ClipReader, ClipReading
from d2m.perception.clip_warnings import find_clip_warnings
from d2m.perception.dancers import Dancers, follow_people, followed_numbers, solo_dancer
from d2m.perception.people import People
from d2m.perception.pose import PoseTrack
from d2m.perception.sound_beats import SoundBeats, track_sound_beats

__all__ = ["POSE_FPS", "ClipAnalysis", "analyse_clip"]

POSE_SIDE = 640
"""Longest side of the frames that the pose network reads (px); chosen by hand."""
LEAST_COVERAGE = 0.1
"""Share of frames with a person (0 to 1) under which the clip has no dancer; chosen by hand."""
LONG_S = 20.0
"""Clips longer than this (s) have no dancer if nobody is seen in the frames that are searched for
several people. Chosen by hand."""
NO_DANCER = (
    "No dancer was found in the clip: a person should be visible from head to foot in most of "
    "it; try a brighter or closer clip."
)
_ANALYSIS, _STRIP = "analysis.npz", "strip.jpg"
_TRACKING_ALL = "Tracking each of several people"
_POSE_ARRAYS = ("landmarks", "world", "visibility", "found")
_SOUND_ARRAYS = ("beats_s", "downbeats_s", "strengths")
_SOUND_FACTS = ("has_beat", "confidence", "tempo_bpm", "reason")


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipAnalysis:
    """The result of analysing a clip, independent of its rhythm.

    Parameters
    ----------
    clip
        Facts of the clip's picture in full quality, as it is in the result, and of its sound.
    video
        The small copy that is analysed: silent upright H.264 at a constant frame rate.
    pose
        The dancer's landmarks, frame by frame.
    directogram : (F, 8)
        Optical flow by direction, at the rate of the pose.
    sound
        Beats of the clip's own sound.
    people
        Where each person of the clip is, and who is followed.
    companions
        Tracks of the others who are followed, where all are.
    warnings
        Sentences about what may make the music fit less well.
    picture_sentence
        What was done to the clip's picture, for people: copied, or encoded, and why.
    strip_text
        Description of the pose strip beside the copy, in words.
    strip_areas
        Where each person is in that strip, if there are several.
    seconds
        Time that each stage took (s).
    cached_by
        The cache entry that keeps the copy on the disk while this object lives.
    """

    clip: ClipInfo
    video: Path
    pose: PoseTrack
    directogram: NDArray[np.float64]
    sound: SoundBeats
    people: People = field(default_factory=People)
    companions: tuple[PoseTrack, ...] = ()
    warnings: tuple[str, ...] = ()
    picture_sentence: str = ""
    strip_text: str = ""
    strip_areas: tuple[PersonArea, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    cached_by: object = None

    @property
    def files(self) -> ClipFiles:
        """The files that the clip was split into: small copy, picture in full quality, sound."""
        return ClipFiles(folder=self.video.parent)

    @property
    def strip(self) -> Path:
        """Path of the pose strip (JPEG): frames of the clip with the tracked skeleton."""
        return self.video.with_name(_STRIP)

    def save(self) -> None:
        """Write the analysis beside the copy, for `load`."""
        facts = {
            "clip": asdict(self.clip),
            "fps": self.pose.fps,
            "warnings": self.warnings,
            "picture_sentence": self.picture_sentence,
            "sound": {name: getattr(self.sound, name) for name in _SOUND_FACTS},
            "strip_text": self.strip_text,
            "strip_areas": [asdict(area) for area in self.strip_areas],
            "followed": self.people.followed,
        }
        arrays: dict[str, Any] = {
            name: np.stack([getattr(track, name) for track in (self.pose, *self.companions)])
            for name in _POSE_ARRAYS
        }
        arrays |= {name: getattr(self.sound, name) for name in _SOUND_ARRAYS}
        arrays |= {"people_times_s": self.people.times_s, "people_boxes": self.people.boxes}
        path = self.video.with_name(_ANALYSIS)
        np.savez(path, directogram=self.directogram, facts=json.dumps(facts), **arrays)

    @staticmethod
    def video_in(folder: Path) -> Path:
        """Return where the small copy is in the folder of an analysis."""
        return ClipFiles(folder=folder).copy

    @classmethod
    def load(cls, folder: Path, cached_by: object = None) -> ClipAnalysis:
        """Read the analysis that `save` wrote into a folder."""
        with np.load(folder / _ANALYSIS, allow_pickle=False) as stored:
            arrays = dict(stored)
        facts = json.loads(str(arrays.pop("facts")))
        sound = {name: arrays.pop(name) for name in _SOUND_ARRAYS} | facts["sound"]
        people = People(
            times_s=arrays.pop("people_times_s"),
            boxes=arrays.pop("people_boxes"),
            followed=tuple(facts["followed"]),
        )
        tracks = [
            PoseTrack(fps=facts["fps"], **dict(zip(_POSE_ARRAYS, track, strict=True)))
            for track in zip(*(arrays.pop(name) for name in _POSE_ARRAYS), strict=True)
        ]
        return cls(
            clip=ClipInfo(**facts["clip"]),
            video=cls.video_in(folder),
            directogram=arrays.pop("directogram"),
            sound=SoundBeats(**sound),
            people=people,
            pose=tracks[0],
            companions=tuple(tracks[1:]),
            warnings=tuple(facts["warnings"]),
            picture_sentence=facts["picture_sentence"],
            strip_text=facts["strip_text"],
            strip_areas=tuple(PersonArea(**area) for area in facts["strip_areas"]),
            cached_by=cached_by,
        )


def analyse_clip(
    clip: Path,
    folder: Path,
    *,
    limits: ClipLimits,
    settings: Settings,
    progress: Progress = silent,
) -> ClipAnalysis:
    """Split a clip into a small copy, its picture and its sound, and track its dancer.

    Parameters
    ----------
    clip
        Video file.
    folder
        Where these files go.
    limits
        Which clips are accepted.
    settings
        Their part of the clip (start and length) and their choice of the dancer are used.
    progress
        Called with the name of each stage and the share done.

    Raises
    ------
    VideoError
        If the file is not a video, or outside the limits.
    PoseError
        If no person is visible in it.
    SettingsError
        If there is nobody with the chosen number.
    """
    seconds: dict[str, float] = {}
    files = ClipFiles(folder=folder)
    progress(READING, 0.0)
    with ClipReader(progress) as reader:
        with timed(seconds, "copy"):
            split = split_clip(
                clip,
                files,
                limits=limits,
                start_s=settings.start_s,
                length_s=settings.length_s,
                progress=reader.report,
                viewer=reader,
            )
        with timed(seconds, "pose"):
            reading = reader.finish()
    with timed(seconds, "people"):
        dancers = _dancers(reading, files.copy, split.copy, settings.dancer, progress)
        pose, *companions = dancers.tracks
    with timed(seconds, "sound"):
        sound = _sound_beats(files.sound, split.picture, progress)
    with timed(seconds, "warnings"):
        progress("Checking the picture", 0.0)
        warnings = tuple(find_clip_warnings(reading.samples, pose, dancers.people))
    return ClipAnalysis(
        clip=split.picture,
        video=files.copy,
        pose=pose,
        directogram=reading.directogram,
        sound=sound,
        people=dancers.people,
        companions=tuple(companions),
        warnings=warnings,
        picture_sentence=split.picture_sentence,
        seconds=seconds,
    )


def _sound_beats(sound: Path, info: ClipInfo, progress: Progress) -> SoundBeats:
    if not info.has_audio:
        return SoundBeats(reason=missing_sound(info))
    progress("Finding the beat of the sound", 0.0)
    return track_sound_beats(read_audio(sound, SAMPLE_RATE), SAMPLE_RATE)


def _dancers(
    reading: ClipReading, video: Path, info: ClipInfo, dancer: str, progress: Progress
) -> Dancers:
    """Return the dancer, or track the clip again from the start, if several people are in it."""
    fps, aspect = min(POSE_FPS, info.fps), info.width / info.height
    dancers: Dancers | None = None
    if reading.track is not None:
        is_long = info.duration_s > LONG_S
        if (is_long and not reading.people) or reading.track.coverage < LEAST_COVERAGE:
            raise PoseError(NO_DANCER)
        followed_numbers(dancer, 1)
        return solo_dancer(reading.track, aspect)
    expected = info.frame_count(fps)
    progress(_TRACKING_ALL, 0.0)
    dancers = follow_people(
        read_frames(video, fps=fps, longest_side=POSE_SIDE),
        fps,
        aspect=aspect,
        dancer=dancer,
        progress=lambda done: progress(_TRACKING_ALL, min(1.0, done / expected)),
    )
    if dancers is None or dancers.tracks[0].coverage < LEAST_COVERAGE:
        raise PoseError(NO_DANCER)
    return dancers
