"""The report of a dance as JSON: all facts, enough to make the same dance again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from d2m.choreography.choreography_result import Choreography
from d2m.choreography.dance_rights import DANCE_RIGHTS, dance_rights_sheet
from d2m.core.beat_tempo import rounded_tempo
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import SettingsError
from d2m.rendering.report import read_report, rounded_times, versions


def dance_report(choreography: Choreography) -> dict[str, Any]:
    """Collect all facts of a dance as JSON-ready values.

    Returns
    -------
    dict
        ``song`` (name, start_s, duration_s, tempo_bpm, has_beat, confidence), ``music_beats_s``,
        ``downbeats_s``, ``kinematic_beats_s``, ``style`` and ``figures`` of the first dancer,
        ``style_scores``, ``seed``, ``dancers`` with the same for each of them, ``warnings``,
        ``settings``, ``start_pose``, ``rights``, ``versions``, ``seconds`` and ``files``. The
        figures are null where the song has no beat.
    """
    song, first = choreography.song, _dancer(choreography, 0)
    scores = choreography.dances[0].style_scores
    return {
        "song": {
            "name": song.name,
            "start_s": round(song.start_s, 4),
            "duration_s": round(song.duration_s, 4),
            "tempo_bpm": rounded_tempo(song.tempo_bpm),
            "has_beat": bool(song.has_beat),
            "confidence": round(float(song.confidence), 3),
        },
        "music_beats_s": rounded_times(song.beats_s),
        "downbeats_s": rounded_times(song.downbeats_s),
        "style_scores": {name: round(float(score), 4) for name, score in scores.items()},
        **first,
        "dancers": [_dancer(choreography, index) for index in range(len(choreography.dances))],
        "warnings": list(song.warnings),
        "settings": choreography.settings.facts(),
        "start_pose": choreography.has_start_pose,
        "rights": dance_rights_sheet(song.name),
        "rights_sentence": DANCE_RIGHTS,
        "versions": versions(),
        "seconds": {name: round(value, 3) for name, value in choreography.seconds.items()},
        "files": {kind: path.name for kind, path in choreography.paths.items()},
    }


def read_dance_settings(path: Path) -> DanceSettings:
    """Read the settings of the report of a dance.

    Raises
    ------
    SettingsError
        If the file is not such a report.
    """
    facts = read_report(path)
    if not isinstance(facts.get("song"), dict):
        raise SettingsError(
            f"The file {path.name} is not the report of a dance: use a report.json that "
            "`python -m d2m dance` wrote."
        )
    return DanceSettings.from_facts(facts["settings"])


def _dancer(choreography: Choreography, index: int) -> dict[str, Any]:
    dance = choreography.dances[index]
    figures = choreography.figures(index)
    return {
        "style": dance.style,
        "seed": choreography.settings.seed + index,
        "kinematic_beats_s": rounded_times(choreography.kinematic_beats[index].beats_s),
        "joins_s": rounded_times(dance.joins_s),
        "figures": {name: round(value, 4) for name, value in figures.items()} or None,
    }
