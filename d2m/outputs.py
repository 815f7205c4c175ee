"""Files that people keep: sound, clip with music, beat plot, report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from d2m.checkpoints.registry import family_named
from d2m.compose import Soundtrack
from d2m.media.audio import write_wav
from d2m.media.mux import mux
from d2m.perceive import Dance
from d2m.plots import beat_plot
from d2m.progress import timed


def write_soundtrack(dance: Dance, soundtrack: Soundtrack, folder: Path, name: str) -> Soundtrack:
    """Write ``NAME.LEVEL.wav``, ``.mp4`` and ``.png`` into a folder.

    Parameters
    ----------
    dance, soundtrack
        The music and what it was made for.
    folder
        Made if it is missing.
    name
        First part of the file names.

    Returns
    -------
    Soundtrack
        The same with ``paths`` and ``alt_text``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}.{soundtrack.level.name}"
    paths = {kind: folder / f"{stem}.{kind}" for kind in ("wav", "mp4", "png")}
    with timed(soundtrack.seconds, "write"):
        write_wav(paths["wav"], soundtrack.audio)
        mux(dance.video, soundtrack.audio, paths["mp4"])
    with timed(soundtrack.seconds, "plot"):
        alt_text = beat_plot(
            paths["png"],
            title=f"{name}, {soundtrack.level.name}, {soundtrack.style.label}",
            duration_s=dance.clip.duration_s,
            motion_envelope=dance.rhythm.envelope,
            envelope_rate=dance.rhythm.envelope_rate,
            dance_beats_s=dance.rhythm.beats_s,
            audio=soundtrack.audio,
            music_beats_s=soundtrack.music_beats_s,
        )
    return replace(soundtrack, paths=paths, alt_text=alt_text)


def report(dance: Dance, soundtracks: list[Soundtrack]) -> dict[str, Any]:
    """Return all facts of a job as JSON-ready values.

    Returns
    -------
    dict
        ``clip`` (duration_s, fps, width, height), ``rhythm`` (tempo_bpm, beats_s,
        confidence, pose_coverage, ...), ``seconds`` of each stage of perception, and for
        each level ``levels.LEVEL``.
    """
    return {
        "clip": {
            "duration_s": round(dance.clip.duration_s, 4),
            "fps": round(dance.clip.fps, 4),
            "width": dance.clip.width,
            "height": dance.clip.height,
        },
        "rhythm": {
            "tempo_bpm": round(dance.rhythm.tempo_bpm, 2),
            "beats_s": _times(dance.rhythm.beats_s),
            "downbeats_s": _times(dance.rhythm.downbeats_s),
            "confidence": round(dance.rhythm.confidence, 3),
            "steady_default": dance.rhythm.steady_default,
            "pose_coverage": round(dance.pose.coverage, 4),
        },
        "warnings": list(dance.warnings),
        "seconds": dance.seconds,
        "levels": {track.level.name: _level(track) for track in soundtracks},
    }


def write_report(path: Path, facts: dict[str, Any]) -> None:
    """Write a report as JSON."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(facts, indent=2) + "\n")
    part.replace(path)


def _level(track: Soundtrack) -> dict[str, Any]:
    return {
        "hop_length": track.level.hop_length,
        "sample_rate": track.sample_rate,
        "weights": track.weights,
        "licence": family_named(track.weights).licence,
        "style": track.style.name,
        "song": track.song,
        "seed": track.seed,
        "seconds": track.seconds,
        "music_beats_s": _times(track.music_beats_s),
        "scores": {name: round(value, 4) for name, value in track.scores.items()},
        "files": {kind: path.name for kind, path in track.paths.items()},
    }


def _times(times_s: Any) -> list[float]:
    return [round(float(time), 4) for time in times_s]
