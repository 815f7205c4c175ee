"""Measure the studio version of the music: see `tools/score_figures/__main__.py`."""
