"""The beats found in the sound of clips, against annotated ones and those of other trackers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import D2MError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import read_audio
from d2m.metrics.beats import music_beats
from d2m.perception.sound_beats import track_sound_beats
from tools.beat_figures.scores import score_beats
from tools.score_figures.beat_trackers import track_beats

FloatArray = NDArray[np.float64]

CONSENSUS_S = 0.07
"""Two trackers agree on a beat that they place at most so far apart (s)."""


def clip_table(clips: Path, beats: Path | None) -> list[str]:
    """Track the sound of all clips of a folder, and return Markdown."""
    known = json.loads(beats.read_text(encoding="utf-8")) if beats else {}
    lines = [
        "## Clips",
        "",
        "F with the octave allowed, against the annotated beats (this tracker, librosa's, and one "
        "by spectral flux), and against the consensus of the other two. In brackets: F if the "
        "annotation is read at double tempo.",
        "",
        "| clip | taken | confidence | tempo (BPM) | annotated (BPM) | tempo right | F | librosa F "
        "| flux F | F against consensus | median distance (ms) |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted(clips.glob("*.mp4")):
        audio = _sound_of(path)
        if audio is None:
            continue
        found = track_sound_beats(audio, SAMPLE_RATE)
        by_librosa, by_flux = music_beats(audio, SAMPLE_RATE)[1], track_beats(audio, SAMPLE_RATE)
        cells = [
            path.stem,
            "yes" if found.has_beat else "no",
            f"{found.confidence:.2f}",
            f"{found.tempo_bpm:.1f}",
        ]
        if path.name in known:
            true_s = np.asarray(known[path.name]["beats_s"], dtype=float)
            inside = (found.beats_s > true_s[0] - 0.3) & (found.beats_s < true_s[-1] + 0.3)
            scores = score_beats(found.beats_s[inside], true_s)
            doubled = np.interp(np.arange(2 * len(true_s) - 1) / 2, np.arange(len(true_s)), true_s)
            twice = score_beats(found.beats_s[inside], doubled).octave_f
            cells += [
                f"{60 / float(np.median(np.diff(true_s))):.1f}",
                "yes" if scores.tempo_right else "no",
                f"{scores.octave_f:.2f} ({twice:.2f})",
                f"{score_beats(by_librosa, true_s).octave_f:.2f}",
                f"{score_beats(by_flux, true_s).octave_f:.2f}",
            ]
        else:
            cells += ["-"] * 5
            scores = None
        agreed = consensus(by_librosa, by_flux)
        cells.append(
            f"{score_beats(found.beats_s, agreed).octave_f:.2f}" if len(agreed) > 3 else "-"
        )
        cells.append(f"{1000 * scores.bias_s:+.0f}" if scores else "-")
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def consensus(first_s: FloatArray, second_s: FloatArray) -> FloatArray:
    """Return the beats of one tracker that another confirms, at its best octave; else none."""
    if len(first_s) < 3 or len(second_s) < 3:
        return np.empty(0)
    middles = np.sort(np.concatenate((first_s, (first_s[1:] + first_s[:-1]) / 2)))
    best = np.empty(0)
    for variant in (first_s, first_s[::2], first_s[1::2], middles):
        near = np.abs(variant[:, None] - second_s).min(axis=1) <= CONSENSUS_S
        if near.mean() >= 0.8 and near.sum() > len(best):
            best = variant[near]
    return best


def _sound_of(path: Path) -> NDArray[np.float32] | None:
    """Return the mono sound of a clip; None if it has none."""
    try:
        return read_audio(path)
    except D2MError:
        return None
