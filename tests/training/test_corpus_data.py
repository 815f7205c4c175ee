"""The corpus: composed pieces, recorded music, and crops of their audio."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.training.data.audio_pool import AudioPool, load_pcm
from d2m.training.data.composed_pieces import TRACK_PEAK, ComposedPiece
from d2m.training.data.piece_rendering import missing_pieces, render_pieces
from d2m.training.data.recorded_music import add_music, add_permissive_music
from tests.training.conftest import PIECES
from tests.training.small import cpu_engine, tone

CPU = torch.device("cpu")
SHORT_PIECES = (21, 13)
"""Numbers of the shortest pieces among the first hundred: 8.3 and 9.0 s."""


def write(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate)
    return path


def test_a_piece_is_written_and_some_also_without_drums(corpus):
    names = {path.name for path in (corpus / "train").glob("*.flac")}
    assert names == {f"score-0000{n}.flac" for n in range(3)} | {"tonal-00000.flac"}
    score, tonal = (
        load_pcm(corpus / "train" / f"{kind}-00000.flac") for kind in ("score", "tonal")
    )
    assert 3.4 * SAMPLE_RATE < len(score) == len(tonal) < 4.6 * SAMPLE_RATE
    assert not np.array_equal(score, tonal)


def test_pieces_that_are_there_are_kept(corpus):
    assert missing_pieces(corpus, PIECES) == []
    before = {path: path.stat().st_mtime_ns for path in corpus.rglob("*.*")}
    render_pieces(corpus, PIECES)
    assert {path: path.stat().st_mtime_ns for path in corpus.rglob("*.*")} == before


def test_no_training_piece_shares_its_seed_with_a_held_out_one():
    train = {ComposedPiece(number=n).seed for n in range(2_000)}
    held_out = {ComposedPiece(number=n, held_out=True).seed for n in range(2_000)}
    assert not train & held_out


def test_settings_vary_in_training_only():
    settings = [ComposedPiece(number=n).settings() for n in range(60)]
    plain = sum(each == Settings() for each in settings)
    assert 20 < plain < 50
    assert all(ComposedPiece(number=n, held_out=True).settings() == Settings() for n in range(60))
    assert any(not each.drums for each in settings)


def test_two_processes_render_each_piece_once(tmp_path):
    pieces = [ComposedPiece(number=number) for number in SHORT_PIECES]
    render_pieces(tmp_path, pieces, workers=2)
    assert missing_pieces(tmp_path, pieces) == []
    lengths = [len(load_pcm(tmp_path / piece.path)) / SAMPLE_RATE for piece in pieces]
    assert all(8.0 < length < 9.5 for length in lengths)
    assert not list(tmp_path.rglob("*.part"))


def test_a_process_that_cannot_render_fails(tmp_path):
    blocked = tmp_path / "corpus"
    blocked.write_text("no folder")
    with pytest.raises(DataError, match="could not be rendered"):
        render_pieces(blocked, [ComposedPiece(number=1)], workers=2)


def test_parts_of_recorded_music_are_summed_as_mono_at_the_rate_of_the_networks(tmp_path):
    stereo = np.stack([tone(300.0), np.zeros_like(tone(300.0))], axis=1)
    write(tmp_path / "root" / "a.wav", stereo)
    write(tmp_path / "root" / "b.wav", tone(300.0, 2.0))
    write(tmp_path / "root" / "c.wav", np.repeat(tone(50.0), 2), 2 * SAMPLE_RATE)
    tracks = {"Sum of two": ("a.wav", "b.wav"), "fast": ("c.wav",)}
    add_music(tmp_path, tmp_path / "root", tracks, held_out=False)
    summed, rate = soundfile.read(tmp_path / "train" / "music-sum-of-two.flac")
    assert rate == SAMPLE_RATE
    assert len(summed) == 2 * SAMPLE_RATE
    assert np.abs(summed[:SAMPLE_RATE]).max() == pytest.approx(0.45, abs=0.01)
    assert len(soundfile.read(tmp_path / "train" / "music-fast.flac")[0]) == SAMPLE_RATE


def test_music_that_would_clip_is_scaled_down(tmp_path):
    write(tmp_path / "a.wav", 3.0 * tone(300.0))
    add_music(tmp_path, tmp_path, {"loud": ("a.wav", "a.wav")}, held_out=True)
    audio, _ = soundfile.read(tmp_path / "held_out" / "music-loud.flac")
    assert np.abs(audio).max() == pytest.approx(TRACK_PEAK, abs=1e-3)


def test_missing_music_is_named(tmp_path):
    with pytest.raises(DataError, match=r"stg0\.ogg is missing: install its Debian package"):
        add_permissive_music(tmp_path, tmp_path)


def test_crops_of_audio_depend_on_the_random_generator_only(corpus):
    pool, engine = AudioPool(corpus, CPU), cpu_engine()
    draws = [pool.draw(6, 4096, np.random.default_rng(s), engine) for s in (1, 1, 2)]
    assert draws[0].shape == (6, 4096)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert draws[0].abs().max() <= 10 ** (2 / 20)


def test_audio_that_is_written_during_a_training_is_found(corpus, tmp_path):
    folder = tmp_path / "train"
    folder.mkdir()
    shutil.copy(corpus / "train" / "score-00000.flac", folder)
    pool = AudioPool(tmp_path, CPU)
    before = pool.seconds
    write(folder / "music-new.flac", tone(200.0, 2.0))
    deadline = time.monotonic() + 30.0
    while pool.seconds == before and time.monotonic() < deadline:
        pool.look_for_new()
    assert pool.seconds["music"] == pytest.approx(2.0)
    assert pool.seconds["score"] == before["score"]


def test_a_corpus_without_audio_is_refused(tmp_path):
    with pytest.raises(DataError, match="train pieces"):
        AudioPool(tmp_path, CPU)
