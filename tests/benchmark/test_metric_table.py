import numpy as np
import pytest

from d2m.benchmark.metric_table import (
    BEAT_METRICS,
    CHANGE_METRICS,
    CODEC_METRICS,
    DANCE_METRICS,
    FIT_METRICS,
    GENRE_METRICS,
    SCORE_METRICS,
    Metric,
    finite_mean,
    separates,
    standard_error,
)


def metric(better, percent=False):
    return Metric(key="k", title="t", definition="d", better=better, percent=percent)


def test_the_standard_error_of_the_mean():
    # Deviation of 1, 2, 3 is 1, over the root of 3.
    assert standard_error(np.array([1.0, 2.0, 3.0])) == pytest.approx(1 / np.sqrt(3))
    assert np.isnan(standard_error(np.array([1.0])))


def test_means_ignore_nan():
    assert finite_mean(np.array([1.0, np.nan, 3.0])) == 2.0
    assert np.isnan(finite_mean(np.array([np.nan])))


@pytest.mark.parametrize(
    ("percent", "values", "text"),
    [
        (False, [0.1, 0.2, 0.3], "0.200 ±0.058"),
        (True, [0.1, 0.2, 0.3, np.nan], "20.0 ±5.8 %"),
        (True, [0.5], "50.0 %"),
        (False, [np.nan], "–"),
        (False, [], "–"),
    ],
)
def test_values_as_text(percent, values, text):
    assert metric("lower", percent).as_text(np.array(values)) == text


@pytest.mark.parametrize(
    ("better", "original", "shuffled", "expected"),
    [
        # Differences 0.3, 0.5, 0.4: mean 0.4, standard error 0.058.
        ("higher", [0.9, 0.9, 0.9], [0.6, 0.4, 0.5], True),
        ("lower", [0.6, 0.4, 0.5], [0.9, 0.9, 0.9], True),
        ("lower", [0.9, 0.9, 0.9], [0.6, 0.4, 0.5], False),
        # Differences 0.3, -0.1, 0.1: mean 0.1 is 0.87 standard errors of 0.115.
        ("higher", [0.9, 0.5, 0.6], [0.6, 0.6, 0.5], False),
        # Differences 0.3, 0.1, 0.0: mean 0.133 is 1.5 standard errors of 0.088.
        ("higher", [0.9, 0.7, 0.6], [0.6, 0.6, 0.6], False),
        # Values above and below 1 are errors: 0.2, 0.3, 0.2 against none.
        ("one", [1.0, 1.0, 1.0], [1.2, 0.7, 0.8], True),
        ("one", [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], False),
        ("higher", [0.9], [0.1], False),
        ("higher", [0.9, 0.9, np.nan], [0.1, 0.2, 0.9], True),
    ],
)
def test_a_metric_separates_by_two_standard_errors(better, original, shuffled, expected):
    assert separates(metric(better), np.array(original), np.array(shuffled)) == expected


def test_each_key_has_one_title():
    groups = (
        CODEC_METRICS,
        FIT_METRICS,
        SCORE_METRICS,
        GENRE_METRICS,
        CHANGE_METRICS,
        DANCE_METRICS,
    )
    titles: dict[str, str] = {}
    for one in (one for group in groups for one in group):
        assert titles.setdefault(one.key, one.title) == one.title
    assert set(BEAT_METRICS) < set(DANCE_METRICS)
