"""Prepare data sets in the folder layout of the published D2M-GAN data."""
