"""Training of a spectral codec: its corpus, its losses, its codebook, and a few steps."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.codec import log_mel_l1
from d2m.models.istft_decoder import TONE_HZ
from d2m.models.spectral_codec import SpectralCodec, SpectralCodecConfig
from d2m.models.vqvae import Codebook
from d2m.training.distributed import Engine
from d2m.training.spectral_codec_codebook import SlowCodebookTrainer
from d2m.training.spectral_codec_data import (
    TRACK_PEAK,
    ComposedPiece,
    CorpusCrops,
    add_music,
    load_tracks,
    render_pieces,
)
from d2m.training.spectral_codec_losses import (
    LOG_TONE_FLOOR,
    SpectralLoss,
    ToneLoss,
    low_band_distance,
    relative_distance,
)
from d2m.training.spectral_codec_training import (
    SpectralCodecTask,
    SpectralTrainingConfig,
    train_spectral_codec,
)
from d2m.training.trainer import Trainer

SMALL = SpectralCodecConfig(width=32, hidden=48, encoder_blocks=1, decoder_blocks=1)
FEW = {
    "codec": SMALL,
    "batch": 2,
    "crop": 4096,
    "warm_up": 2,
    "report_every": 2,
    "save_every": 4,
    "device": "cpu",
    "precision": "no",
    "tensorboard": False,
}


def tone(hz: float, seconds: float = 1.0, phase: float = 0.0) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * hz * time + phase)).astype(np.float32)


def write(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate)
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for number, hz in enumerate((110.0, 220.0, 331.0)):
        write(folder / "train" / f"score-{number:03d}.flac", tone(hz, 2.0))
    write(folder / "train" / "music-one.flac", tone(441.0, 2.0))
    write(folder / "held_out" / "score-000.flac", tone(165.0, 1.0))
    write(folder / "held_out" / "music-two.flac", tone(247.0, 1.0))
    return folder


def metrics(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(li).items() if k != "seconds_a_step"} for li in lines]


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
    assert len(load_tracks(tmp_path, "music", held_out=False)[0]) % 128 == 0
    assert len(soundfile.read(tmp_path / "train" / "music-fast.flac")[0]) == SAMPLE_RATE


def test_music_that_would_clip_is_scaled_down(tmp_path):
    write(tmp_path / "a.wav", 3.0 * tone(300.0))
    add_music(tmp_path, tmp_path, {"loud": ("a.wav", "a.wav")}, held_out=True)
    audio, _ = soundfile.read(tmp_path / "held_out" / "music-loud.flac")
    assert np.abs(audio).max() == pytest.approx(TRACK_PEAK, abs=1e-3)


def test_missing_music_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.ogg"):
        add_music(tmp_path, tmp_path, {"a": ("nothing.ogg",)}, held_out=False)


def test_a_composed_piece_is_written_with_and_without_drums(tmp_path, monkeypatch):
    monkeypatch.setattr("d2m.training.spectral_codec_data.PIECE_SECONDS", (4.0, 5.0))
    render_pieces(tmp_path, [ComposedPiece(number=3), ComposedPiece(number=3, held_out=True)])
    (score,) = load_tracks(tmp_path, "score", held_out=False)
    (tonal,) = load_tracks(tmp_path, "tonal", held_out=False)
    (other,) = load_tracks(tmp_path, "score", held_out=True)
    assert 4 * SAMPLE_RATE - 128 <= len(score) == len(tonal) <= 5 * SAMPLE_RATE
    assert not np.array_equal(score, tonal)
    assert len(other) != len(score)
    before = (tmp_path / "train" / "score-003.flac").stat().st_mtime_ns
    render_pieces(tmp_path, [ComposedPiece(number=3)])
    assert (tmp_path / "train" / "score-003.flac").stat().st_mtime_ns == before


def test_no_training_piece_shares_its_seed_with_a_held_out_one():
    train = {ComposedPiece(number=n).seed for n in range(2_000)}
    held_out = {ComposedPiece(number=n, held_out=True).seed for n in range(2_000)}
    assert not train & held_out


def test_crops_are_drawn_by_the_generator_only(corpus):
    engine = Engine(device="cpu", precision="no", threads=1)
    crops = CorpusCrops(corpus)
    draws = [crops.draw(6, 4096, np.random.default_rng(s), engine) for s in (1, 1, 2)]
    assert draws[0].shape == (6, 4096)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert crops.draw(1, 60_000, np.random.default_rng(0), engine).shape == (1, 60_000)


def test_a_corpus_without_training_audio_is_refused(tmp_path):
    with pytest.raises(DataError, match="render a corpus"):
        CorpusCrops(tmp_path)


def test_losses_are_zero_for_the_same_audio_and_grow_with_the_difference():
    loss = SpectralLoss(250.0)
    audio = torch.from_numpy(np.stack([tone(200.0), tone(900.0)]))
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(audio.shape)).float()
    for name, value in loss(audio, audio).items():
        assert value == pytest.approx(0.0, abs=1e-5), name
    slight, strong = loss(audio + 0.001 * noise, audio), loss(audio + 0.1 * noise, audio)
    assert all(0 < slight[name] < strong[name] for name in slight)


def test_the_mel_loss_at_one_window_length_is_the_metric(monkeypatch):
    monkeypatch.setattr("d2m.training.spectral_codec_losses.MEL_BANDS", {1024: 80})
    one, other = tone(200.0) + tone(2_000.0), tone(220.0) + 0.2 * tone(2_100.0)
    value = SpectralLoss(250.0)(torch.from_numpy(one[None]), torch.from_numpy(other[None]))["mel"]
    assert float(value) == pytest.approx(log_mel_l1(one, other), abs=0.05)


def test_the_tonal_distance_hears_a_wrong_note_and_noise_between_the_partials():
    loss = SpectralLoss(250.0)
    note, wrong = (torch.from_numpy(tone(hz)[None]) for hz in (440.0, 466.2))
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(note.shape)).float()
    right = loss(0.9 * note, note)["tonal"]
    assert right < 0.05
    assert loss(wrong, note)["tonal"] > 3 * right
    assert loss(note + 0.01 * noise, note)["tonal"] > 3 * right


def test_partials_are_found_near_the_oscillators_with_their_amplitudes():
    audio = torch.from_numpy(tone(440.0) + tone(659.3) / 3)[None]
    noise = 1e-3 * np.random.default_rng(0).standard_normal(audio.shape[-1])
    found = ToneLoss().partials(audio + torch.from_numpy(noise.astype(np.float32)))[0, :, 80]
    keys = torch.nonzero(found > LOG_TONE_FLOOR).flatten().tolist()
    assert [round(TONE_HZ[key]) for key in keys] == [440, 659]
    assert found[keys].exp().tolist() == pytest.approx([0.3, 0.1], rel=0.05)


def test_oscillators_are_judged_by_the_partials_and_may_be_silent_elsewhere():
    loss, audio = ToneLoss(), torch.from_numpy(tone(440.0))[None]
    right = loss.partials(audio)
    assert loss(right, audio) == pytest.approx(0.0, abs=1e-6)
    assert loss(torch.where(right > LOG_TONE_FLOOR, right, right - 5.0), audio) < 1e-6
    assert loss(right.roll(1, dims=1), audio) > 0.1
    assert loss(torch.full_like(right, -2.0), audio) > 1.0


def test_the_low_band_distance_hears_the_phase_of_the_bass_but_not_of_the_treble():
    low, low_turned = (torch.from_numpy(tone(60.0, phase=p)[None]) for p in (0.0, np.pi / 2))
    treble = [torch.from_numpy(tone(5_000.0, phase=p)[None]) for p in (0.0, np.pi / 2)]
    assert low_band_distance(low_turned, low, 150.0) == pytest.approx(2**0.5, abs=0.05)
    assert low_band_distance(low + treble[1], low + treble[0], 150.0) < 0.05


def test_each_octave_of_the_waveform_counts_the_same():
    bass, melody = (torch.from_numpy(a * tone(hz))[None] for a, hz in ((1.0, 60.0), (0.1, 1000.0)))
    without_bass = low_band_distance(melody, bass + melody, 1280.0)
    without_melody = low_band_distance(bass, bass + melody, 1280.0)
    assert without_bass > 0.2
    assert without_melody == pytest.approx(0.25, abs=0.05)


def test_a_quiet_item_does_not_dominate_a_batch():
    loud = torch.ones(1, 8)
    other = torch.cat([loud, 1e-4 * loud])
    assert relative_distance(other + 0.01, other) < 0.2


def test_used_entries_move_to_their_latents_and_unused_ones_are_restarted():
    book = Codebook()
    book.k.copy_(torch.full_like(book.k, 50.0))
    book.k[0] = 0.0
    trainer = SlowCodebookTrainer(book)
    latents, codes = torch.ones(64, 64), torch.zeros(64, dtype=torch.long)
    for _ in range(400):
        trainer.ema_update(latents, codes, np.random.default_rng(0), restart=False)
    assert torch.allclose(book.k[0], torch.ones(64), atol=0.05)
    assert book.k[1, 0] == pytest.approx(50.0, rel=0.01)
    trainer.counts[1:] = 1e-5
    trainer.ema_update(latents, codes, np.random.default_rng(0), restart=True)
    assert torch.allclose(book.k, torch.ones_like(book.k), atol=0.05)


def test_the_learning_rate_rises_and_then_falls_to_nearly_nothing():
    config = SpectralTrainingConfig(steps=1000)
    factors = [config.learning_rate_factor(number) for number in range(1000)]
    assert factors[0] < 0.02
    assert max(factors) == pytest.approx(factors[100], abs=0.03)
    assert all(a >= b for a, b in pairwise(factors[100:]))
    assert 0.01 < factors[-1] < 0.03


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("codec")
    train_spectral_codec(corpus, folder, SpectralTrainingConfig(steps=8, **FEW))
    return folder


def test_a_few_steps_write_a_codec_that_loads(trained):
    lines = metrics(trained)
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert {"held_out_score_log_mel", "held_out_music_convergence", "perplexity"} <= set(lines[-1])
    codec = SpectralCodec.from_pretrained(trained / "weights.safetensors")
    assert codec.codebook.k.abs().max() > 0


def test_another_level_starts_from_the_layers_that_fit(corpus, trained):
    start = SpectralCodec.from_pretrained(trained / "weights.safetensors").state_dict()
    low = replace(SMALL, level="low")
    config = SpectralTrainingConfig(steps=8, **FEW | {"codec": low})
    state = SpectralCodecTask(corpus, config, start=start).codec.state_dict()
    same = {name for name in state if torch.equal(state[name], start[name])}
    assert {"encoder.waveform.weight", "codebook.k", "decoder.stack.last.weight"} <= same
    assert "decoder.stack.first.weight" not in same


@pytest.mark.slow
def test_eighty_steps_lower_the_loss(corpus, tmp_path):
    few = FEW | {"warm_up": 10, "report_every": 20, "save_every": 80}
    train_spectral_codec(corpus, tmp_path, SpectralTrainingConfig(steps=80, **few))
    first, *_, last = metrics(tmp_path)
    assert last["loss"] < 0.9 * first["loss"]


class Stopped(SpectralCodecTask):
    def step(self, number, rng, engine):
        if number == 5:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


@pytest.mark.slow
def test_an_interrupted_run_resumes_with_the_same_results(corpus, trained, tmp_path):
    config = SpectralTrainingConfig(steps=8, **FEW)
    with pytest.raises(KeyboardInterrupt):
        Trainer(tmp_path, config).train(Stopped(corpus, config))
    train_spectral_codec(corpus, tmp_path, config)
    assert metrics(tmp_path) == metrics(trained)
