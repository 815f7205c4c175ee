"""Studies whose truth is known, with answers of simulated raters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.study import Block, Question, Stimulus, Study

LENGTH_S = 5.0


def made_up_study(
    systems: Sequence[str],
    clips: int,
    blocks: Sequence[str] = ("coherence",),
    pairs: Sequence[tuple[str, str]] = (),
) -> Study:
    """Return a study with ratings in some blocks and, with pairs, preferences."""
    items = tuple(f"clip{number:02d}" for number in range(clips))
    rating = (Question(key="rating", text="How good is <it>?"),)
    parts = [
        Block(
            name=name,
            questions=rating,
            treatments=tuple((system,) for system in systems),
            items=items,
            rounds=len(systems),
        )
        for name in blocks
    ]
    if pairs:
        parts.append(
            Block(
                name="preference",
                questions=(Question(key="match", text="Which fits better?"),),
                treatments=tuple(pairs),
                items=items,
                rounds=len(pairs),
            )
        )
    stimuli = [
        Stimulus(
            id=f"{part.name}{item}{system}",
            block=part.name,
            item=item,
            system=system,
            file=f"{part.name}{item}{system}.{'mp4' if part.name == 'coherence' else 'wav'}",
            duration_s=LENGTH_S,
            loudness_lufs=-23.0,
            sha256=f"hash of {part.name} {item} {system}",
            sources={},
        )
        for part in parts
        for item in items
        for system in dict.fromkeys(name for one in part.treatments for name in one)
    ]
    return Study(
        title="A study",
        consent="You may stop at any time.",
        contact="",
        invitation="secret",
        seed=3,
        raters=20,
        most_raters=40,
        length_s=LENGTH_S,
        loudness_lufs=-23.0,
        attention_checks=2,
        blocks=tuple(parts),
        stimuli=tuple(stimuli),
    )


def answer(rater: int, order: int, item: str, systems: tuple[str, ...], value: int) -> Answer:
    """Return a rating that took as long as its stimuli and a little more."""
    needed = LENGTH_S * len(systems)
    return Answer(
        rater=rater,
        block="coherence" if len(systems) == 1 else "preference",
        item=item,
        systems=systems,
        value=value,
        kind="rating",
        order=order,
        played_s=needed,
        answered_at=1_700_000_000.0 + order * (2 * LENGTH_S + 1.0),
        question="rating" if len(systems) == 1 else "match",
    )


def check(rater: int, kind: str, passed: bool, order: int = 900) -> Answer:
    """Return the answer to a check."""
    given = answer(rater, order, "check", (), int(passed))
    return replace(given, kind=kind, block="", question="rating")


def simulated_ratings(
    truth: Mapping[str, float],
    raters: int,
    clips: int,
    rng: np.random.Generator,
    *,
    rater_sd: float = 0.4,
    clip_sd: float = 0.4,
    noise_sd: float = 0.8,
) -> list[Answer]:
    """Return whole ratings, 1 to 5, of raters and clips that are drawn from a population."""
    of_rater = rng.normal(0.0, rater_sd, raters)
    of_clip = rng.normal(0.0, clip_sd, clips)
    answers = []
    for rater in range(raters):
        trials = [(clip, system) for clip in range(clips) for system in truth]
        for order, number in enumerate(rng.permutation(len(trials))):
            clip, system = trials[number]
            latent = truth[system] + of_rater[rater] + of_clip[clip] + rng.normal(0.0, noise_sd)
            value = int(np.clip(np.floor(latent + 0.5), 1, 5))
            answers.append(answer(rater, order, f"clip{clip:02d}", (system,), value))
    return answers


def true_score(latent: float, spread: float) -> float:
    """Return the mean of the whole ratings of a population with a normal distribution."""
    draws = latent + spread * np.random.default_rng(1).standard_normal(400_000)
    return float(np.clip(np.floor(draws + 0.5), 1, 5).mean())
