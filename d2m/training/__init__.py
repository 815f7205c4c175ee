"""Training of the bundled weights and of the networks of D2M-GAN."""
