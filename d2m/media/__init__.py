"""Video and audio files: probe, decode, write, join."""
