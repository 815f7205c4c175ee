"""Orders of trials are balanced, and each rater's session holds what it should."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2m.benchmark.listening.study import Block, Question, Stimulus, Study
from d2m.benchmark.listening.trial_order import placements, session_trials, williams_rows

COUNTS = st.integers(1, 9)


def small(blocks: tuple[Block, ...]) -> Study:
    """Return a study without files."""
    places = [
        (block.name, item, system)
        for block in blocks
        for item in block.items
        for system in dict.fromkeys(name for pair in block.treatments for name in pair)
    ]
    places += [("headphones", side, "") for side in ("left", "right", "both")]
    places += [("attention", str(count), "") for count in (2, 3, 4, 5)]
    return Study(
        title="",
        consent="",
        contact="",
        invitation="",
        seed=3,
        raters=8,
        most_raters=8,
        length_s=2.0,
        loudness_lufs=-23.0,
        attention_checks=2,
        blocks=blocks,
        stimuli=tuple(
            Stimulus(
                id=str(number),
                block=block,
                item=item,
                system=system,
                file=f"{number}.wav",
                duration_s=2.0,
                loudness_lufs=-23.0,
                sha256="",
                sources={},
            )
            for number, (block, item, system) in enumerate(places)
        ),
    )


def block_of(name: str, *treatments: tuple[str, ...], rounds: int) -> Block:
    """Return a block with three items."""
    question = Question(key="rating", text="?")
    return Block(
        name=name,
        questions=(question,),
        treatments=treatments,
        items=("x", "y", "z"),
        rounds=rounds,
    )


@given(COUNTS)
def test_rows_are_balanced(count: int) -> None:
    rows = williams_rows(count)
    for column in zip(*rows, strict=True):
        assert set(Counter(column).values()) == {len(rows) // count}
    after = Counter(pair for row in rows for pair in pairwise(row))
    assert len(after) == count * (count - 1)
    assert len(set(after.values())) <= 1


@given(items=st.integers(1, 5), treatments=COUNTS, seed=st.integers(0, 99), data=st.data())
@settings(max_examples=30, deadline=None)
def test_each_system_comes_equally_often_everywhere(
    items: int, treatments: int, seed: int, data: st.DataObject
) -> None:
    rounds = data.draw(st.integers(1, treatments))
    cycle = 2 * len(williams_rows(treatments))
    first = cycle * data.draw(st.integers(0, 3))
    by_position, by_item, swapped = Counter(), Counter(), Counter()
    for rater in range(first, first + cycle):
        placed = placements(items, treatments, rounds, rater=rater, seed=seed)
        assert len({(one.item, one.treatment) for one in placed}) == items * rounds
        for position, one in enumerate(placed):
            by_position[position, one.treatment] += 1
            by_item[one.item, one.treatment] += 1
            swapped[one.item, one.treatment] += one.is_swapped
    assert len(by_position) == items * rounds * treatments
    assert len(set(by_position.values())) == 1
    assert len(by_item) == items * treatments
    assert len(set(by_item.values())) == 1
    assert all(2 * swapped[key] == count for key, count in by_item.items())


@pytest.mark.parametrize("rater", range(5))
def test_a_session_has_checks_practice_and_all_trials(rater: int) -> None:
    study = small(
        (
            block_of("coherence", ("a",), ("b",), ("original",), rounds=3),
            block_of("preference", ("a", "b"), rounds=1),
        )
    )
    trials = session_trials(study, rater)
    assert [trial.position for trial in trials] == list(range(len(trials)))
    assert [trial.kind for trial in trials[:4]] == ["headphones"] * 3 + ["practice"]
    kinds = Counter(trial.kind for trial in trials)
    assert kinds == {"headphones": 3, "practice": 2, "attention": 2, "rating": 12}
    assert {trial.item for trial in trials if trial.kind == "headphones"} == {
        *("left", "right", "both")
    }
    rated = [trial for trial in trials if trial.kind == "rating"]
    assert len({(trial.block, trial.item, trial.systems) for trial in rated}) == 12
    for trial in rated:
        assert tuple(one.system for one in trial.stimuli) == trial.systems
        assert {one.item for one in trial.stimuli} == {trial.item}
    assert session_trials(study, rater) == trials
    first_blocks = [session_trials(study, number)[3].block for number in range(4)]
    assert first_blocks == ["coherence", "preference"] * 2
