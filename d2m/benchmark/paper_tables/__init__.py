"""The tables of the D2M-GAN paper, on data in its published layout."""
