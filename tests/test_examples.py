"""The command line on the examples."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE
from d2m.metrics.beats import beat_f_measure
from d2m.perception.sound_beats import track_sound_beats
from tests.conftest import ROOT
from tests.result_checks import (
    assert_valid_report,
    assert_valid_video,
    assert_valid_wav,
    read_wav,
)

EXAMPLES: list[dict[str, Any]] = json.loads((ROOT / "examples" / "examples.json").read_text())
QUICK, PART_S = "groove", 7.0
"""Start of the name of the example of which every test run uses a part, and how long that is (s).
The whole examples are slow tests."""


def example_runs() -> list[Any]:
    """Return what runs: an example and the part of it that is used (s), or None for all of it."""
    whole = [pytest.param((one, None), id=one["file"], marks=pytest.mark.slow) for one in EXAMPLES]
    (quick,) = (one for one in EXAMPLES if one["file"].startswith(QUICK))
    return [pytest.param((quick, PART_S), id=f"part of {quick['file']}"), *whole]


@pytest.fixture(scope="module", params=example_runs())
def example_run(request, tmp_path_factory) -> tuple[dict[str, Any], Path]:
    """Return an example and the folder with its results from the command line."""
    out = tmp_path_factory.mktemp("example")
    example, length_s = request.param
    command = [sys.executable, "-m", "d2m", "generate", f"examples/{example['file']}"]
    part = [] if length_s is None else ["--length", str(length_s)]
    done = subprocess.run(
        [*command, *part, "--level", "both", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("beat F-measure") == 2
    return example, out


@pytest.mark.e2e
class TestExamples:
    def facts(self, run) -> dict[str, Any]:
        example, out = run
        (report,) = out.glob(f"{Path(example['file']).stem}.*.seed0.report.json")
        return json.loads(report.read_text())

    def beats(self, run, level: str) -> np.ndarray:
        (music,) = run[1].glob(f"{Path(run[0]['file']).stem}.*.{level}.wav")
        return track_sound_beats(read_wav(music), SAMPLE_RATE).beats_s

    def test_all_files_are_written(self, example_run):
        facts = self.facts(example_run)
        assert_valid_report(facts, ("high", "low"))
        files = {name for level in facts["levels"].values() for name in level["files"].values()}
        out, clip = example_run[1], facts["clip"]
        (archive,) = out.glob("*.zip")
        zipped = zipfile.ZipFile(archive).namelist()
        assert {*zipped, archive.name} == {path.name for path in out.iterdir()}
        assert files < {*zipped}
        for level in facts["levels"].values():
            assert_valid_wav(out / level["files"]["wav"], clip["duration_s"], clip["fps"])
            assert_valid_video(out / level["files"]["mp4"], clip["duration_s"], clip["fps"])

    @pytest.mark.parametrize("level", HOP_LEVELS)
    def test_the_music_matches_the_estimated_beats(self, example_run, level):
        estimated = np.array(self.facts(example_run)["rhythm"]["beats_s"])
        assert beat_f_measure(self.beats(example_run, level), estimated, 0.07) >= 0.7

    @pytest.mark.parametrize("level", HOP_LEVELS)
    def test_the_music_matches_the_true_beats(self, example_run, level):
        if example_run[0]["beats_s"] is None:
            pytest.skip("the true beats of this dance are unknown")
        true = np.array(example_run[0]["beats_s"])
        true = true[true < self.facts(example_run)["clip"]["duration_s"]]
        assert beat_f_measure(self.beats(example_run, level), true, 0.07) >= 0.7
