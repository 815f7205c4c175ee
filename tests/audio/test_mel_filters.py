"""Mel filters equal those of librosa."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.audio.mel_filters import mel_filters
from d2m.core.librosa_loader import load_librosa


@pytest.mark.parametrize(
    ("rate", "window", "bands"),
    [(22_050, 1024, 80), (22_050, 256, 20), (22_050, 2048, 128), (44_100, 2048, 40)],
)
def test_filters_equal_those_of_librosa(rate, window, bands):
    expected = load_librosa().filters.mel(sr=rate, n_fft=window, n_mels=bands)
    found = mel_filters(rate, window, bands)
    assert found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-8)


def test_each_band_rises_to_a_peak_and_falls():
    filters = mel_filters(22_050, 2048, 40)
    assert filters.shape == (40, 1025)
    assert (filters >= 0).all()
    peaks = filters.argmax(axis=1)
    assert (np.diff(peaks) > 0).all()
