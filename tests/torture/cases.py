"""All cases."""

from __future__ import annotations

from tests.torture.broken import BOMBS, NOISE, TRUNCATED
from tests.torture.case import Case
from tests.torture.formats import CLOCKS, CODECS, SHAPES
from tests.torture.junk import JUNK, LURES
from tests.torture.limits import LENGTHS, SIZES, SOUNDS
from tests.torture.people import NAMES, PEOPLE

CASES: tuple[Case, ...] = (
    *(*JUNK, *LURES, *TRUNCATED, *NOISE, *BOMBS, *CODECS),
    *(*SHAPES, *CLOCKS, *LENGTHS, *SIZES, *SOUNDS, *PEOPLE, *NAMES),
)
