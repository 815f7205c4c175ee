"""The corpus: composed pieces, recorded music, and crops of both."""

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
from d2m.models.score_generator import ScoreGenerator
from d2m.models.spectral_codec import CODING_FRAME
from d2m.training.data.audio_pool import AudioPool, load_pcm
from d2m.training.data.composed_pieces import TRACK_PEAK, ComposedPiece
from d2m.training.data.piece_crops import (
    NOTES_PER_CROP,
    PAIRS_PER_FRAME,
    PieceCrops,
    pad_notes,
)
from d2m.training.data.piece_rendering import missing_pieces, render_pieces
from d2m.training.data.recorded_music import add_music, add_permissive_music
from d2m.training.distributed import Engine
from tests.training.conftest import PIECES
from tests.training.small import GENERATOR, cpu_engine, small_codec, tone

CPU = torch.device("cpu")
SHORT_PIECES = (21, 13)
"""Numbers of the shortest pieces among the first hundred: 8.3 and 9.0 s."""


def write(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate)
    return path


def crops_of(corpus: Path, **options) -> PieceCrops:
    return PieceCrops(corpus, small_codec().encode, CPU, **options)


def test_a_piece_is_written_with_its_notes_and_some_without_drums(corpus):
    names = {path.name for path in (corpus / "train").glob("*.flac")}
    assert names == {f"score-0000{n}.flac" for n in range(3)} | {"tonal-00000.flac"}
    score, tonal = (
        load_pcm(corpus / "train" / f"{kind}-00000.flac") for kind in ("score", "tonal")
    )
    assert 3.4 * SAMPLE_RATE < len(score) == len(tonal) < 4.6 * SAMPLE_RATE
    assert not np.array_equal(score, tonal)
    with np.load(corpus / "train" / "score-00000.npz") as file:
        notes = {name: file[name] for name in file.files}
    assert len(notes["time"]) == len(notes["movement"]) == len(score) // CODING_FRAME
    assert len(notes["start_s"]) > 10
    assert notes["start_s"].max() < len(score) / SAMPLE_RATE


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


def test_a_corpus_without_audio_or_pieces_is_refused(tmp_path):
    with pytest.raises(DataError, match="train pieces"):
        AudioPool(tmp_path, CPU)
    with pytest.raises(DataError, match="train pieces"):
        crops_of(tmp_path)


def test_a_crop_reads_the_notes_of_its_own_frames(corpus):
    crops = crops_of(corpus)
    whole = crops.crops([(1, 0)], crops.pieces[1].frames)
    batch = crops.crops([(0, 5), (1, 20)], 30)
    generator = ScoreGenerator(GENERATOR).eval()
    with torch.no_grad():
        vectors = generator.notes(whole.notes, whole.time.shape[1])
        parts = generator.notes(batch.notes, 60)
    assert torch.allclose(parts[30:], vectors[20:50], atol=1e-4)
    assert torch.equal(batch.time[1], whole.time[0, 20:50])
    samples = slice(20 * CODING_FRAME, 50 * CODING_FRAME)
    assert torch.equal(batch.audio[1], whole.audio[0, samples])
    assert torch.equal(batch.codes[1], whole.codes[0, 80:200])


def test_movement_is_read_beside_the_time(corpus):
    with_movement = crops_of(corpus, movement=True).crops([(0, 0)], 10)
    plain = crops_of(corpus).crops([(0, 0)], 10)
    assert with_movement.time.shape[2] > plain.time.shape[2]
    assert torch.equal(with_movement.time[..., : plain.time.shape[2]], plain.time)


def test_the_limit_leaves_pieces_for_later(corpus):
    crops = crops_of(corpus, limit=1)
    assert len(crops.pieces) == 1
    deadline = time.monotonic() + 30.0
    while len(crops.pieces) < 3 and time.monotonic() < deadline:
        crops.look_for_new()
    assert len(crops.pieces) == 3


def test_two_processes_share_the_crops_of_a_batch(corpus, monkeypatch):
    crops = crops_of(corpus)
    whole = crops.draw(4, 40, np.random.default_rng(0), cpu_engine())
    monkeypatch.setattr(Engine, "world_size", property(lambda _: 2))
    halves = []
    for first in (0, 2):
        monkeypatch.setattr(
            Engine, "share", lambda _, batch, first=first: slice(first, first + batch)
        )
        halves.append(crops.draw(2, 40, np.random.default_rng(0), cpu_engine()))
    assert torch.equal(torch.cat([half.audio for half in halves]), whole.audio)


def test_padding_notes_leaves_what_the_network_generates_unchanged(corpus):
    batch = crops_of(corpus).draw(2, 40, np.random.default_rng(0), cpu_engine())
    padded = pad_notes(batch.notes, 2, 80)
    assert len(padded.pitch) == 2 * NOTES_PER_CROP
    assert len(padded.pair_note) == 80 * PAIRS_PER_FRAME
    generator = ScoreGenerator(GENERATOR).eval()
    with torch.no_grad():
        plain, same = (generator(n, batch.time, batch.piece) for n in (batch.notes, padded))
    assert torch.allclose(plain, same, atol=1e-5)


def test_notes_beyond_the_size_of_a_batch_are_cut(corpus, monkeypatch):
    monkeypatch.setattr("d2m.training.data.piece_crops.PAIRS_PER_FRAME", 2)
    batch = crops_of(corpus).draw(2, 40, np.random.default_rng(0), cpu_engine())
    padded = pad_notes(batch.notes, 2, 80)
    assert len(padded.pair_note) == 160 < len(batch.notes.pair_note)
    assert torch.equal(padded.pair_frame, batch.notes.pair_frame[:160])
