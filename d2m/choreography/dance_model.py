"""The model of a dance: networks of one method, from a song to the movement of a dancer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.checkpoints import CHECKPOINTS
from d2m.choreography.aud_mocogan import AudMocogan
from d2m.choreography.beat_warper import warp_to_beats
from d2m.choreography.dance_beats import DanceBeats, dance_beats
from d2m.choreography.dance_units import BEATS_OF_UNIT, POSES_PER_BEAT
from d2m.choreography.finish_motion import finish_motion
from d2m.choreography.joints import coco_from_joints14, hip_middle, joints14_from_coco, mirror14
from d2m.choreography.kinematic_beats import UNIT_FPS, resample_joints
from d2m.choreography.lstm_dancer import LstmDancer
from d2m.choreography.music_features import music_features
from d2m.choreography.music_style import MusicStyleClassifier, one_style
from d2m.choreography.song_analysis import SongAnalysis
from d2m.choreography.unit_chain import MOVEMENTS_FILES, UnitChain
from d2m.core.dance_styles import DANCE_STYLES, dance_style_named
from d2m.core.dancer_motion import Motion
from d2m.core.errors import SettingsError
from d2m.core.progress import Progress, silent, timed
from d2m.core.styles import AUTO
from d2m.rendering.draw_dance import DRAWN_FPS

FloatArray = NDArray[np.float64]

DANCE_FPS = float(DRAWN_FPS)
"""Frame rate of generated dances (Hz)."""
USUAL_SHARPNESS = 0.5
"""How much the dancer slows down at beats at energy 1, see `warp_to_beats`. Chosen by hand."""
SURENESS = 3.0
"""Exponent that makes the style vector of an unknown song as sure as those of the songs that the
networks learned from. Chosen by hand."""
LEAST_SIZE = 0.6
"""Size of the movements at energy 0; it grows evenly to 1 at energy 1. Chosen by hand."""
LARGEST_SIZE = 1.25
"""Size of the movements from energy 2 on. Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GeneratedDance:
    """A dance for a song.

    Parameters
    ----------
    motion
        The dancer at `DANCE_FPS`, as long as the song.
    style
        Name of the style: the one chosen, or the likeliest of the song.
    style_scores
        Probability of each style, by name; 1 for a chosen one.
    joins_s
        Times at which dance units are joined (s).
    seconds
        Time that each stage took (s).
    """

    motion: Motion
    style: str
    style_scores: dict[str, float]
    joins_s: FloatArray
    seconds: dict[str, float]


class DanceModel:
    """Networks of one method.

    Parameters
    ----------
    method
        One of the choices of `d2m.core.dance_settings.DanceSettings.method`.
    folder
        Checkpoints folder.

    Raises
    ------
    SettingsError
        If the method is unknown.
    CheckpointError
        If weights are missing, damaged, or of another network.
    """

    def __init__(self, method: str, folder: Path) -> None:
        self._styles = MusicStyleClassifier.from_pretrained(folder)
        self._chain: UnitChain | None = None
        self._lstm: LstmDancer | None = None
        self._mocogan: AudMocogan | None = None
        if method in MOVEMENTS_FILES:
            self._chain = UnitChain.from_pretrained(method, folder)
        elif method == "lstm":
            self._lstm = LstmDancer.from_pretrained(folder)
        elif method == "aud-mocogan":
            self._mocogan = AudMocogan.from_pretrained(folder)
        else:
            known = ", ".join((*MOVEMENTS_FILES, "lstm", "aud-mocogan"))
            raise SettingsError(f"Unknown method {method!r}: choose {known}.")

    @classmethod
    def from_pretrained(cls, method: str = "full", folder: Path = CHECKPOINTS) -> DanceModel:
        """Load the networks of a method from a checkpoints folder, see `DanceModel`."""
        return cls(method, folder)

    def generate(
        self,
        song: SongAnalysis,
        *,
        style: str = AUTO,
        seed: int = 0,
        energy: float = 1.0,
        mirror: bool = False,
        start_pose: FloatArray | None = None,
        progress: Progress = silent,
    ) -> GeneratedDance:
        """Generate a dance for a song.

        Parameters
        ----------
        song
            The song or its part.
        style
            Name of a style, or ``"auto"`` for that of the song.
        seed
            Another seed gives another dance; the LSTM has one answer to a song.
        energy
            0 for small and soft movements, 1 as learned, 2 for large and sharp ones.
        mirror
            Whether left and right are swapped.
        start_pose : (17, 3)
            COCO-17 joints (torso lengths) to start from; the baselines without units ignore it.
        progress
            Called with the stage and the share of it that is done.

        Raises
        ------
        SettingsError
            If the style is unknown.
        """
        seconds: dict[str, float] = {}
        with timed(seconds, "style"):
            features = music_features(song.audio)
            shares = self._styles.style_vector(features) if style == AUTO else _chosen(style)
        sure = shares**SURENESS / np.sum(shares**SURENESS)
        progress("Composing the dance", 0.2)
        beats = dance_beats(song.beats_s, song.downbeats_s, song.duration_s)
        with timed(seconds, "networks"):
            joints = self._joints(
                features, sure, beats, song, seed=seed, energy=energy, start=start_pose
            )
        progress("Matching the dance to the beats", 0.5)
        with timed(seconds, "finish"):
            sized = _sized(joints, energy)
            motion = finish_motion(
                coco_from_joints14(mirror14(sized) if mirror else sized),
                DANCE_FPS,
                np.round(beats.joins_s * DANCE_FPS).astype(int).tolist(),
                beats_s=None if self._chain is None else beats.beats_s,
                downbeats_s=None if self._chain is None else song.downbeats_s,
            )
        return GeneratedDance(
            motion=motion,
            style=list(DANCE_STYLES)[int(shares.argmax())],
            style_scores={
                name: float(share) for name, share in zip(DANCE_STYLES, shares, strict=True)
            },
            joins_s=beats.joins_s,
            seconds=seconds,
        )

    def _joints(
        self,
        features: NDArray[np.float32],
        shares: NDArray[np.float32],
        beats: DanceBeats,
        song: SongAnalysis,
        *,
        seed: int,
        energy: float,
        start: FloatArray | None,
    ) -> FloatArray:
        """Return the joints (F, 14, 3) of a dance at `DANCE_FPS`."""
        if self._chain is not None:
            pose = None if start is None else joints14_from_coco(start)
            # The same seed gives another dance to another song.
            noise = np.random.SeedSequence([seed, len(song.beats_s), beats.units])
            chain = self._chain.dance(
                shares, beats.units, seed=int(noise.generate_state(1)[0]), start_pose=pose
            )
            return warp_to_beats(
                chain,
                np.arange(beats.units * BEATS_OF_UNIT + 1) * POSES_PER_BEAT,
                beats.beats_s,
                duration_s=song.duration_s,
                fps=DANCE_FPS,
                sharpness=min(1.0, USUAL_SHARPNESS * energy),
            )
        if self._lstm is not None:
            joints = self._lstm.dance(features)
        else:
            assert self._mocogan is not None
            joints = self._mocogan.dance(shares, song.beats_s, len(features), seed=seed)
        frames = max(1, round(song.duration_s * DANCE_FPS))
        faster = resample_joints(joints, UNIT_FPS, DANCE_FPS)
        return np.asarray(faster[np.minimum(np.arange(frames), len(faster) - 1)])


def _chosen(style: str) -> NDArray[np.float32]:
    dance_style_named(style)
    return one_style(style)


def _sized(joints: FloatArray, energy: float) -> FloatArray:
    """Return joints (F, 14, 3) whose movement around the hips is as large as the energy says."""
    size = min(LARGEST_SIZE, LEAST_SIZE + (1 - LEAST_SIZE) * energy)
    hips = hip_middle(joints)[:, None]
    around = joints - hips
    usual = around.mean(axis=0)
    return np.asarray(hips + usual + size * (around - usual))
