"""A chain of dance units: from movements to poses, each unit from where the last one ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.choreography.dance_units import UNIT_POSES, place_unit
from d2m.choreography.joints import N_JOINTS, hip_middle
from d2m.choreography.movement_gan import NOISE_VALUES, DanceComposer, MovementGanConfig
from d2m.choreography.stored_network import stored_network
from d2m.choreography.unit_vae import UnitVae, UnitVaeConfig

FloatArray = NDArray[np.float64]

UNITS_FILE = "dance/units.safetensors"
"""File of DU-VAE in a checkpoints folder."""
MOVEMENTS_FILES = {
    "full": "dance/movements.safetensors",
    "no-composition": "dance/movements_alone.safetensors",
}
"""File of MM-GAN in a checkpoints folder, by the method that uses it."""
SONG_FORMS = ("AABA", "ABAB", "AABB", "ABAC", "AABC")
"""Forms of a song of four phrases: the same letter is danced to the same noise. Chosen by hand:
dances repeat themselves as songs do."""
REPEATED_NOISE = 0.25
"""Share of new noise in a phrase that comes back. Chosen by hand."""


class UnitChain:
    """Composes movements and dances them (Eq. 11).

    Parameters
    ----------
    vae
        DU-VAE.
    composer
        MM-GAN's part that composes.
    """

    def __init__(self, vae: UnitVae, composer: DanceComposer) -> None:
        self._vae, self._composer = vae.eval(), composer.eval()

    @classmethod
    def from_pretrained(cls, method: str, folder: Path) -> UnitChain:
        """Load the networks of a method of `MOVEMENTS_FILES` from a checkpoints folder.

        Raises
        ------
        CheckpointError
            If a file is missing, damaged, or of another network.
        """
        return cls(
            stored_network(UnitVae, UnitVaeConfig, folder / UNITS_FILE),
            stored_network(DanceComposer, MovementGanConfig, folder / MOVEMENTS_FILES[method]),
        )

    @torch.inference_mode()
    def dance(
        self,
        style: NDArray[np.float32],
        units: int,
        *,
        seed: int,
        start_pose: FloatArray | None = None,
    ) -> FloatArray:
        """Return a dance of a number of units.

        Parameters
        ----------
        style : (12,)
            Shares of the styles.
        units
            Number of units.
        seed
            Seed of all noise.
        start_pose : (14, 3)
            Pose to start from; by default one from the prior.

        Returns
        -------
        (31 * units + 1, 14, 3)
            Joints in torso lengths at 15 fps, four beats a unit; the first pose is on a beat.
        """
        random = torch.Generator().manual_seed(seed)
        movements = self._movements(torch.from_numpy(style)[None], units, random)
        if start_pose is None:
            initial = torch.randn(1, self._vae.config.initial, generator=random)
            place = np.zeros(3)
        else:
            placed = place_unit(start_pose[None])
            initial = self._initial(placed[0])
            place = hip_middle(start_pose) * [1, 0, 1]
        poses: list[FloatArray] = []
        for movement in movements:
            unit = self._vae.decode(initial, movement[None])[0]
            joints = unit.view(UNIT_POSES, N_JOINTS, 3).numpy().astype(float)
            joints = joints - hip_middle(joints[0]) * [1, 0, 1] + place
            poses.append(joints[:-1])
            place = hip_middle(joints[-1]) * [1, 0, 1]
            initial = self._initial(place_unit(joints[-1:])[0])
        return np.concatenate([*poses, joints[-1:]])

    def _initial(self, pose: FloatArray) -> Tensor:
        """Return z_ini (1, I) of a pose (14, 3) above the origin."""
        flat = torch.from_numpy(pose.reshape(1, -1).astype(np.float32))
        return self._vae.encode_initial(flat).mean

    def _movements(self, style: Tensor, units: int, random: torch.Generator) -> Tensor:
        """Return the movements (units, M) of a dance, phrase after phrase."""
        length = self._composer.config.units
        forms: list[str] = []
        while len(forms) * length < units:
            chosen = int(torch.randint(len(SONG_FORMS), (1,), generator=random))
            forms += SONG_FORMS[chosen]
        noises: dict[str, Tensor] = {}
        phrases = []
        for letter in forms[: -(-units // length)]:
            fresh = torch.randn(1, NOISE_VALUES, generator=random)
            known = noises.setdefault(letter, fresh)
            if known is not fresh and length > 1:
                fresh = (1 - REPEATED_NOISE**2) ** 0.5 * known + REPEATED_NOISE * fresh
            phrases.append(self._composer.compose(style, fresh)[0])
        return torch.cat(phrases)[:units]
