"""The quick part of the table of conditions that people's clips come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.clip_conditions.catalogue import CONDITIONS
from tools.clip_conditions.condition import Condition

MARKS = {one: [pytest.mark.slow] if one.is_slow else [] for one in CONDITIONS}


@pytest.mark.usefixtures("probed_here")
@pytest.mark.parametrize(
    "condition",
    [pytest.param(one, id=f"{one.topic}: {one.name}", marks=marks) for one, marks in MARKS.items()],
)
def test_clip_comes_out_as_expected(condition: Condition, tmp_path: Path) -> None:
    seen = condition.check(tmp_path)
    assert seen.passed, f"expected: {condition.expected}; seen: {seen.text}"
