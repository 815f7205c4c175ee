"""Files in the published form, installed by the command line, play a real clip."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from d2m.checkpoints import FAMILIES
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, LEVELS, LOW
from d2m.generation.d2mgan import D2MGANModel
from d2m.generation.model_cache import ModelCache
from d2m.models.i3d import build_i3d
from d2m.pipeline import DanceToMusic
from d2m.web import html
from tests.models.oracle import filled_state_dict

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
NETWORKS = (("aist", HIGH), ("aist", LOW), ("tiktok", HIGH))


def d2m(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "d2m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> Iterator[Path]:
    """Return a folder of weights with all published sets, their values made up."""
    folder = tmp_path_factory.mktemp("checkpoints")
    theirs = tmp_path_factory.mktemp("theirs")
    torch.manual_seed(0)
    codec = filled_state_dict("vqvae")
    torch.save({"model": codec, "step": 7}, theirs / "vqvae.pth.tar")
    torch.save(codec, theirs / "vqvae_high.pt")
    torch.save({"model_state": build_i3d().state_dict()}, theirs / "I3D_8x8_R50.pyth")
    common = [theirs / name for name in ("vqvae.pth.tar", "vqvae_high.pt", "I3D_8x8_R50.pyth")]
    for dataset, level in NETWORKS:
        torch.save(filled_state_dict(f"{dataset}/mencoder"), theirs / "mencoder.pt")
        torch.save(filled_state_dict(f"{dataset}/netG_{level.name}"), theirs / "netG.pt")
        files = [theirs / "mencoder.pt", theirs / "netG.pt", *common]
        done = d2m("weights", "import", *files, "--folder", folder)
        assert done.returncode == 0, done.stderr
        common = []
    shutil.rmtree(theirs)
    yield folder
    shutil.rmtree(folder)


def test_sets_are_listed_as_installed(checkpoints):
    lines = d2m("weights", "list", "--folder", checkpoints).stdout.splitlines()
    for name in ("aist-high", "aist-low", "tiktok-high", "jukebox", "i3d"):
        assert any(line.split()[:2] == [name, "installed"] for line in lines)
    assert sum("Noncommercial" in line for line in lines) >= 4


def test_aist_plays_both_levels_from_the_command_line(checkpoints, short_clip, tmp_path):
    done = d2m(
        *("generate", short_clip, "--weights", "aist", "--checkpoints", checkpoints),
        *("--level", "both", "--style", "house", "--out", tmp_path),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "groove.house.aist.report.json").read_text())
    sounds = []
    for name in LEVELS:
        facts = report["levels"][name]
        assert facts["weights"] == "aist"
        assert "Noncommercial" in facts["licence"]
        audio, rate = soundfile.read(tmp_path / facts["files"]["wav"])
        assert rate == 22050
        assert len(audio) == pytest.approx(report["clip"]["duration_s"] * rate, abs=2)
        # No 50 ms of it are silent, but for the fade at its end.
        frames = audio[: len(audio) // 1102 * 1102].reshape(-1, 1102)
        assert np.sqrt((frames[:-10] ** 2).mean(axis=1)).min() > 1e-3
        sounds.append(audio)
        assert (tmp_path / facts["files"]["mp4"]).stat().st_size > 10_000
    assert np.abs(np.corrcoef(*sounds)[0, 1]) < 0.9


def test_tiktok_plays_high(checkpoints, short_clip):
    maker = DanceToMusic(checkpoints=checkpoints)
    track = maker.generate(short_clip, HIGH, weights="tiktok")
    assert track.codes.shape == (2, HIGH.segment_codes)
    assert len(np.unique(track.codes)) > 1
    assert track.song is None
    other = maker.generate(short_clip, HIGH, weights="aist", style="krump")
    assert (other.codes != track.codes).mean() > 0.1
    again = maker.generate(short_clip, HIGH, weights="aist", style="krump", seed=5)
    np.testing.assert_array_equal(again.audio, other.audio)


def test_zerogpu_runs_only_the_networks(checkpoints, short_clip, tmp_path, monkeypatch):
    calls = []

    def gpu(duration):
        def decorate(function):
            return lambda *inputs: calls.append(duration) or function(*inputs)

        return decorate

    (tmp_path / "spaces.py").write_text("GPU = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    spaces = importlib.import_module("spaces")
    spaces.GPU = gpu
    pipeline = DanceToMusic(checkpoints=checkpoints)
    dance = pipeline.perceive(short_clip)
    own = pipeline.generate(dance, HIGH, weights="aist", style="krump")
    assert not calls
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    remote = DanceToMusic(checkpoints=checkpoints).generate(
        dance, HIGH, weights="aist", style="krump"
    )
    assert len(calls) == 1
    np.testing.assert_array_equal(remote.codes, own.codes)
    sys.modules.pop("spaces")


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["aist", "tiktok"])
def test_joins_are_within_the_range_of_the_rest(checkpoints, short_clip, weights):
    track = DanceToMusic(checkpoints=checkpoints).generate(short_clip, HIGH, weights=weights)
    frames = np.lib.stride_tricks.sliding_window_view(track.audio, 512)[::128]
    spectra = np.log10(np.abs(np.fft.rfft(frames * np.hanning(512))) + 0.01)
    flux = (np.maximum(np.diff(spectra, axis=0), 0) ** 2).sum(axis=1)
    times_s = np.arange(len(flux)) * 128 / track.sample_rate
    # Two segments of two seconds: the second begins two seconds before the end.
    end_s = len(track.audio) / track.sample_rate
    join = (times_s > end_s - 2) & (times_s < 2)
    assert join.sum() > 100
    rest = flux[~join & (times_s < end_s - 0.5)]  # the end is faded out
    assert np.median(flux[join]) <= np.percentile(rest, 95)
    assert flux[join].max() <= 1.2 * rest.max()


def test_what_is_missing_is_said_before_the_clip_is_read(tmp_path):
    done = d2m(
        *("generate", tmp_path / "no.mp4", "--weights", "aist", "--level", "low"),
        *("--checkpoints", tmp_path),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "d2m: D2M-GAN as published, AIST++, level low: missing aist-low-motion, "
        "aist-low-generator, vqvae-low, i3d; get them with `python -m d2m weights fetch aist-low`."
    ]
    with pytest.raises(CheckpointError, match="input layer is missing"):
        resolve_weights("tiktok", (HIGH, LOW), tmp_path)
    with pytest.raises(SettingsError, match="choose compact, aist, tiktok"):
        resolve_weights("music", (HIGH,), tmp_path)


def test_dropped_files_are_imported_when_a_job_needs_them_but_not_by_a_check(tmp_path):
    dropped = tmp_path / "tiktok"
    dropped.mkdir()
    torch.save(filled_state_dict("tiktok/mencoder"), dropped / "mencoder.pt")
    with pytest.raises(CheckpointError, match="tiktok-high-motion"):
        resolve_weights("tiktok", (HIGH,), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"tiktok"}
    with pytest.raises(CheckpointError) as refusal:
        DanceToMusic(checkpoints=tmp_path).generate("no.mp4", HIGH, weights="tiktok")
    assert "tiktok-high-generator" in str(refusal.value)
    assert "tiktok-high-motion" not in str(refusal.value)


def test_a_model_is_loaded_once(checkpoints):
    models, weights = ModelCache(), resolve_weights("aist", (HIGH,), checkpoints)
    model = models.get(weights, HIGH)
    assert isinstance(model, D2MGANModel)
    assert models.get(weights, HIGH) is model
    bundled = resolve_weights("compact", (HIGH, LOW))
    assert models.get(bundled, LOW) is models.get(bundled, LOW)
    assert models.get(bundled, LOW) is not models.get(bundled, HIGH)


def test_the_page_offers_what_is_installed_and_tells_what_is_not(checkpoints, tmp_path):
    assert [name for _, name in html.installed_weights(checkpoints)] == ["aist", "tiktok"]
    assert html.missing_weights(checkpoints).count("<li>") == 2  # the bundled ones are elsewhere
    assert next(name for _, name in html.installed_weights()) == "compact"
    listed = html.missing_weights(tmp_path)
    for name in ("aist-high", "aist-low", "tiktok-high"):
        assert name in listed
    for name, family in FAMILIES.items():
        assert ("Noncommercial" in html.weights_note(name)) == family.segments
