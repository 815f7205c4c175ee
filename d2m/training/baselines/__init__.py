"""Training of the baselines of music."""
