"""Many raters at once, while the server is killed: no answer is lost, none counts twice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import threading
import time
from pathlib import Path

import pytest

from d2m.benchmark.listening.answers import AnswerStore, read_answers
from d2m.benchmark.listening.study import read_study
from d2m.benchmark.listening.trial_order import session_trials
from tests.benchmark.listening.scripted_raters import ScriptedRater, all_take_part
from tests.benchmark.listening.small_study import served_study, shorten, sounds_of

TRIALS_BEFORE_KILL = 3


def confirmed(raters: list[ScriptedRater]) -> int:
    """Return how many answers the server has confirmed."""
    return sum(len(rater.confirmed) for rater in raters)


def take_part_with_kills(folder: Path, count: int, kills: int) -> list[ScriptedRater]:
    """Let raters take part while the server is killed several times, and return them."""
    sounds = sounds_of(read_study(folder))
    with contextlib.ExitStack() as servers:
        process, address, invitation = servers.enter_context(served_study(folder))
        raters = [ScriptedRater(address, invitation, sounds) for _ in range(count)]
        thread = threading.Thread(target=lambda: asyncio.run(all_take_part(raters)))
        thread.start()
        for kill in range(1, kills + 1):
            while thread.is_alive() and confirmed(raters) < kill * TRIALS_BEFORE_KILL * count:
                time.sleep(0.05)
            assert thread.is_alive()
            process.kill()  # SIGKILL: nothing is closed or written any more
            process.wait()
            port = int(address.rpartition(":")[2])
            process, _, _ = servers.enter_context(served_study(folder, port))
        thread.join()
    return raters


def check_answers(folder: Path, raters: list[ScriptedRater]) -> int:
    """Check that all that was confirmed is stored once, and return the number of answers."""
    study = read_study(folder)
    answers = read_answers(folder, practice=True)
    stored = {(one.rater, one.order, one.question): one for one in answers}
    assert len(stored) == len(answers)
    store = AnswerStore(folder / "answers.sqlite")
    numbers = set()
    for rater in raters:
        known = store.rater(rater.token)
        assert known is not None
        assert known.code == rater.code
        numbers.add(known.number)
        trials = session_trials(study, known.number)
        assert sorted(rater.confirmed) == [trial.position for trial in trials]
        for trial in trials:
            for question in trial.questions:
                answer = stored.pop((known.number, trial.position, question.key))
                is_check = trial.kind in ("attention", "headphones")
                value = rater.confirmed[trial.position][question.key]
                assert answer.value == (1 if is_check else value)
                assert answer.systems == trial.systems
    store.close()
    assert numbers == set(range(len(raters)))
    assert not stored
    return len(answers)


def test_raters_go_on_after_the_server_was_killed(small_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder)
    shorten(folder, "quality", "preference")
    raters = take_part_with_kills(folder, 5, kills=1)
    assert sum(rater.retries for rater in raters) > 0
    assert check_answers(folder, raters) == 5 * (3 + 2 + 2 * 2)


@pytest.mark.slow
def test_fifty_raters_go_on_after_the_server_was_killed(small_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder)
    raters = take_part_with_kills(folder, 50, kills=2)
    count = check_answers(folder, raters)
    retries, slowest_s = sum(one.retries for one in raters), max(one.slowest_s for one in raters)
    logging.info("%d answers, %d requests failed, slowest %.1f s", count, retries, slowest_s)
    assert retries >= 50
