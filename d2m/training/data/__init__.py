"""Training data: dances with known beats, songs arranged for them, and crops of the result."""
