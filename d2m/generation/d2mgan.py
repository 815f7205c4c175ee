"""The published D2M-GAN model: two-second segments, generated separately and crossfaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from d2m.audio.stitching import segment_starts, stitch
from d2m.checkpoints import CHECKPOINTS, load_i3d
from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE, HopLevel
from d2m.core.progress import Progress, silent, timed
from d2m.core.styles import STYLES
from d2m.generation.segments import SegmentGenerator, SegmentNetworks
from d2m.generation.soundtrack import Music
from d2m.media.clip import read_frames
from d2m.models.d2mgan import DATASETS
from d2m.perception.clip_analysis import ClipAnalysis
from d2m.perception.d2mgan_motion import aist_motion, cut_segments, tiktok_motion
from d2m.perception.dance import Dance
from d2m.perception.i3d_features import extract_i3d_features, sample_segments

SEGMENT_S = 2.0
"""Length of the dance that one segment of music is generated for (s), as published."""
START_SAMPLES = max(level.hop_length for level in HOP_LEVELS.values())
"""Segments begin on multiples of this (samples), so equal codes give waves in phase."""
VISUAL_FPS = 30.0
"""Rate at which frames are read for I3D (Hz); eight of each segment are used."""


class SceneEncoder:
    """Computes the I3D features of a clip, and keeps them while its analysis lives.

    Both levels read the same features.

    Parameters
    ----------
    folder
        Checkpoints folder with the I3D weights.
    """

    def __init__(self, folder: Path = CHECKPOINTS) -> None:
        self._folder = folder
        self._features: WeakKeyDictionary[ClipAnalysis, NDArray[np.float32]] = WeakKeyDictionary()

    def encode(
        self, analysis: ClipAnalysis, starts_s: NDArray[np.float64], progress: Progress = silent
    ) -> NDArray[np.float32]:
        """Return the I3D features (S, 2048) of segments that begin at ``starts_s`` (S,) in s.

        Raises
        ------
        CheckpointError
            If the I3D weights are missing or damaged.
        """
        if analysis not in self._features:
            progress("Analysing the scene", 0.0)
            network = load_i3d(self._folder)
            frames = read_frames(analysis.video, fps=min(VISUAL_FPS, analysis.pose.fps))
            segments = sample_segments(frames, starts_s, SEGMENT_S)
            self._features[analysis] = extract_i3d_features(network, segments, progress=progress)
        return self._features[analysis]


class D2MGANModel:
    """The published networks of one data set and level: from a dance to music.

    Parameters
    ----------
    family
        ``"aist"`` or ``"tiktok"``.
    level
        The level of the networks.
    generate_segments
        Runs the networks.
    scene_encoder
        Computes the I3D features; models of both levels may share one.
    """

    def __init__(
        self,
        family: str,
        level: HopLevel,
        generate_segments: SegmentGenerator,
        scene_encoder: SceneEncoder,
    ) -> None:
        self.family = family
        self.level = level
        self._generate_segments = generate_segments
        self._scene_encoder = scene_encoder

    @classmethod
    def from_pretrained(
        cls,
        family: str,
        level: HopLevel,
        *,
        folder: Path = CHECKPOINTS,
        bf16: bool = False,
        scene_encoder: SceneEncoder | None = None,
    ) -> D2MGANModel:
        """Load the installed networks of a family and level.

        Parameters
        ----------
        family, level
            Which networks; ``python -m d2m weights list`` shows which are installed.
        folder
            Checkpoints folder.
        bf16
            Whether to run in bfloat16 where there is a CUDA GPU.
        scene_encoder
            See `D2MGANModel`; a new one by default.

        Raises
        ------
        CheckpointError
            If a file is missing or damaged.
        """
        networks = SegmentNetworks.from_pretrained(family, level, folder=folder)

        def run(
            motion: NDArray[np.float32],
            visual: NDArray[np.float32],
            genre: int | None,
            progress: Callable[[float], None],
        ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
            return networks.generate(motion, visual, genre, progress, bf16=bf16)

        return cls(family, level, run, scene_encoder or SceneEncoder(folder))

    def generate(
        self, conditioning: Dance, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Generate music for a dance.

        Parameters
        ----------
        conditioning
            The dance; its clip is read for the I3D features, its style is the genre.
        seed
            Ignored: the published networks have one answer to a dance.
        progress
            Called with the name of each stage and the share done.

        Returns
        -------
        Music
            As long as the conditioning.
        """
        del seed
        stage = f"Generating music ({self.level.name})"
        seconds: dict[str, float] = {}
        duration_s = conditioning.duration_s
        starts = np.round(segment_starts(duration_s, SEGMENT_S) * SAMPLE_RATE / START_SAMPLES)
        starts = starts.astype(np.int64) * START_SAMPLES
        starts_s = starts / SAMPLE_RATE
        with timed(seconds, "scene"):
            visual = self._scene_encoder.encode(conditioning.analysis, starts_s, progress)
        with timed(seconds, "generate"):
            codes, pieces = self._generate_segments(
                motion_segments(self.family, conditioning, starts_s),
                visual,
                list(STYLES).index(conditioning.style.name)
                if DATASETS[self.family].genres
                else None,
                lambda share: progress(stage, 0.6 * share),
            )
        with timed(seconds, "stitch"):
            audio = stitch(pieces, starts, round(duration_s * SAMPLE_RATE))
        return Music(audio=audio, codes=codes, seconds=seconds)


def motion_segments(
    family: str, dance: Dance, starts_s: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the motion (S, frames, values) that a family's networks read.

    Parameters
    ----------
    family
        ``"aist"`` (SMPL pose and translation) or ``"tiktok"`` (BODY_25 keypoints).
    dance
        Its pose track is converted.
    starts_s : (S,)
        When the segments begin (s).
    """
    layout, pose = DATASETS[family], dance.pose
    if family == "aist":
        motion = aist_motion(pose.world, pose.landmarks, pose.fps, out_fps=layout.fps)
    else:
        motion = tiktok_motion(
            pose.landmarks, pose.visibility, pose.fps, height_px=dance.clip.height
        )
    return cut_segments(motion, starts_s, layout.fps, layout.frames)
