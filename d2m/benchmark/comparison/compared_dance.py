"""The dances of a comparison: their beats and events, which music is scored against."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.comparison.dance_files import (
    DANCE_FILE_ENDING,
    read_dance_file,
    with_beats,
)
from d2m.benchmark.level_music import ACCENTED_STEP
from d2m.benchmark.real_beats import MIN_TRUE_BEATS, TrueBeats, median_tempo
from d2m.choreography.kinematic_beats import resample_joints
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.metrics.kinematic_scores import ALIGNMENT_FPS, beats_inside, speed_minima
from d2m.perception.conditioning import Conditioning, condition
from d2m.perception.dance import Dance
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.pipeline import DanceToMusic

FloatArray = NDArray[np.float64]

ANNOTATED, FROM_MOVEMENT = "annotated", "estimated from movement"
FROM_SOUND, NO_RHYTHM = "of the clip's sound", "no rhythm was found"
_AIST_NAME = re.compile(r"g([A-Z]{2})_")  # as in gBR_sBM_cAll_d04_mBR0_ch01


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedDance:
    """What music is compared with.

    Parameters
    ----------
    name
        Name of the clip.
    duration_s
        Its length (s).
    truth
        Its beats; None if no rhythm was found.
    beats_origin
        Where they come from: `ANNOTATED`, `FROM_MOVEMENT`, `FROM_SOUND` or `NO_RHYTHM`.
    hits_s : (H,)
        Hits of the dancer (s).
    kinematic_s : (K,)
        Kinematic beats of the Beat Alignment Score (s): minima of the speed.
    accents_s, other_steps_s : (A,), (B,)
        16th steps (s) with an accent of the movement, and all others; empty without a rhythm.
    genre
        Name of the genre; empty if unknown.
    video
        A small copy of the clip for players, if the dance is a video.
    own_music
        File of the clip's own sound, if it has one.
    """

    name: str
    duration_s: float
    truth: TrueBeats | None
    beats_origin: str
    hits_s: FloatArray
    kinematic_s: FloatArray
    accents_s: FloatArray
    other_steps_s: FloatArray
    genre: str = ""
    video: Path | None = None
    own_music: Path | None = None

    @property
    def beats_s(self) -> FloatArray:
        """The beats (s); empty if no rhythm was found."""
        return np.zeros(0) if self.truth is None else self.truth.beats_s


def read_compared_dance(
    path: Path, pipeline: DanceToMusic, annotated: TrueBeats | None
) -> ComparedDance:
    """Read a clip or a dance file, and find its beats and events.

    Parameters
    ----------
    path
        The file.
    pipeline
        Analyses clips.
    annotated
        Beats of the clip, if they are known from elsewhere; they come before those in a file.

    Raises
    ------
    D2MError
        If the file can't be read, or no dancer is found.
    """
    if path.suffix.lower() != DANCE_FILE_ENDING:
        return _from_video(path, pipeline, annotated)
    found = read_dance_file(path)
    measured = condition(found.keypoints, found.fps, settings=Settings())
    if annotated is None and len(found.beats_s):
        annotated = TrueBeats(
            title=path.stem, tempo_bpm=median_tempo(found.beats_s), beats_s=found.beats_s
        )
        measured = with_beats(measured, found.beats_s, found.downbeats_s)
    elif annotated is not None:
        measured = with_beats(measured, annotated.beats_s, np.zeros(0))
    return _compared(path.stem, measured, annotated, found.genre)


def _from_video(path: Path, pipeline: DanceToMusic, annotated: TrueBeats | None) -> ComparedDance:
    dance = pipeline.perceive(path, Settings())
    measured: Conditioning = dance
    if annotated is not None:
        measured = with_beats(dance, annotated.beats_s, np.zeros(0))
    compared = _compared(path.stem, measured, annotated, _genre_in_name(path.stem))
    return replace(compared, video=dance.video, own_music=dance.own_sound)


def _compared(
    name: str, dance: Conditioning, annotated: TrueBeats | None, genre: str
) -> ComparedDance:
    assert dance.keypoints is not None
    truth, origin = annotated, ANNOTATED
    if truth is None:
        truth, origin = _estimated(name, dance)
    joints = resample_joints(dance.keypoints, dance.fps, ALIGNMENT_FPS)
    accents_s = others_s = np.zeros(0)
    if truth is not None:
        steps_s = dance.grid.times[:-1]
        accented = dance.features[:, MOVEMENT_FEATURES.index("accent")] >= ACCENTED_STEP
        inside = (steps_s >= 0) & (steps_s <= dance.duration_s)
        accents_s, others_s = steps_s[inside & accented], steps_s[inside & ~accented]
    return ComparedDance(
        name=name,
        duration_s=dance.duration_s,
        truth=truth,
        beats_origin=origin,
        hits_s=dance.events.hits_s,
        kinematic_s=beats_inside(speed_minima(joints), dance.duration_s),
        accents_s=accents_s,
        other_steps_s=others_s,
        genre=genre,
    )


def _estimated(name: str, dance: Conditioning) -> tuple[TrueBeats | None, str]:
    """Return the beats that the program finds, and where they come from."""
    rhythm = dance.rhythm
    if not rhythm.is_found or len(rhythm.beats_s) < MIN_TRUE_BEATS:
        return None, NO_RHYTHM
    truth = TrueBeats(title=name, tempo_bpm=rhythm.tempo_bpm, beats_s=rhythm.beats_s)
    is_heard = isinstance(dance, Dance) and rhythm.clock == "sound"
    return truth, FROM_SOUND if is_heard else FROM_MOVEMENT


def _genre_in_name(stem: str) -> str:
    """Return the genre in a file name of AIST; empty without one."""
    found = _AIST_NAME.match(stem)
    codes = {style.aist_code: style.name for style in STYLES.values()}
    return codes.get(found[1], "") if found else ""
