"""Everything at once: pieces and both codecs within given minutes."""

from __future__ import annotations

import json
import shutil

import pytest

from d2m.core.errors import DataError
from d2m.models.spectral_codec import SpectralCodec
from d2m.training.train_all import Budget, budget_for, train_all
from tests.training.small import CODEC, metrics

TINY = Budget(
    minutes=0.2,
    device="cpu",
    precision="no",
    pieces=3,
    first_pieces=2,
    held_out_pieces=1,
    batch=1,
    codec=CODEC,
)
CODECS = ("codec_high", "codec_low")


def test_a_cpu_gets_small_batches_and_pieces_for_its_time():
    short, long = budget_for(1.0, "cpu"), budget_for(60.0, "cpu")
    assert (short.batch, short.workers) == (8, 1)
    assert short.pieces == 40 < long.pieces == 480
    assert short.first_pieces <= short.pieces
    assert budget_for(1e6, "cpu").pieces == 1_600


def test_a_gpu_gets_large_batches_and_most_cores_render(monkeypatch):
    monkeypatch.setattr("d2m.training.train_all.uses_gpu", lambda _: True)
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    budget = budget_for(9.0)
    assert (budget.batch, budget.workers) == (64, 12)
    assert (budget.pieces, budget.first_pieces) == (1_600, 60)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert budget_for(9.0).workers == 1


def test_rendering_that_fails_ends_the_training(tmp_path):
    (tmp_path / "corpus").write_text("no folder")
    with pytest.raises(DataError, match="Pieces could not be rendered"):
        train_all(tmp_path, TINY)


def test_missing_music_ends_the_training(corpus, tmp_path):
    shutil.copytree(corpus, tmp_path / "corpus")
    with pytest.raises(DataError, match="install its Debian package"):
        train_all(tmp_path, Budget(**{**TINY.__dict__, "music": tmp_path}))


@pytest.mark.slow
def test_both_codecs_are_trained_and_a_second_call_goes_on(corpus, tmp_path):
    shutil.copytree(corpus, tmp_path / "corpus")
    train_all(tmp_path, TINY)
    weights = {}
    for name in CODECS:
        weights[name] = (tmp_path / name / "weights.safetensors").read_bytes()
        assert metrics(tmp_path / name)[-1]["step"] > 0
        minutes = json.loads((tmp_path / name / "config.json").read_text())["minutes"]
        assert 0 < minutes < TINY.minutes
        codec = SpectralCodec.from_pretrained(tmp_path / name / "weights.safetensors")
        assert codec.config.level == name.split("_")[1]
    shutil.rmtree(tmp_path / "codec_low")
    train_all(tmp_path, TINY)
    assert (tmp_path / "codec_high" / "weights.safetensors").read_bytes() == weights["codec_high"]
    assert metrics(tmp_path / "codec_low")[-1]["step"] > 0


@pytest.mark.slow
def test_a_failed_training_is_named_and_ends_the_other(corpus, tmp_path):
    shutil.copytree(corpus, tmp_path / "corpus")
    (tmp_path / "codec_low").write_text("no folder")
    with pytest.raises(DataError, match="training of a codec failed"):
        train_all(tmp_path, Budget(**{**TINY.__dict__, "minutes": 600.0}))
