"""The music tagger: its bundled weights, its answers, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from d2m.core.errors import AudioError, CheckpointError
from d2m.models import music_tagger
from d2m.models.music_tagger import (
    MUSIC_TAGGER_WEIGHTS,
    TAGGER_EMBEDDING,
    TAGGER_RATE,
    TAGS,
    MusicTagger,
)
from tests.architecture.source import ROOT

# Answers to `chords(4.0)`, computed with the tensors of the published checkpoint as they are, in
# another implementation: the first values of the embedding, and the likeliest tags.
EXPECTED_EMBEDDING = [-0.177176, -0.127029, -0.284826, -0.275121, -0.264532]
EXPECTED_TAGS = {"electronic": 0.283995, "indie": 0.229372, "ambient": 0.173275}


@pytest.fixture(scope="module")
def tagger() -> MusicTagger:
    torch.set_num_threads(1)
    return MusicTagger.from_pretrained()


def chords(duration_s: float) -> np.ndarray:
    """Return two chords a second, decaying tones of four partials."""
    time = np.arange(round(duration_s * TAGGER_RATE)) / TAGGER_RATE
    within = time % 0.5
    tones = [np.sin(2 * np.pi * hertz * n * time) / n
             for hertz in (220.0, 277.18, 329.63) for n in (1, 2, 3, 4)]  # fmt: skip
    return (0.1 * np.sum(tones, axis=0) * np.exp(-4 * within)).astype(np.float32)


def test_the_bundled_weights_are_small_and_say_where_they_come_from(tagger: MusicTagger) -> None:
    assert MUSIC_TAGGER_WEIGHTS.stat().st_size < 3_300_000
    with safe_open(MUSIC_TAGGER_WEIGHTS, framework="pt") as file:
        header = file.metadata()
    assert json.loads(header["labels"]) == tagger.labels
    assert len(set(tagger.labels)) == TAGS
    assert "ISC" in header["licence"]
    assert not any(values.requires_grad for values in tagger.parameters())
    assert not tagger.training


def test_the_notice_has_the_licence() -> None:
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    assert f"weights/{MUSIC_TAGGER_WEIGHTS.name}" in notice
    assert "Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019" in notice
    assert "with or without fee is hereby granted" in notice


def test_answers_are_those_of_the_published_checkpoint(tagger: MusicTagger) -> None:
    tagging = tagger.tag(chords(4.0), TAGGER_RATE)
    assert tagging.embedding.shape == (TAGGER_EMBEDDING,)
    assert tagging.embedding[:5] == pytest.approx(EXPECTED_EMBEDDING, abs=1e-4)
    likeliest = dict(sorted(tagging.probabilities.items(), key=lambda item: -item[1])[:3])
    assert list(likeliest) == list(EXPECTED_TAGS)
    assert likeliest == pytest.approx(EXPECTED_TAGS, abs=1e-4)
    assert np.array_equal(tagger.embed(chords(4.0), TAGGER_RATE), tagging.embedding)


def test_level_channels_and_batches_make_no_difference(
    tagger: MusicTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = chords(5.0)  # of two patches
    expected = tagger.embed(audio, TAGGER_RATE)
    assert tagger.embed(0.01 * audio, TAGGER_RATE) == pytest.approx(expected, abs=1e-3)
    assert tagger.embed(np.stack([2 * audio, 0 * audio]), TAGGER_RATE) == pytest.approx(
        expected, abs=1e-3
    )
    monkeypatch.setattr(music_tagger, "PATCHES_AT_ONCE", 1)
    assert tagger.embed(audio, TAGGER_RATE) == pytest.approx(expected, abs=1e-4)


def test_of_a_long_piece_only_some_patches_are_read(tagger: MusicTagger) -> None:
    audio = chords(12.0)
    changed = audio.copy()
    changed[5 * TAGGER_RATE : 7 * TAGGER_RATE] *= -1  # as loud, with steps at both ends
    changed[6 * TAGGER_RATE] = 0.0
    whole = tagger.embed(audio, TAGGER_RATE)
    assert tagger.embed(audio, TAGGER_RATE, most_patches=99) == pytest.approx(whole, abs=1e-5)
    ends, same_ends = (tagger.embed(one, TAGGER_RATE, most_patches=2) for one in (audio, changed))
    assert same_ends == pytest.approx(ends, abs=1e-3)
    assert np.abs(tagger.embed(changed, TAGGER_RATE) - whole).max() > 1e-3


def test_short_audio_is_repeated_and_silence_has_an_answer(tagger: MusicTagger) -> None:
    short = chords(1.0)
    assert tagger.embed(short, TAGGER_RATE) == pytest.approx(
        tagger.embed(np.tile(short, 3), TAGGER_RATE), abs=1e-4
    )
    silent = tagger.tag(np.zeros(TAGGER_RATE), TAGGER_RATE)
    assert np.isfinite(silent.embedding).all()
    assert all(0 <= value <= 1 for value in silent.probabilities.values())


@pytest.mark.parametrize("audio", [np.zeros(0), np.zeros((3, 100)), np.array([0.0, np.nan])])
def test_what_is_no_audio_is_refused(tagger: MusicTagger, audio: np.ndarray) -> None:
    with pytest.raises(AudioError):
        tagger.embed(audio, TAGGER_RATE)


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    for content in (
        b"",
        b"nothing",
        (ROOT / "d2m/models/weights/beat_network.safetensors").read_bytes(),
    ):
        path = tmp_path / "music_tagger.safetensors"
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="music tagger can't be read"):
            MusicTagger.from_pretrained(path)
