"""The trials of each rater: balanced orders of systems and clips, checks, and practice.

Systems follow rows of a Williams design (Williams 1949), again and again: over a cycle of raters,
each system comes equally often at each position and with each clip, and, within a row, after each
other system.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from d2m.benchmark.listening.study import (
    ATTENTION,
    HEADPHONES,
    PRACTICE,
    Block,
    Question,
    Stimulus,
    Study,
)

RATING = "rating"
"""Kind of the trials that count."""
CHECK_QUESTIONS = {
    HEADPHONES: Question(key="rating", text="On which side do you hear the tone?"),
    ATTENTION: Question(key="rating", text="How many beeps do you hear?"),
}
"""What the checks ask."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One screen of a rater's session.

    Parameters
    ----------
    position
        From 0.
    kind
        ``"rating"``, ``"practice"``, ``"attention"`` or ``"headphones"``.
    block
        Name of the block; empty for checks.
    item
        The clip or song; for checks, what is right.
    systems
        The system, or the two of a pair in the order shown; empty for checks.
    stimuli
        What is played, in the order of ``systems``.
    questions
        What is asked.
    """

    position: int
    kind: str
    block: str
    item: str
    systems: tuple[str, ...]
    stimuli: tuple[Stimulus, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Which treatment a rater gets for which item.

    Parameters
    ----------
    item
        Index of the item.
    treatment
        Index of the treatment.
    is_swapped
        Whether the second of a pair is shown first.
    """

    item: int
    treatment: int
    is_swapped: bool


def williams_rows(count: int) -> list[list[int]]:
    """Return a Williams design of treatments 0 to ``count - 1``.

    Each is once in each row and equally often in each column. If ``count`` is even, there are as
    many rows, and each treatment follows each other one once; else there are twice as many, and it
    follows twice.
    """
    first = [(step + 1) // 2 if step % 2 else (count - step // 2) % count for step in range(count)]
    rows = [[(value + shift) % count for value in first] for shift in range(count)]
    return rows if count % 2 == 0 or count == 1 else rows + [row[::-1] for row in rows]


def placements(
    items: int, treatments: int, rounds: int, *, rater: int, seed: int
) -> list[Placement]:
    """Return the trials of a rater in a block, in order.

    All items come once in each round, in an order that changes from cycle to cycle of raters. In
    ``treatments`` rounds, a rater gets all treatments for each item.

    Parameters
    ----------
    items, treatments
        Their numbers.
    rounds
        Number of rounds, at most ``treatments``.
    rater
        Number of the rater. A cycle has twice as many raters as `williams_rows` has rows; the
        second half gets each pair in the other order.
    seed
        Seed of the study.
    """
    rows = williams_rows(treatments)
    cycle, number = divmod(rater, 2 * len(rows))
    half, row = divmod(number, len(rows))
    order = np.random.default_rng([seed, cycle, items]).permutation(items)
    return [
        Placement(
            item=int(item),
            treatment=rows[row][(turn + place) % treatments],
            is_swapped=(half + row + int(item)) % 2 == 1,
        )
        for turn in range(rounds)
        for place, item in enumerate(order)
    ]


@lru_cache(maxsize=512)
def session_trials(study: Study, rater: int) -> tuple[Trial, ...]:
    """Return all trials of a rater: the headphones check, then each block after its practice.

    The order of the blocks turns from rater to rater. Attention checks are spread over the
    session.

    Parameters
    ----------
    study
        The study.
    rater
        Number of the rater.
    """
    rng = np.random.default_rng([study.seed, rater, 1])
    trials = _checks(study, HEADPHONES, rng)
    turn = rater % len(study.blocks)
    rated = [
        trial
        for block in (*study.blocks[turn:], *study.blocks[:turn])
        for trial in _block_trials(study, block, rater, rng)
    ]
    checks = _checks(study, ATTENTION, rng)[: study.attention_checks]
    for number, check in reversed([*enumerate(checks)]):
        # At least two trials from either end, where there are so many.
        share = (number + rng.uniform(0.6, 1.4)) / (len(checks) + 1)
        rated.insert(round(share * len(rated)), check)
    return tuple(
        replace(trial, position=position) for position, trial in enumerate([*trials, *rated])
    )


def _block_trials(study: Study, block: Block, rater: int, rng: np.random.Generator) -> list[Trial]:
    """Return the practice of a block and its trials."""
    placed = placements(
        len(block.items), len(block.treatments), block.rounds, rater=rater, seed=study.seed
    )
    practice = placed[int(rng.integers(len(placed)))]
    return [
        _trial(study, block, one, kind)
        for one, kind in ((practice, PRACTICE), *((one, RATING) for one in placed))
    ]


def _trial(study: Study, block: Block, placement: Placement, kind: str) -> Trial:
    systems = block.treatments[placement.treatment]
    if placement.is_swapped:
        systems = systems[::-1]
    item = block.items[placement.item]
    return Trial(
        position=0,
        kind=kind,
        block=block.name,
        item=item,
        systems=systems,
        stimuli=tuple(study.stimulus(block.name, item, system) for system in systems),
        questions=block.questions,
    )


def _checks(study: Study, kind: str, rng: np.random.Generator) -> list[Trial]:
    """Return all checks of a kind, in random order."""
    found = [stimulus for stimulus in study.stimuli if stimulus.block == kind]
    return [
        Trial(
            position=0,
            kind=kind,
            block="",
            item=stimulus.item,
            systems=(),
            stimuli=(stimulus,),
            questions=(CHECK_QUESTIONS[kind],),
        )
        for stimulus in (found[index] for index in rng.permutation(len(found)))
    ]
