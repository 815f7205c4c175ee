"""Read recorded dances from the files of common pose formats."""

from d2m.training.data.pose_files.own_motions import load_own_motions
from d2m.training.data.pose_files.read_poses import read_poses
from d2m.training.data.pose_files.recorded_motion import RecordedMotion

__all__ = ["RecordedMotion", "load_own_motions", "read_poses"]
