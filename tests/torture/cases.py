"""All cases of the torture set."""

from __future__ import annotations

from tests.torture.case import Case
from tests.torture.damaged_clips import BOMBS, NOISE, TRUNCATED
from tests.torture.formats import CODECS, SHAPES, TIMESTAMPS
from tests.torture.limits import AUDIO, LENGTHS, SIZES
from tests.torture.not_videos import NOT_VIDEOS, REFERENCES
from tests.torture.people import NAMES, PEOPLE

CASES: tuple[Case, ...] = (
    *(*NOT_VIDEOS, *REFERENCES, *TRUNCATED, *NOISE, *BOMBS, *CODECS),
    *(*SHAPES, *TIMESTAMPS, *LENGTHS, *SIZES, *AUDIO, *PEOPLE, *NAMES),
)
