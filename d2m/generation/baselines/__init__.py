"""Baselines: music for dances by other methods, and music for no dance, for comparison."""
