"""Neural networks: VQ-VAE, generators, discriminator, I3D and VGGish."""
