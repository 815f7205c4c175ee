"""Pictures of a soundtrack: its beats beside the dance's, and its spectrogram.

Letters are large, because the pictures are mostly seen at the width of a phone.
"""

from __future__ import annotations

from d2m.media.beats import LIGHT
from d2m.plots.beats import beat_plot
from d2m.plots.sound import spectrogram

DANCE_COLOUR, MUSIC_COLOUR, MATCH_COLOUR = LIGHT.dance, LIGHT.music, LIGHT.match

__all__ = [
    "DANCE_COLOUR",
    "MATCH_COLOUR",
    "MUSIC_COLOUR",
    "beat_plot",
    "spectrogram",
]
