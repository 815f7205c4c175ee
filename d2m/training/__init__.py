"""Songs, dances and the training of the bundled weights."""
