"""The report of a job as JSON: all facts, enough to make the same music again."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from d2m.checkpoints import family_named
from d2m.core.beat_tempo import rounded_tempo
from d2m.core.errors import SettingsError
from d2m.core.levels import HopLevel
from d2m.core.settings import Settings
from d2m.core.version import __version__
from d2m.generation.soundtrack import Soundtrack
from d2m.media.atomic_write import atomic_write
from d2m.perception.dance import Dance
from d2m.rendering.rights import rights_sheet
from d2m.score.notes import Score, Track

_LIBRARIES = ("torch", "numpy", "mediapipe", "librosa", "av")


def report(dance: Dance, soundtracks: list[Soundtrack], name: str = "") -> dict[str, Any]:
    """Collect all facts of a job as JSON-ready values.

    Parameters
    ----------
    dance, soundtracks
        The dance, and the music made for it.
    name
        Name of the clip.

    Returns
    -------
    dict
        ``clip`` (name, duration_s, fps, width, height, picture), ``rhythm`` (tempo_bpm, found,
        beats_s, confidence, pose_coverage, ...), ``people`` (count, followed), ``warnings``,
        ``settings``, ``versions``, ``seconds`` of each stage of the analysis, ``levels`` by name,
        and ``more_variations``: number, seed and ``levels`` of each variation after the first.
    """
    clip, rhythm = dance.clip, dance.rhythm
    return {
        "clip": {
            "name": name,
            "duration_s": round(clip.duration_s, 4),
            "fps": round(clip.fps, 4),
            "width": clip.width,
            "height": clip.height,
            "picture": dance.analysis.picture_sentence,
        },
        "rhythm": {
            "tempo_bpm": rounded_tempo(rhythm.tempo_bpm),
            "found": bool(rhythm.is_found),
            "beats_s": rounded_times(rhythm.beats_s),
            "downbeats_s": rounded_times(rhythm.downbeats_s),
            "confidence": round(rhythm.confidence, 3),
            "unsure": rhythm.unsure,
            "phase_confidence": round(rhythm.phase_confidence, 3),
            "clock": rhythm.clock,
            "clock_reason": rhythm.clock_reason,
            "candidates": [
                {
                    "tempo_bpm": rounded_tempo(one.tempo_bpm),
                    "shift_beats": one.shift_beats,
                    "probability": round(one.probability, 3),
                }
                for one in rhythm.candidates
            ],
            "pose_coverage": round(dance.pose.coverage, 4),
        },
        "people": {"count": dance.people.count, "followed": list(dance.people.followed)},
        "warnings": list(dance.warnings),
        "settings": soundtracks[0].settings.facts() if soundtracks else {},
        "versions": versions(),
        "seconds": dance.seconds,
        "levels": _levels(soundtracks, 1),
        "more_variations": [
            {
                "variation": number,
                "seed": seed,
                "levels": _levels(soundtracks, number),
            }
            for number, seed in {one.variation: one.settings.seed for one in soundtracks}.items()
            if number > 1
        ],
    }


def write_report(path: Path, facts: dict[str, Any]) -> None:
    """Write a report as JSON."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def read_report(path: Path) -> dict[str, Any]:
    """Read a report of music or of a dance.

    Raises
    ------
    SettingsError
        If the file is not a report.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_report(path) from None
    if not isinstance(facts, dict) or not isinstance(facts.get("settings"), dict):
        raise _no_report(path)
    return facts


def read_settings(path: Path) -> tuple[Settings, str]:
    """Read the settings and levels of a report.

    Returns
    -------
    settings, levels
        The settings, and the levels with commas between them, such as ``"studio,high"``.

    Raises
    ------
    SettingsError
        If the file is not a report.
    """
    facts = read_report(path)
    levels = facts.get("levels")
    if not isinstance(levels, dict):
        raise _no_report(path)
    return Settings.from_facts(facts["settings"]), ",".join(str(level) for level in levels)


def _no_report(path: Path) -> SettingsError:
    return SettingsError(
        f"The file {path.name} is not a report of D2M: use a report.json that it wrote."
    )


def _levels(soundtracks: list[Soundtrack], variation: int) -> dict[str, Any]:
    """Return the facts of each level of a variation by its name."""
    return {one.level.name: _level(one) for one in soundtracks if one.variation == variation}


def _level(track: Soundtrack) -> dict[str, Any]:
    return {
        **(_network(track) if isinstance(track.level, HopLevel) else {}),
        **({"song": track.song, **_score(track.score)} if track.score else {}),
        **(_tracks(track.tracks) if track.tracks else {}),
        "sample_rate": track.sample_rate,
        "style": track.style.name,
        "seed": track.settings.seed,
        "rights": rights_sheet(track),
        "seconds": track.seconds,
        "music_beats_s": rounded_times(track.music_beats_s),
        "scores": {
            "beat_f_measure": None,  # where no rhythm was found
            **{name: round(value, 4) for name, value in track.scores.items()},
        },
        "files": {kind: path.name for kind, path in track.paths.items()},
    }


def _network(track: Soundtrack) -> dict[str, Any]:
    assert isinstance(track.level, HopLevel)
    codes = b"" if track.codes is None else track.codes.tobytes()
    return {
        "hop_length": track.level.hop_length,
        "weights": track.settings.weights,
        "licence": family_named(track.settings.weights).licence,
        "codes_sha256": hashlib.sha256(codes).hexdigest(),
    }


def _tracks(tracks: tuple[Track, ...]) -> dict[str, Any]:
    return {
        "instruments": {track.name: track.instrument for track in tracks},
        "notes": sum(len(track.notes) for track in tracks),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "sub_genre": score.sub_genre,
        "arrangement": score.arrangement,
        "key": score.key,
        "tempo_bpm": rounded_tempo(score.tempo_bpm),
        "swing_percent": round(score.swing_percent, 1),
        "instruments": {track.name: track.instrument for track in score.tracks},
        "sections": [
            {
                "name": section.name,
                "start_s": round(section.start_s, 3),
                "end_s": round(section.end_s, 3),
                "energy": round(section.energy, 3),
            }
            for section in score.sections
        ],
        "hits_s": rounded_times(score.hits_s),
        "final_hit_s": round(score.end_s, 3),
    }


def versions() -> dict[str, str]:
    """Return the versions of the program and of the libraries that shape its results."""
    found = {"d2m": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in _LIBRARIES}


def rounded_times(times_s: Any) -> list[float]:
    """Return times (s) as a report holds them."""
    return [round(float(time), 4) for time in times_s]
