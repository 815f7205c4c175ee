"""Training of the networks that make dances for music."""
