"""Measure dances for songs that no training heard: the table of "Dancing to Music", and more."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from d2m.benchmark.dance_document import write_dance_document
from d2m.benchmark.dance_figures import MeasuredDance, measure_dance, row_figures
from d2m.benchmark.dance_rows import ONE_DANCE_ROWS, REFERENCE_ROW, Dancer, dancers, reference_dance
from d2m.benchmark.dance_songs import EvaluationSong, evaluation_songs
from d2m.benchmark.round_trip import round_trip
from d2m.checkpoints import CHECKPOINTS
from d2m.choreography.action_classifier import ActionClassifier
from d2m.metrics.beats import beat_f_measure


@dataclass(frozen=True, kw_only=True)
class DanceEvaluationConfig:
    """What to measure, and where to write it.

    Parameters
    ----------
    songs
        Number of songs.
    dances
        Dances of each row to each song; rows without randomness have one.
    out
        Markdown file of the report, beside which its JSON is written; None to write none.
    round_trips
        Songs whose dances are drawn and given to the other direction.
    weights
        Checkpoints folder.
    """

    songs: int = 20
    dances: int = 5
    out: Path | None = None
    round_trips: int = 0
    weights: Path = CHECKPOINTS


def evaluate_dances(
    config: DanceEvaluationConfig, rows: Mapping[str, Dancer] | None = None
) -> dict[str, Any]:
    """Measure all rows, and write the report.

    Parameters
    ----------
    config
        What to measure.
    rows
        Dancers by title; by default those of `d2m.benchmark.dance_rows.dancers`.

    Returns
    -------
    dict
        ``rows`` with the figures by title and key, ``songs``, ``dances`` (the number for each
        song and row), ``windows`` (the number that Frechet distances are of), ``round_trip``
        with the figures of each song, and ``left_out`` with the reasons by row.

    Raises
    ------
    CheckpointError
        If the weights of the action classifier are missing or damaged.
    """
    chosen, left_out = dancers(config.weights) if rows is None else (rows, {})
    classifier = ActionClassifier.from_pretrained(config.weights)
    measured: dict[str, list[MeasuredDance]] = {row: [] for row in (*chosen, REFERENCE_ROW)}
    songs: list[dict[str, Any]] = []
    trips: list[dict[str, Any]] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory(prefix="d2m-evaluate-") as scratch:
            found = evaluation_songs(config.songs, Path(scratch))
            for index, song in enumerate(tqdm(found, total=config.songs, unit="song")):
                songs.append(_song_facts(song))
                _measure_song(song, chosen, classifier, config.dances, measured)
                if index < config.round_trips:
                    trips.append(round_trip(song, Path(scratch), config.weights))
    finally:
        torch.set_num_threads(threads)
    reference = measured.pop(REFERENCE_ROW)
    results = {
        "rows": {
            title: {key: asdict(one) for key, one in row_figures(dances, reference).items()}
            for title, dances in measured.items()
        },
        "dances": config.dances,
        "windows": sum(len(dance.features["action"]) for dance in reference) // config.dances,
        "songs": songs,
        "round_trip": trips,
        "left_out": left_out,
    }
    if config.out is not None:
        write_dance_document(results, config.out)
    return results


def _measure_song(
    song: EvaluationSong,
    rows: Mapping[str, Dancer],
    classifier: ActionClassifier,
    dances: int,
    measured: dict[str, list[MeasuredDance]],
) -> None:
    """Measure the dances of all rows, and those of the reference, to one song."""
    for title, dancer in (*rows.items(), (REFERENCE_ROW, reference_dance)):
        for number in range(1 if title in ONE_DANCE_ROWS else dances):
            dance = dancer(song, number)
            measured[title].append(measure_dance(dance, song, number, classifier))


def _song_facts(song: EvaluationSong) -> dict[str, Any]:
    """Return what a report says about a song."""
    found = song.analysis
    return {
        "title": song.title,
        "seed": song.seed,
        "style": song.style,
        "tempo_bpm": song.tempo_bpm,
        "duration_s": song.duration_s,
        "found_tempo_bpm": found.tempo_bpm,
        "found_beat_f": beat_f_measure(
            found.beats_s[found.beats_s <= song.duration_s], song.beats_s
        ),
    }
