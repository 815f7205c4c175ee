"""Measure the levels high and low: their codecs, their generators, and both together."""
