"""The sixty eight-bar loops that the bundled networks learned, and how they are rendered.

The networks know these loops by number, so the loops stay as they are until the networks are
trained on the scores of `d2m.score`.
"""
