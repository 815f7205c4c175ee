"""Compare the music that several systems made for the same dance clips."""
