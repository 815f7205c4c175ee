"""Train the networks of D2M-GAN (Zhu et al., ECCV 2022, Sec. 3 and 4)."""
