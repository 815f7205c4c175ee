"""Training data: dances with known beats, music composed for them, and crops of it."""
