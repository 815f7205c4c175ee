"""Video and audio files: open them safely, probe, decode, encode and write them."""
