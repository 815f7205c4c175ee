"""Playing published weights: segments of two seconds, generated apart and joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from d2m.audio.stitching import join, segment_starts
from d2m.checkpoints import (
    CHECKPOINTS,
    Family,
    load_i3d,
    load_published,
    load_published_codec,
)
from d2m.core.levels import LEVELS, SAMPLE_RATE, Level
from d2m.core.progress import Progress, timed
from d2m.core.styles import STYLES, Style
from d2m.generation.soundtrack import Music
from d2m.generation.zerogpu import generate_alone, gpu_is_lent, lent
from d2m.media.clip import read_frames
from d2m.perception.clip_analysis import ClipAnalysis
from d2m.perception.d2mgan_motion import aist_motion, segments_of, tiktok_motion
from d2m.perception.dance import Dance
from d2m.perception.i3d_features import sample_segments, visual_vectors

if TYPE_CHECKING:
    from d2m.generation.segments import SegmentNetworks

SEGMENT_S = 2.0
"""Length of dance that the published weights make one segment of music for (s)."""
GRID = max(level.hop_length for level in LEVELS.values())
"""Segments begin on multiples of this (samples): the same codes then give waves in phase."""
VISUAL_FPS = 30.0
"""Rate (Hz) at which the frames are picked that I3D sees."""


class D2MGANModel:
    """Plays published weights, and keeps their networks for the next time.

    Parameters
    ----------
    checkpoints
        Folder of the weights.
    bf16
        Whether to run the generator in bfloat16 where there is a GPU.
    """

    def __init__(self, checkpoints: Path = CHECKPOINTS, *, bf16: bool = False) -> None:
        self._checkpoints = checkpoints
        self._bf16 = bf16
        self._networks: dict[tuple[str, str], SegmentNetworks] = {}
        # Both levels read the same pictures.
        self._looks: WeakKeyDictionary[ClipAnalysis, NDArray[np.float32]] = WeakKeyDictionary()

    def play(
        self,
        family: Family,
        level: Level,
        dance: Dance,
        *,
        style: Style,
        seconds: dict[str, float],
        tell: Progress,
    ) -> Music:
        """Play a family's weights to a dance.

        Parameters
        ----------
        family, level
            Which weights; they must be installed.
        dance
            What was seen.
        style
            Its genre, for weights that know genres.
        seconds
            Takes the time (s) of each stage.
        tell
            Told of the stage.

        Raises
        ------
        CheckpointError
            If a file is missing or damaged.
        """
        stage = f"Making the music ({level.name})"
        starts = np.round(segment_starts(dance.clip.duration_s, SEGMENT_S) * SAMPLE_RATE / GRID)
        starts = starts.astype(np.int64) * GRID
        starts_s = starts / SAMPLE_RATE
        with timed(seconds, "look"):
            visual = self._look(dance, starts_s, tell)
        motion = motion_segments(family, dance, starts_s)
        genre = list(STYLES).index(style.name) if family.genres else None
        tell(stage, 0.0)
        if gpu_is_lent():
            with timed(seconds, "generate"):
                codes, pieces = lent(generate_alone)(
                    self._checkpoints, family.name, level.name, motion, visual, genre, self._bf16
                )
        else:
            with timed(seconds, "load"):
                networks = self._loaded(family, level)
            with timed(seconds, "generate"):
                codes, pieces = self._generate(networks, motion, visual, genre, stage, tell)
        with timed(seconds, "join"):
            n_samples = round(dance.clip.duration_s * SAMPLE_RATE)
            audio = join(pieces, starts, n_samples)
        return Music(audio=audio, codes=codes)

    def _generate(
        self,
        networks: SegmentNetworks,
        motion: NDArray[np.float32],
        visual: NDArray[np.float32],
        genre: int | None,
        stage: str,
        tell: Progress,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        from d2m.generation.segments import generate_segments

        return generate_segments(
            networks,
            motion=motion,
            visual=visual,
            genre=genre,
            bf16=self._bf16,
            progress=lambda share: tell(stage, 0.6 * share),
        )

    def _look(
        self, dance: Dance, starts_s: NDArray[np.float64], tell: Progress
    ) -> NDArray[np.float32]:
        """Return the I3D vector (S, 2048) of each segment."""
        if dance.sighting not in self._looks:
            tell("Looking at the scene", 0.0)
            network = load_i3d(self._checkpoints)
            frames = read_frames(dance.video, fps=min(VISUAL_FPS, dance.clip.fps))
            segments = sample_segments(frames, starts_s, SEGMENT_S)
            self._looks[dance.sighting] = visual_vectors(network, segments, progress=tell)
        return self._looks[dance.sighting]

    def _loaded(self, family: Family, level: Level) -> SegmentNetworks:
        from d2m.generation.segments import SegmentNetworks

        key = (family.name, level.name)
        if key not in self._networks:
            encoder, generator = load_published(family.name, level, self._checkpoints)
            codec = load_published_codec(level, self._checkpoints)
            self._networks[key] = SegmentNetworks.prepared(encoder, generator, codec, level)
        return self._networks[key]


def motion_segments(
    family: Family, dance: Dance, starts_s: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the motion (S, frames, values) that a family's networks read."""
    from d2m.models.d2mgan import DATASETS

    layout, pose = DATASETS[family.name], dance.pose
    if family.name == "aist":
        motion = aist_motion(pose.world, pose.landmarks, pose.fps, out_fps=layout.fps)
    else:
        motion = tiktok_motion(
            pose.landmarks, pose.visibility, pose.fps, height_px=dance.clip.height
        )
    return segments_of(motion, starts_s, layout.fps, layout.frames)
