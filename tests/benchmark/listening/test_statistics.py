from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from d2m.benchmark.listening.bradley_terry import measure_preferences
from d2m.benchmark.listening.crossed_bootstrap import (
    crossed_weights,
    percentile_interval,
    resampled_means,
)
from d2m.benchmark.listening.opinion_scores import (
    opinion_differences,
    opinion_scores,
    position_means,
    rating_table,
)
from d2m.benchmark.listening.rater_agreement import (
    INTERVAL,
    ORDINAL,
    intraclass_correlation,
    krippendorff_alpha,
)
from tests.benchmark.listening.simulated_study import answer, simulated_ratings, true_score

NONE = np.nan
KRIPPENDORFF_EXAMPLE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
)
"""Four observers and twelve units: the example with missing data of Krippendorff (2011)."""
SHROUT_FLEISS_EXAMPLE = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], float
)
"""Four judges and six targets: Table 2 of Shrout and Fleiss (1979)."""


def test_alpha_of_the_published_example() -> None:
    assert krippendorff_alpha(KRIPPENDORFF_EXAMPLE, ORDINAL) == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(KRIPPENDORFF_EXAMPLE, INTERVAL) == pytest.approx(0.849, abs=5e-4)


def test_alpha_of_two_raters_by_hand() -> None:
    # Ratings 1-2, 2-2: coincidences 1-2 and 2-1 once each and 2-2 twice; n = 4, n1 = 1, n2 = 3.
    # Observed 2 x 1; expected 2 x (1 x 3) / 3 = 2: alpha = 1 - 2 / 2.
    assert krippendorff_alpha(np.array([[1.0, 2.0], [2.0, 2.0]])) == pytest.approx(0.0)


@pytest.mark.parametrize("scale", [ORDINAL, INTERVAL])
def test_alpha_is_one_for_agreement_and_near_zero_for_chance(scale: str) -> None:
    rng = np.random.default_rng(5)
    agreed = np.tile(rng.integers(1, 6, 200).astype(float), (6, 1))
    assert krippendorff_alpha(agreed, scale) == pytest.approx(1.0)
    random = rng.integers(1, 6, (6, 2000)).astype(float)
    assert abs(krippendorff_alpha(random, scale)) < 0.03


def test_alpha_without_pairs_of_ratings_is_undefined() -> None:
    assert np.isnan(krippendorff_alpha(np.array([[1.0, NONE], [NONE, 2.0]])))
    assert np.isnan(krippendorff_alpha(np.full((3, 4), 2.0)))


def test_intraclass_correlation_of_the_published_example() -> None:
    assert intraclass_correlation(SHROUT_FLEISS_EXAMPLE) == pytest.approx(0.62, abs=5e-3)
    with_gap = SHROUT_FLEISS_EXAMPLE.copy()
    with_gap[1, 2] = NONE
    assert np.isnan(intraclass_correlation(with_gap))


def test_resampled_means_are_those_of_drawn_raters_and_clips() -> None:
    ratings = np.array([[1.0, 2.0, NONE], [4.0, NONE, 5.0]])
    weights = crossed_weights(2, 3, seed=2, resamples=50)
    assert (weights.raters.sum(axis=1) == 2).all()
    assert (weights.clips.sum(axis=1) == 3).all()
    for number, mean in enumerate(resampled_means(ratings, weights)):
        counts = np.outer(weights.raters[number], weights.clips[number]).astype(int)
        drawn = [
            ratings[place]
            for place in np.ndindex(ratings.shape)
            for _ in range(counts[place])
            if np.isfinite(ratings[place])
        ]
        assert mean == pytest.approx(np.mean(drawn)) if drawn else np.isnan(mean)


def test_interval_widens_when_raters_differ() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(3.0, 0.5, (12, 30))
    biased = noise + rng.normal(0.0, 1.0, (12, 1))
    weights = crossed_weights(12, 30)
    widths = []
    for ratings in (noise, biased):
        interval = percentile_interval(resampled_means(ratings, weights))
        assert interval is not None
        widths.append(interval[1] - interval[0])
    as_if_independent = 2 * 1.96 * biased.std() / np.sqrt(biased.size)
    assert widths[1] > 3 * widths[0]
    assert widths[1] > 3 * as_if_independent


def test_scores_are_means_with_their_numbers() -> None:
    answers = [
        answer(0, 0, "a", ("x",), 5),
        answer(0, 1, "b", ("x",), 4),
        answer(1, 0, "a", ("x",), 3),
        answer(1, 1, "a", ("y",), 2),
    ]
    first, second = opinion_scores(rating_table(answers))
    assert (first.system, first.mean, first.raters, first.clips, first.answers) == ("x", 4, 2, 2, 3)
    assert first.deviation == pytest.approx(1.0)
    assert (second.system, second.mean, second.raters, second.clips) == ("y", 2, 1, 1)
    (difference,) = opinion_differences(rating_table(answers))
    assert (difference.first, difference.second, difference.difference) == ("x", "y", 2.0)


@pytest.mark.parametrize("drop", ["rater", "item"])
def test_one_rater_or_one_clip_has_no_interval(drop: str) -> None:
    answers = simulated_ratings({"x": 3.0, "y": 4.0}, 5, 6, np.random.default_rng(0))
    first = getattr(answers[0], drop)
    table = rating_table([one for one in answers if getattr(one, drop) == first])
    assert all(score.interval is None for score in opinion_scores(table))
    assert all(one.interval is None for one in opinion_differences(table))


def test_differences_resample_both_systems_together() -> None:
    rng = np.random.default_rng(4)
    answers = simulated_ratings({"x": 3.0}, 15, 15, rng, rater_sd=0.8, clip_sd=0.5, noise_sd=0.1)
    answers += [replace(one, systems=("y",)) for one in answers]
    (difference,) = opinion_differences(rating_table(answers))
    assert difference.interval == (0.0, 0.0)


def test_a_change_of_scale_shows_in_positions() -> None:
    rng = np.random.default_rng(1)
    answers = [
        replace(one, value=min(5, max(1, one.value + (1 if one.order < 12 else 0))))
        for one in simulated_ratings({"x": 2.5, "y": 3.0}, 10, 12, rng)
    ]
    parts = position_means(answers)
    assert sum(part.answers for part in parts) == len(answers)
    assert (parts[0].first, parts[-1].last) == (1, 24)
    assert parts[0].deviation > 0.2
    assert parts[-1].deviation < -0.2


def _preferences(strengths: dict[str, float], raters: int, clips: int, seed: int) -> list:
    rng = np.random.default_rng(seed)
    names = list(strengths)
    answers = []
    for rater in range(raters):
        for clip in range(clips):
            first, second = rng.choice(len(names), 2, replace=False)
            pair = (names[first], names[second])
            chance = 1.0 / (1.0 + np.exp(strengths[pair[1]] - strengths[pair[0]]))
            value = int(rng.random() > chance)
            answers.append(answer(rater, clip, f"clip{clip:02d}", pair, value))
    return answers


def test_bradley_terry_recovers_known_strengths() -> None:
    truth = {"a": 1.2, "b": 0.4, "c": -0.4, "d": -1.2}
    found = measure_preferences(_preferences(truth, 40, 30, seed=2))
    assert [one.system for one in found.strengths] == ["a", "b", "c", "d"]
    assert (found.raters, found.clips, found.answers) == (40, 30, 1200)
    for one in found.strengths:
        assert one.interval is not None
        assert one.strength == pytest.approx(truth[one.system], abs=0.3)
        assert one.interval[0] < truth[one.system] < one.interval[1]
    assert sum(pair.comparisons for pair in found.pairs) == found.answers
    assert sum(one.wins for one in found.strengths) == found.answers


def test_wins_are_counted_for_the_preferred_system_whatever_the_side() -> None:
    answers = [
        answer(0, 0, "a", ("x", "y"), 0),
        answer(0, 1, "b", ("y", "x"), 1),
        answer(0, 2, "c", ("y", "x"), 0),
    ]
    found = measure_preferences(answers)
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.wins, pair.comparisons) == ("x", "y", 2, 3)
    low, high = pair.share_interval
    assert (low, high) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))
    assert all(one.interval is None for one in found.strengths)


def test_systems_that_never_met_have_no_strengths() -> None:
    answers = [answer(0, 0, "a", ("x", "y"), 0), answer(1, 0, "a", ("v", "w"), 1)]
    found = measure_preferences(answers)
    assert all(one.strength is None for one in found.strengths)
    assert len(found.pairs) == 2


def test_a_system_that_always_wins_has_a_finite_strength() -> None:
    answers = [answer(r, c, f"{c}", ("x", "y"), 0) for r in range(8) for c in range(8)]
    best = measure_preferences(answers).strengths[0]
    assert best.system == "x"
    assert best.strength is not None
    assert np.isfinite(best.strength)


@pytest.mark.slow
def test_intervals_cover_the_truth_in_about_95_percent_of_studies() -> None:
    truth = {"x": 2.6, "y": 3.4}
    spread = float(np.sqrt(0.4**2 + 0.4**2 + 0.8**2))
    scores = {name: true_score(latent, spread) for name, latent in truth.items()}
    covered, differences, studies = 0, 0, 300
    for number in range(studies):
        rng = np.random.default_rng([7, number])
        table = rating_table(simulated_ratings(truth, 15, 12, rng))
        for score in opinion_scores(table, seed=number):
            assert score.interval is not None
            covered += score.interval[0] <= scores[score.system] <= score.interval[1]
        (difference,) = opinion_differences(table, seed=number)
        assert difference.interval is not None
        sign = 1.0 if difference.first == "y" else -1.0
        low, high = difference.interval
        differences += low <= sign * (scores["y"] - scores["x"]) <= high
    assert 0.92 <= covered / (2 * studies) <= 0.98
    # The rest of a difference is noise alone, for which intervals are too wide.
    assert differences / studies >= 0.95
