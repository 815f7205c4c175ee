"""The training corpus, on a small one: two songs, three pieces each, four procedural dances."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import load_codec
from d2m.core.errors import DataError
from d2m.core.levels import HIGH, SAMPLE_RATE
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.data.corpus import (
    HELD_OUT_TEMPO_RANGES_BPM,
    TEMPO_RANGE_BPM,
    corpus_codes,
    load_audio,
    load_pieces,
    render_corpus,
    sample_piece,
)
from d2m.training.data.motion_bank import MotionFeatures, sample_motion
from d2m.training.loops.loop_songs import UNSEEN_SONGS
from d2m.training.loops.loop_synthesizer import SOUNDFONT

pytestmark = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")


@pytest.fixture(scope="module")
def corpus(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the corpus that only this module's tests write to."""
    folder = tmp_path_factory.mktemp("copy") / "corpus"
    shutil.copytree(small_corpus, folder)
    shutil.rmtree(folder / "codes", ignore_errors=True)
    return folder


@pytest.fixture(scope="module")
def codec() -> JukeboxVQVAE:
    return load_codec(HIGH)


def rows(motions: list[MotionFeatures]) -> set[bytes]:
    return {row.tobytes() for motion in motions for row in motion.features}


def test_pieces_are_named_paired_and_on_the_grid(corpus):
    pieces = load_pieces(corpus)
    assert [piece.name for piece in pieces] == [f"0{s}-0{t}" for s in (0, 1) for t in (0, 1, 2)]
    for piece in pieces:
        assert piece.song == int(piece.name[:2])
        assert piece.features.shape == (PHRASE_STEPS, 11)
        assert piece.visual.shape == (PHRASE_STEPS, 8)
        assert piece.grid.n_steps == PHRASE_STEPS
        beat = np.diff(piece.grid.beats_s)
        np.testing.assert_allclose(beat, 60 / piece.tempo_bpm, atol=FRAME / SAMPLE_RATE + 1e-9)
        audio = load_audio(corpus, piece)
        assert len(audio) == piece.grid.n_frames * FRAME
        assert 0.01 < np.abs(audio).max() <= 1.0


def test_piece_0_is_held_out_by_tempo_and_by_dance(bank):
    held_out = rows([motion for motion in bank if motion.held_out])
    for song in range(3):
        for number in range(6):
            piece = sample_piece(song, number, bank)
            in_held_out_range = any(
                low <= piece.tempo_bpm <= high for low, high in HELD_OUT_TEMPO_RANGES_BPM
            )
            held_out_dance = {row.tobytes() in held_out for row in piece.features}
            assert piece.held_out == (number == 0)
            assert in_held_out_range == piece.held_out
            assert held_out_dance == {piece.held_out}
            assert TEMPO_RANGE_BPM[0] <= piece.tempo_bpm <= TEMPO_RANGE_BPM[1]


def test_pieces_differ_but_are_reproducible(bank):
    one, again, other = (sample_piece(4, number, bank) for number in (2, 2, 3))
    assert one.tempo_bpm == again.tempo_bpm != other.tempo_bpm
    assert (one.features == again.features).all()
    assert (one.features != other.features).any()


def test_sources_are_equally_likely_and_motion_fills_the_bars(bank):
    rare = MotionFeatures(
        name="rare",
        source="other",
        features=np.full((16, 11), 0.123, dtype=np.float32),
        visual=np.zeros((16, 8), dtype=np.float32),
        held_out=False,
    )
    rng = np.random.default_rng(0)
    drawn = [sample_motion([*bank, rare], 2, rng)[0] for _ in range(200)]
    assert {len(features) for features in drawn} == {32}
    share = np.mean([(features[0] == np.float32(0.123)).all() for features in drawn])
    assert 0.35 < share < 0.65


def test_a_second_rendering_keeps_existing_pieces(corpus, bank):
    kept = corpus / "audio" / "00-01.flac"
    kept.write_bytes(b"kept")
    (corpus / "pieces" / "01-02.npz").unlink()
    (corpus / "audio" / "01-02.flac").unlink()
    before = (corpus / "pieces" / "00-01.npz").stat().st_mtime_ns
    render_corpus(corpus, bank, pieces_per_song=3, songs=(0, 1, UNSEEN_SONGS[0]))
    assert kept.read_bytes() == b"kept"
    assert (corpus / "pieces" / "00-01.npz").stat().st_mtime_ns == before
    assert (corpus / "audio" / "01-02.flac").stat().st_size > 10_000
    assert not list(corpus.rglob("*.part"))


def test_a_piece_rendered_again_is_the_same(corpus, small_corpus, bank):
    again = {piece.name: piece for piece in load_pieces(corpus)}["01-02"]
    first = {piece.name: piece for piece in load_pieces(small_corpus)}["01-02"]
    assert again.tempo_bpm == first.tempo_bpm == sample_piece(1, 2, bank).tempo_bpm
    difference = np.abs(load_audio(corpus, again) - load_audio(small_corpus, first))
    # Only the synthesizer's first notes may differ, for a millisecond.
    assert (difference > 2e-3).mean() < 1e-3


def test_codes_are_encoded_once(small_corpus, codec):
    pieces = load_pieces(small_corpus)
    codes = corpus_codes(small_corpus, pieces, codec, HIGH)
    assert [len(piece_codes) for piece_codes in codes] == [piece.grid.n_frames for piece in pieces]
    cache = small_corpus / "codes" / "high.npz"
    encoded_ns = cache.stat().st_mtime_ns
    again = corpus_codes(small_corpus, pieces, codec, HIGH)
    assert cache.stat().st_mtime_ns == encoded_ns
    assert all((one == other).all() for one, other in zip(codes, again, strict=True))


def test_another_codec_or_other_pieces_are_encoded_again(corpus, codec):
    pieces = sorted(load_pieces(corpus)[3:], key=lambda piece: piece.grid.n_frames)[:1]
    codes = corpus_codes(corpus, pieces, codec, HIGH)[0]
    other = load_codec(HIGH)
    other.codebook(HIGH).k.copy_(1.001 * torch.roll(codec.codebook(HIGH).k, 1, dims=0))
    new = corpus_codes(corpus, pieces, other, HIGH)[0]
    assert len(new) == len(codes)
    assert (new == (codes + 1) % 2048).mean() > 0.9
    assert list(np.load(corpus / "codes" / "high.npz")["names"]) == [pieces[0].name]


def test_codes_decode_to_the_music(small_corpus, codec):
    pieces = load_pieces(small_corpus)
    codes = corpus_codes(small_corpus, pieces, codec, HIGH)[1][200:600].astype(np.int64)
    decoded = codec.decode(torch.from_numpy(codes)[None], HIGH)[0].numpy()
    audio = load_audio(small_corpus, pieces[1])[200 * FRAME : 600 * FRAME]
    inner = slice(60 * FRAME, -60 * FRAME)
    assert np.corrcoef(decoded[inner], audio[inner])[0, 1] > 0.7


def test_an_empty_folder_is_refused(tmp_path):
    folder = tmp_path / "nothing"
    folder.mkdir()
    with pytest.raises(DataError) as refusal:
        load_pieces(folder)
    assert "No corpus in the folder nothing" in str(refusal.value)
    assert str(tmp_path) not in str(refusal.value)
