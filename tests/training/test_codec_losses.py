"""The losses of codecs and generators: what they hear and what they do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from d2m.metrics.codec import log_mel_l1, spectral_convergence
from d2m.training.codec_losses import (
    SpectralLoss,
    SpectralLossWeights,
    low_band_distance,
    relative_distance,
)
from tests.training.small import tone


def test_losses_are_zero_for_the_same_audio_and_grow_with_the_difference():
    loss = SpectralLoss(250.0)
    audio = torch.from_numpy(np.stack([tone(200.0), tone(900.0)]))
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(audio.shape)).float()
    same = loss(audio, audio)
    assert set(same) == set(SpectralLossWeights.__dataclass_fields__)
    for name, value in same.items():
        assert value == pytest.approx(0.0, abs=1e-5), name
    slight, strong = loss(audio + 0.001 * noise, audio), loss(audio + 0.1 * noise, audio)
    assert all(0 < slight[name] < strong[name] for name in slight)


def test_the_distances_of_held_out_music_are_those_of_the_metrics():
    noise = np.random.default_rng(1).standard_normal(22_050).astype(np.float32)
    one, other = tone(200.0) + 0.01 * noise, tone(220.0) + 0.02 * noise
    found = SpectralLoss(250.0).distances(*(torch.from_numpy(x[None]) for x in (one, other)))
    assert found[0] == pytest.approx(log_mel_l1(one, other), abs=0.01)
    assert found[1] == pytest.approx(spectral_convergence(one, other), abs=0.01)


def test_the_tonal_distance_hears_a_wrong_note_and_noise_between_the_partials():
    loss = SpectralLoss(250.0)
    note, wrong = (torch.from_numpy(tone(hz)[None]) for hz in (440.0, 466.2))
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(note.shape)).float()
    right = loss(0.9 * note, note)["tonal"]
    assert right < 0.05
    assert loss(wrong, note)["tonal"] > 3 * right
    assert loss(note + 0.01 * noise, note)["tonal"] > 3 * right


def test_the_low_band_distance_hears_the_phase_of_the_bass_but_not_of_the_treble():
    low, low_turned = (torch.from_numpy(tone(60.0, phase=p)[None]) for p in (0.0, np.pi / 2))
    treble = [torch.from_numpy(tone(5_000.0, phase=p)[None]) for p in (0.0, np.pi / 2)]
    assert low_band_distance(low_turned, low, 150.0) == pytest.approx(2**0.5, abs=0.05)
    assert low_band_distance(low + treble[1], low + treble[0], 150.0) < 0.05


def test_each_octave_of_the_waveform_counts_the_same():
    bass, melody = (torch.from_numpy(a * tone(hz))[None] for a, hz in ((1.0, 60.0), (0.1, 1000.0)))
    assert low_band_distance(melody, bass + melody, 1280.0) > 0.2
    assert low_band_distance(bass, bass + melody, 1280.0) == pytest.approx(0.25, abs=0.05)


def test_a_quiet_item_does_not_dominate_a_batch():
    loud = torch.ones(1, 8)
    other = torch.cat([loud, 1e-4 * loud])
    assert relative_distance(other + 0.01, other) < 0.2
