"""Scores of generated music."""
