"""Training data: the corpus of songs, excerpts of it, and the dances it is played for."""
