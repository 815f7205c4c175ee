import numpy as np
import pytest

from d2m.benchmark.d2mgan_comparison import AIST, TIKTOK, comparison
from d2m.benchmark.goals import Goal, goals
from d2m.benchmark.metric_table import FIT_METRICS, GENERATED, ORIGINAL, SCORE_METRICS, SHUFFLED
from d2m.benchmark.results import as_json
from d2m.benchmark.tables import blind, definitions, goal_grid, score_grid


def test_metrics_that_cannot_tell_are_marked(hand_made):
    rows = hand_made.levels["high"].music
    # Coverage is off by 0, 0.3 and 0 in shuffled music: mean 0.1, standard error 0.1.
    assert [metric.key for metric in blind(SCORE_METRICS, rows)] == [
        "coverage",
        "hit",
        "loris_coverage",
        "loris_hit",
    ]
    assert [metric.key for metric in blind(FIT_METRICS, rows)] == ["accents"]
    head = score_grid(FIT_METRICS, rows).head
    assert head == ("", "pieces", "log-mel L1", "accents †")


def test_without_references_nothing_is_marked(hand_made):
    rows = {GENERATED: hand_made.levels["high"].music[GENERATED]}
    assert blind(SCORE_METRICS, rows) == []


def test_rows_come_in_their_order_with_their_counts(hand_made):
    rows = hand_made.levels["high"].music
    grid = score_grid(FIT_METRICS, rows, (SHUFFLED, "nobody", ORIGINAL))
    assert [row[0] for row in grid.rows] == [SHUFFLED, ORIGINAL, GENERATED, "random music"]
    assert grid.rows[2] == (GENERATED, "3", "0.300 ±0.058", "2.250 ±0.250")


def test_definitions_say_what_is_better():
    told = definitions(SCORE_METRICS)
    assert told[0].startswith("coverage: beats coverage as published")
    assert told[0].endswith("(100 % is best).")
    assert told[1].endswith("(higher is better).")


@pytest.mark.parametrize(
    ("limits", "value", "reached", "share", "wanted"),
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
def test_a_goal(limits, value, reached, share, wanted):
    goal = Goal(title="t", level="high", value=value, **limits)
    assert goal.reached == reached
    assert goal.share == pytest.approx(share, rel=0.07)
    assert goal.wanted == wanted


def test_goals_are_read_off_the_results(hand_made):
    found = {goal.title: goal for goal in goals(hand_made)}
    assert found["codec: log-mel L1, unseen songs"].value == pytest.approx(0.21)
    assert found["codec: log-mel L1, unseen songs"].reached
    assert not found["codec: spectral convergence, unseen songs"].reached
    assert not found["generator: log-mel L1 over the codec's"].reached
    assert found["dance zeroed: rise of log-mel L1"].reached
    assert found["beat F, held-out takes (true clock)"].value == pytest.approx(0.9)
    assert not found["beat F, dancers: true clock given"].reached
    assert found["onset strength at accents over elsewhere"].value == 2.25
    assert not found["coverage, as published"].reached  # 106.7 %
    assert not found["hit, as published"].reached
    assert found["genre accuracy, 2 s segments"].reached
    assert found["seconds for 10 s of music, 2 threads"].reached
    assert found["size of the weights"].value == 2.0


def test_what_was_not_measured_is_no_goal(hand_made):
    hand_made.levels["high"].figures.pop("speed_s")
    assert not any("seconds" in goal.title for goal in goals(hand_made))


def test_goals_as_a_table(hand_made):
    grid = goal_grid(goals(hand_made))
    assert grid.rows[0] == (
        "codec: log-mel L1, unseen songs",
        "high",
        "0.21",
        "at most 0.22",
        "reached",
    )
    assert grid.rows[-1] == ("size of the weights", "all", "2.00 MB", "at most 25.00 MB", "reached")


def test_the_paper_stands_beside_ours(hand_made):
    grid = comparison(hand_made)
    assert grid.rows[: len(AIST)][-1] == (
        "paper, AIST++: D2M-GAN, low",
        "92.3",
        "91.7",
        "26.7",
    )
    ours = grid.rows[len(AIST) + len(TIKTOK) :]
    assert ours[0] == ("ours, held-out takes: high", "106.7", "90.0", "60.0")
    assert [row[0] for row in ours[1:]] == [ORIGINAL, SHUFFLED]


def test_numbers_as_json(hand_made):
    levels = as_json(hand_made)["levels"]["high"]
    assert levels["music"][GENERATED]["mel_l1"] == {
        "mean": 0.3,
        "standard_error": 0.05774,
        "pieces": 3,
    }
    assert levels["music"][GENERATED]["accents"]["pieces"] == 2
    hand_made.levels["high"].music["nobody"] = {"accents": np.array([np.nan])}
    assert as_json(hand_made)["levels"]["high"]["music"]["nobody"] == {}
