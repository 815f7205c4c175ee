"""Perception of a dance clip: pose, optical flow, rhythm and movement features."""
