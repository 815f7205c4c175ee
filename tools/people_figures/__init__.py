"""How well people are counted and followed, on drawn groups whose dancers are known."""
