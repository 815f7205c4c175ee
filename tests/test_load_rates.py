"""Throughput and latency of visitors: the arithmetic, and one small real run."""

from __future__ import annotations

import pytest

from tools.load import Visit
from tools.load_rates import Rates, measure_rates, rates_of


def test_rates_of_visits() -> None:
    visits = [Visit(end="done", done_s=10.0 * number) for number in range(1, 12)]
    visits.append(Visit(end="full"))
    assert rates_of(visits) == Rates(done=11, clips_per_hour=360, median_s=60, p90_s=100)


def test_too_few_results_are_no_rate() -> None:
    with pytest.raises(ValueError, match="only 1 of 2 visitors"):
        rates_of([Visit(end="done", done_s=3.0), Visit(end="failed")])


@pytest.mark.slow
def test_visitors_with_clips_of_their_own_all_get_their_files() -> None:
    rates = measure_rates(2, 3, 2.0)
    assert rates.done == 3
    assert 0 < rates.median_s <= rates.p90_s
