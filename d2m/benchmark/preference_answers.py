"""Count the answers that people gave on a preference page."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.core.errors import DataError

QUESTIONS = {
    "realism": "Which dance is more realistic, regardless of the music?",
    "match": "Which dance matches the music better?",
}
"""Questions by key, those of the paper's user study (Lee et al., NeurIPS 2019, Sec. 4.2)."""
_Z = 1.959964  # of a 95 % interval
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Preference:
    """How often one of two methods was preferred.

    Parameters
    ----------
    question
        Key of the question in `QUESTIONS`.
    name
        Name of the method.
    count, n
        Answers for the method, and all answers.
    """

    question: str
    name: str
    count: int
    n: int

    def as_text(self) -> str:
        """Return the share preferred with its 95 % interval."""
        low, high = wilson_interval(self.count, self.n)
        return (
            f"{self.question}: {self.name} preferred in {self.count} of {self.n} answers, "
            f"{100 * self.count / self.n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        )


def wilson_interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    Answers count as independent; those of one person are not quite, so it is rather narrow.

    Parameters
    ----------
    count, n
        Answers for a method, and all answers, at least one.
    """
    share, z2 = count / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def count_preferences(answers: Sequence[Path], key: Path) -> list[Preference]:
    """Count the answers to each question.

    Parameters
    ----------
    answers
        Files that people downloaded from the page.
    key
        ``key.json`` of the page, which tells the methods.

    Raises
    ------
    DataError
        If a file can't be read, belongs to another page, or there are no answers.
    """
    known = _read(key)
    try:
        sides: dict[str, list[str]] = known["pairs"]
        name, page = str(known["first"]), known["page"]
    except KeyError as error:
        raise DataError(f"{key.name} is no key of a preference page.") from error
    counts = {question: [0, 0] for question in QUESTIONS}
    for path in answers:
        given = _read(path)
        if given.get("page") != page:
            raise DataError(f"{path.name} holds answers of another page than {key.name}.")
        for pair, choices in dict(given.get("answers", {})).items():
            for question, side in dict(choices).items():
                if pair in sides and question in counts and side in (0, 1):
                    counts[question][0] += sides[pair][side] == name
                    counts[question][1] += 1
    if not any(n for _, n in counts.values()):
        raise DataError("There are no answers in the files: give those that people downloaded.")
    return [
        Preference(question=question, name=name, count=count, n=n)
        for question, (count, n) in counts.items()
        if n
    ]


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path.name} is too large for a file of answers.")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path.name} can't be read as JSON.") from error
    if not isinstance(found, dict):
        raise DataError(f"{path.name} holds no object: give a file of a preference page.")
    return found
