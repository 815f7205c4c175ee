import numpy as np
import pytest

from d2m.benchmark.d2mgan_comparison import (
    PUBLISHED_ON_AIST,
    PUBLISHED_ON_TIKTOK,
    comparison_table,
)
from d2m.benchmark.goals import Goal, goals
from d2m.benchmark.metric_table import (
    FIT_METRICS,
    GENERATED,
    ORIGINAL,
    PROCEDURAL_DANCERS,
    SCORE_METRICS,
    SHUFFLED,
)
from d2m.benchmark.results import as_json
from d2m.benchmark.tables import definitions, goals_table, scores_table, uninformative


def test_uninformative_metrics_are_marked(hand_made):
    rows = hand_made.levels["high"].music
    # Coverage is off by 0, 0.3 and 0 in shuffled music: mean 0.1, standard error 0.1.
    assert [metric.key for metric in uninformative(SCORE_METRICS, rows)] == [
        "coverage",
        "hit",
        "loris_coverage",
        "loris_hit",
    ]
    assert [metric.key for metric in uninformative(FIT_METRICS, rows)] == ["accents"]
    head = scores_table(FIT_METRICS, rows).head
    assert head == ("", "pieces", "log-mel L1", "accent ratio †")


def test_without_references_nothing_is_marked(hand_made):
    rows = {GENERATED: hand_made.levels["high"].music[GENERATED]}
    assert uninformative(SCORE_METRICS, rows) == []


def test_rows_follow_the_order_and_have_counts(hand_made):
    rows = hand_made.levels["high"].music
    table = scores_table(FIT_METRICS, rows, (SHUFFLED, "absent", ORIGINAL))
    assert [row[0] for row in table.rows] == [SHUFFLED, ORIGINAL, GENERATED, "random music"]
    assert table.rows[2] == (GENERATED, "3", "0.300 ±0.058", "2.250 ±0.250")


def test_definitions_name_the_better_values():
    texts = definitions(SCORE_METRICS)
    assert texts[0].startswith("coverage: beats coverage as in D2M-GAN")
    assert texts[0].endswith("(100 % is best).")
    assert texts[1].endswith("(higher is better).")


@pytest.mark.parametrize(
    ("limits", "value", "reached", "ratio", "target"),
    [
        ({"high": 0.22}, 0.22, True, 1.0, "at most 0.22"),
        ({"high": 0.22}, 0.224, True, 0.224 / 0.22, "at most 0.22"),
        ({"high": 0.22}, 0.226, False, 0.226 / 0.22, "at most 0.22"),
        ({"low": 2.0}, 1.5, False, 0.75, "at least 2.00"),
        ({"low": 0.97, "high": 1.03}, 1.0, True, 1.0 / 0.97, "0.97 to 1.03"),
        ({"low": 0.97, "high": 1.03}, 1.2, False, 1.2 / 1.03, "0.97 to 1.03"),
        ({"low": 0.97, "high": 1.03}, 0.9, False, 0.9 / 0.97, "0.97 to 1.03"),
    ],
)
def test_a_goal(limits, value, reached, ratio, target):
    goal = Goal(title="t", level="high", value=value, **limits)
    assert goal.reached == reached
    assert goal.ratio == pytest.approx(ratio, rel=0.07)
    assert goal.target == target


def test_goals_use_the_results(hand_made):
    found = {goal.title: goal for goal in goals(hand_made)}
    assert found["codec: log-mel L1, unseen songs"].value == pytest.approx(0.21)
    assert found["codec: log-mel L1, unseen songs"].reached
    assert not found["codec: spectral convergence, unseen songs"].reached
    assert not found["generator: log-mel L1 relative to the codec"].reached
    assert found["dance zeroed: increase of log-mel L1"].reached
    assert found["beat F, held-out pieces (true beats)"].value == pytest.approx(0.9)
    assert not found["beat F, dancers (true beats)"].reached
    assert found["accent ratio"].value == 2.25
    assert not found["coverage (D2M-GAN)"].reached  # 106.7 %
    assert not found["hit (D2M-GAN)"].reached
    assert found["genre accuracy, 2 s segments"].reached
    assert found["time for 10 s of music, 2 threads"].reached
    assert found["size of the weights"].value == 2.0


def test_beats_of_procedural_dancers_are_no_goal(hand_made):
    (rows,) = hand_made.levels["high"].dances.values()
    hand_made.levels["high"].dances[PROCEDURAL_DANCERS] = rows
    titles = [goal.title for goal in goals(hand_made)]
    assert "beat F, dancers (true beats)" in titles
    assert not any("procedural" in title for title in titles)


def test_goals_without_a_value_are_left_out(hand_made):
    hand_made.levels["high"].figures.pop("speed_s")
    assert not any("time" in goal.title for goal in goals(hand_made))


def test_goals_as_a_table(hand_made):
    table = goals_table(goals(hand_made))
    assert table.rows[0] == (
        "codec: log-mel L1, unseen songs",
        "high",
        "0.21",
        "at most 0.22",
        "reached",
    )
    assert table.rows[-1] == (
        "size of the weights",
        "all",
        "2.00 MB",
        "at most 25.00 MB",
        "reached",
    )


def test_published_scores_come_before_ours(hand_made):
    table = comparison_table(hand_made)
    assert table.rows[: len(PUBLISHED_ON_AIST)][-1] == (
        "published, AIST++: D2M-GAN, low",
        "92.3",
        "91.7",
        "26.7",
    )
    ours = table.rows[len(PUBLISHED_ON_AIST) + len(PUBLISHED_ON_TIKTOK) :]
    assert ours[0] == ("ours, held-out pieces: high", "106.7", "90.0", "60.0")
    assert [row[0] for row in ours[1:]] == [ORIGINAL, SHUFFLED]


def test_numbers_as_json(hand_made):
    levels = as_json(hand_made)["levels"]["high"]
    assert levels["music"][GENERATED]["mel_l1"] == {
        "mean": 0.3,
        "standard_error": 0.05774,
        "pieces": 3,
    }
    assert levels["music"][GENERATED]["accents"]["pieces"] == 2
    hand_made.levels["high"].music["empty"] = {"accents": np.array([np.nan])}
    assert as_json(hand_made)["levels"]["high"]["music"]["empty"] == {}
