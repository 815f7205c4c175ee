"""All conditions, in the order of the table."""

from __future__ import annotations

from tools.clip_conditions.certainty import CERTAINTY
from tools.clip_conditions.colour import COLOUR
from tools.clip_conditions.condition import Condition
from tools.clip_conditions.interlaced import INTERLACED
from tools.clip_conditions.people import PEOPLE
from tools.clip_conditions.quality import QUALITY
from tools.clip_conditions.refusals import REFUSALS
from tools.clip_conditions.streams import STREAMS
from tools.clip_conditions.timing import TIMING

CONDITIONS: tuple[Condition, ...] = (
    *COLOUR,
    *INTERLACED,
    *TIMING,
    *STREAMS,
    *QUALITY,
    *REFUSALS,
    *CERTAINTY,
    *PEOPLE,
)
"""Each topic's module defines its conditions; they are joined here."""
