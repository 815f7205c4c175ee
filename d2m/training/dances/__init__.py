"""Paired motion: dances whose beats are known, made or loaded."""

from d2m.training.dances.dance import Dance, view, warp_to_beats
from d2m.training.dances.mocap import load_aist, load_cmu
from d2m.training.dances.procedural import procedural_dance

__all__ = ["Dance", "load_aist", "load_cmu", "procedural_dance", "view", "warp_to_beats"]
