"""Metrics of generated music: beats, accents, codec quality, genre and diversity.

Every module states its conventions first. The functions are pure: they take arrays, check
them, and return numbers.
"""
