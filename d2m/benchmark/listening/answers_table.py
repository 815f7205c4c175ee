"""All answers of a study as CSV, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timezone

from d2m.benchmark.listening.answers import Answer
from d2m.benchmark.listening.study import Study
from d2m.benchmark.listening.trial_order import RATING

ANSWER_COLUMNS = (
    *("rater", "order", "kind", "block", "question", "item", "systems", "value", "preferred"),
    *("played_s", "stimuli_s", "answered_at", "files", "sha256", "seed"),
)
"""Columns of the table. ``order`` is the position in the rater's session, ``played_s`` how long the
stimuli were played, ``stimuli_s`` how long they last, ``seed`` that of the study's orders. Where an
answer is about two systems, the parts of a cell are joined by ``|``."""


def answers_csv(answers: Sequence[Answer], study: Study) -> str:
    """Return all answers as CSV with a row for each.

    Parameters
    ----------
    answers
        The answers, in the order of the rows.
    study
        The study, for the files of the systems and their hashes.
    """
    stimuli = {(one.block, one.item, one.system): one for one in study.stimuli}
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(ANSWER_COLUMNS)
    for answer in answers:
        keys = [(answer.block, answer.item, system) for system in answer.systems]
        files = [stimuli[key] for key in keys if key in stimuli]
        is_preference = answer.kind == RATING and len(answer.systems) == 2
        at = datetime.fromtimestamp(answer.answered_at, timezone.utc)
        table.writerow(
            (
                *(answer.rater, answer.order, answer.kind, answer.block, answer.question),
                *(answer.item, "|".join(answer.systems), answer.value),
                answer.systems[answer.value] if is_preference else "",
                f"{answer.played_s:.2f}",
                f"{sum(file.duration_s for file in files):.2f}",
                at.isoformat(timespec="seconds"),
                "|".join(file.file for file in files),
                "|".join(file.sha256 for file in files),
                study.seed,
            )
        )
    return text.getvalue()
