"""Conditions that people's clips come in: how such a clip is made, and what has to come out."""
