"""Paired motion: dances whose beats are known, made or loaded."""

from d2m.training.data.dances.dance import AnnotatedDance, view, warp_to_beats
from d2m.training.data.dances.mocap import load_aist, load_cmu
from d2m.training.data.dances.procedural import procedural_dance

__all__ = ["AnnotatedDance", "load_aist", "load_cmu", "procedural_dance", "view", "warp_to_beats"]
