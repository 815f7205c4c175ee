"""What a worker process keeps from one job to the next."""

from __future__ import annotations

from multiprocessing import Pipe
from pathlib import Path

import pytest

from d2m.jobs.messages import Failed, Finished, Job
from d2m.jobs.worker_main import JobRunner
from d2m.models.spectral_codec import SpectralCodec


def test_a_refused_clip_leaves_the_networks_loaded(
    short_clip: Path, text_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = Pipe()
    runner = JobRunner(theirs, tmp_path / "cache")
    ends: list[type] = []

    def no_more(path: Path) -> SpectralCodec:
        raise AssertionError(f"{path.name} is loaded again.")

    for number, clip in enumerate((short_clip, text_clip, short_clip)):
        out = tmp_path / str(number)
        out.mkdir()
        runner.run(Job(clip=clip, levels="high", out=out))
        while not isinstance(message := ours.recv(), Finished | Failed):
            pass
        ends.append(type(message))
        monkeypatch.setattr(SpectralCodec, "from_pretrained", no_more)
    assert ends == [Finished, Failed, Finished]
