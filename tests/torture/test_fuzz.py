"""Randomly damaged clips: those that have revealed a fault, and a few more."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.checks import outcome_fault
from tests.torture.mutate import damaged
from tests.torture.prober import Prober
from tests.torture.seeds import REGRESSIONS, SEEDS, probe_damaged, seed_clips


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return seed_clips(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    with contextlib.closing(Prober(timeout_s=60.0, in_sandbox=False)) as prober:
        yield prober


@pytest.mark.parametrize(("kind", "seed"), REGRESSIONS)
def test_known_faults_do_not_return(
    clips: dict[str, bytes], prober: Prober, tmp_path: Path, kind: str, seed: int
) -> None:
    assert not outcome_fault(probe_damaged(prober, tmp_path, kind, clips[kind], seed))


@pytest.mark.parametrize("kind", SEEDS)
def test_random_damage_is_handled(
    clips: dict[str, bytes], prober: Prober, tmp_path: Path, kind: str
) -> None:
    whole = tmp_path / f"whole.{kind.partition('_')[0]}"
    whole.write_bytes(clips[kind])
    assert prober(whole, tmp_path / "copy.mp4").kind == "works"
    for seed in range(2):
        assert not outcome_fault(probe_damaged(prober, tmp_path, kind, clips[kind], seed))


def test_damage_depends_only_on_the_seed() -> None:
    data = bytes(range(256)) * 40
    results = [damaged(data, seed) for seed in range(50)]
    assert results == [damaged(data, seed) for seed in range(50)]
    assert sum(content != data for content, _ in results) > 40
    assert len({content for content, _ in results}) > 40


def test_a_child_that_crashes_or_hangs_is_reported_and_replaced(
    clips: dict[str, bytes], tmp_path: Path
) -> None:
    good = tmp_path / "good.gif"
    good.write_bytes(clips["gif"])
    with contextlib.closing(Prober(timeout_s=60.0, in_sandbox=False)) as prober:
        assert prober(good, tmp_path / "copy.mp4").kind == "works"
        assert prober.pid is not None
        os.kill(prober.pid, signal.SIGKILL)
        assert prober(good, tmp_path / "copy.mp4").kind in ("works", "crashed")
        assert prober(good, tmp_path / "copy.mp4").kind == "works"
        os.kill(prober.pid, signal.SIGSTOP)
        prober.timeout_s = 0.2
        assert prober(good, tmp_path / "copy.mp4").kind == "hung"
        prober.timeout_s = 60.0
        assert prober(good, tmp_path / "copy.mp4").kind == "works"
