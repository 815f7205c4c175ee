"""The networks: codec, generators, discriminator."""
