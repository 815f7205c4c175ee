"""Check the files of a job: WAV, video and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE

MOST = 10 ** (-1 / 20)
"""Largest true peak of music: -1 dBTP."""


def true_peak(audio: np.ndarray) -> float:
    """Return the true peak of sound (N,) or (C, N), oversampled four times as BS.1770 has it."""
    return float(np.abs(resample_poly(audio.astype(float), 4, 1, axis=-1)).max())


def read_wav(path: Path) -> np.ndarray:
    import soundfile

    audio, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    return np.asarray(audio)


def assert_valid_wav(path: Path, duration_s: float, fps: float) -> None:
    audio = read_wav(path)
    assert abs(len(audio) / SAMPLE_RATE - duration_s) <= 1.0 / fps
    assert 0.05 < true_peak(audio) <= MOST


def assert_valid_video(path: Path, duration_s: float, fps: float) -> None:
    """Decode all video and audio, and check formats and durations."""
    import av

    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, video.pix_fmt, audio.codec.name) == ("h264", "yuv420p", "aac")
        times_s = [float(frame.time) for frame in container.decode(video)]
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        audio_s = float(stream.duration * stream.time_base)
        peak = true_peak(np.concatenate([frame.to_ndarray() for frame in frames], axis=1))
    assert abs(times_s[-1] + 1.0 / fps - duration_s) <= 1.0 / fps + 1e-3
    assert abs(audio_s - duration_s) <= 1.0 / fps + 1e-3
    assert 0.05 < peak <= MOST


def assert_valid_report(facts: dict[str, Any], levels: tuple[str, ...]) -> None:
    assert facts["clip"].keys() >= {"duration_s", "fps", "width", "height"}
    rhythm = facts["rhythm"]
    assert rhythm.keys() >= {"tempo_bpm", "beats_s", "confidence", "pose_coverage"}
    assert 40 < rhythm["tempo_bpm"] < 240
    assert (np.diff(rhythm["beats_s"]) > 0).all()
    assert 0 <= rhythm["confidence"] <= 1
    assert 0.1 <= rhythm["pose_coverage"] <= 1
    assert tuple(facts["levels"]) == levels
    for name, level in facts["levels"].items():
        assert level["hop_length"] == HOP_LEVELS[name].hop_length
        assert level["sample_rate"] == SAMPLE_RATE
        assert level["seconds"].keys() >= {"play", "encode", "decode"}
        assert all(seconds >= 0 for seconds in level["seconds"].values())
        assert (np.diff(level["music_beats_s"]) > 0).all()
        assert 0 <= level["scores"]["beat_f_measure"] <= 1
        assert level["files"].keys() == {"wav", "mp4", "png", "dark", "midi", "csv"}
        assert not any("/" in file for file in level["files"].values())
