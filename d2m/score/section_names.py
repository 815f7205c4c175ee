"""Naming the sections of a form: intro, groove, build, drop, break and outro."""

from __future__ import annotations

import numpy as np

from d2m.score.notes import SECTION_NAMES

# Energy, relative to the piece, that suits each name. Chosen by hand.
_LEVEL = {"intro": 0.25, "groove": 0.5, "build": 0.6, "drop": 0.95, "break": 0.1, "outro": 0.3}
# What it costs that one name follows another. Chosen by hand; what is missing costs `_RARE`.
_AFTER = {
    "intro": {"groove": 0.0, "build": 0.1, "drop": 0.1},
    "groove": {"groove": 0.35, "build": 0.05, "drop": 0.15, "break": 0.2, "outro": 0.0},
    "build": {"drop": 0.0},
    "drop": {"break": 0.05, "groove": 0.1, "drop": 0.4, "outro": 0.05},
    "break": {"build": 0.0, "groove": 0.15, "drop": 0.1, "outro": 0.3},
}
_RARE = 5.0
_FIRST = {"intro": 0.0, "groove": 0.1, "drop": 0.35, "break": 0.6, "build": 0.4}
_LAST = {"outro": 0.0, "groove": 0.3, "drop": 0.15, "break": 0.8, "build": _RARE}
_LONGEST = {"intro": 4.0, "build": 4.0, "break": 8.0, "outro": 4.0}  # bars
_PER_EXTRA_BAR = 0.2
_SMALL_RANGE = 0.25  # range of energies under which sections differ little
_CHOICE = 0.18  # how much chance decides
_INTRO_BARS = 2.0  # shortest intro (bars)


def name_sections(
    energies: list[float], bars: list[float], intro: str, rng: np.random.Generator
) -> tuple[list[str], list[float]]:
    """Choose the names of consecutive sections.

    Parameters
    ----------
    energies
        Mean energy of the dance in each, 0 to 1.
    bars
        Length of each (bars).
    intro
        One of `d2m.score.options.INTROS`; ``"build"`` makes the first of several an intro, and
        ``"full"`` does not.
    rng
        Decides between names that suit equally.

    Returns
    -------
    names
        Of `d2m.score.notes.SECTION_NAMES`; an outro only at the end.
    levels
        Energy of each relative to the others, 0 to 1; 0.5 where all are equal.
    """
    low, high = min(energies), max(energies)
    scale = max(high - low, _SMALL_RANGE)
    levels = [float(np.clip(0.5 + (e - (low + high) / 2) / scale, 0, 1)) for e in energies]
    certainty = 0.5 + 1.5 * min(1.0, (high - low) / _SMALL_RANGE)
    chance = rng.uniform(0.0, _CHOICE, (len(energies), len(SECTION_NAMES)))
    if len(energies) == 1:
        return ["groove"], levels
    costs = [
        {
            name: _own_cost(name, levels[k], bars[k], certainty) + chance[k, i]
            for i, name in enumerate(SECTION_NAMES)
        }
        for k in range(len(energies))
    ]
    _limit_ends(costs, bars, intro)
    return _cheapest(costs), levels


def _own_cost(name: str, level: float, bars: float, certainty: float) -> float:
    extra = max(0.0, bars - _LONGEST.get(name, np.inf)) * _PER_EXTRA_BAR
    return certainty * abs(level - _LEVEL[name]) + extra


def _limit_ends(costs: list[dict[str, float]], bars: list[float], intro: str) -> None:
    """Add the costs of first and last sections."""
    for k, cost in enumerate(costs):
        first, last = k == 0, k == len(costs) - 1
        cost["intro"] += 0.0 if first and bars[0] >= _INTRO_BARS else _RARE
        cost["outro"] += 0.0 if last else _RARE
        for name in SECTION_NAMES:
            cost[name] += _FIRST.get(name, _RARE) if first else 0.0
            cost[name] += _LAST.get(name, _RARE) if last else 0.0
    if intro != "auto":
        costs[0]["intro"] += _RARE if intro == "full" else -_RARE


def _cheapest(costs: list[dict[str, float]]) -> list[str]:
    """Return the cheapest sequence of names (Viterbi)."""
    total = costs[0]
    back: list[dict[str, str]] = []
    for cost in costs[1:]:
        reached: dict[str, float] = {}
        came_from: dict[str, str] = {}
        for name, own in cost.items():
            onward = {p: total[p] + _AFTER.get(p, {}).get(name, _RARE) for p in total}
            previous = min(onward, key=onward.__getitem__)
            reached[name], came_from[name] = onward[previous] + own, previous
        back.append(came_from)
        total = reached
    names = [min(total, key=total.__getitem__)]
    for came_from in reversed(back):
        names.append(came_from[names[-1]])
    return names[::-1]
