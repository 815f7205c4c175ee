"""The report on many songs: distances, genres, tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from d2m.core.styles import STYLES
from d2m.generation.studio import StudioModel
from d2m.models.music_tagger import MusicTagger
from tools.score_figures.distances import (
    distance_rows,
    genre_scores,
    learned_genre_score,
    project_genre_scores,
    subset,
    top_tags,
)
from tools.score_figures.goals import table
from tools.score_figures.libraries import Library, studio_library

_DISTANCE_COLUMNS = {
    "nearest": "nearest pair",
    "pair": "its seeds",
    "of_six": "nearest of six songs",
    "median": "median pair",
    "other": "median to other styles",
    "nearest_other": "nearest of another style",
}


def song_report(
    model: StudioModel, seeds: range, arrays: Path | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Make and describe many songs, and return the report as Markdown and as values.

    Parameters
    ----------
    model
        Makes the songs.
    seeds
        Seeds of the songs of each style.
    arrays
        File (``.npz``) for the tags and embeddings of all songs.

    Raises
    ------
    CheckpointError
        If the weights of the tagger can't be read.
    """
    tagger = MusicTagger.from_pretrained()
    studio = studio_library(model, tagger, seeds, list(STYLES))
    if arrays is not None:
        np.savez(
            arrays,
            styles=studio.styles,
            songs=studio.songs,
            sub_genres=studio.sub_genres,
            labels=tagger.labels,
            tags=studio.tags,
            embeddings=studio.embeddings,
        )
    values: dict[str, Any] = {
        "distances": distance_rows(studio),
        "genres": genre_scores(studio),
        "learned": learned_genre_score(studio),
        "tags": top_tags(studio, tagger.labels),
        "sub_genres": _sub_genres(studio),
    }
    first = studio.songs < np.median(studio.songs)
    values["own_metric"] = project_genre_scores(subset(studio, ~first), subset(studio, first))
    return [*_distance_lines(values), *_genre_lines(values), *_tag_lines(values)], values


def _distance_lines(values: dict[str, Any]) -> list[str]:
    lines = []
    for kind, rows in values["distances"].items():
        lines += [f"## Distances between songs ({kind})", ""]
        lines += [*table(rows, _DISTANCE_COLUMNS), ""]
    return lines


def _genre_lines(values: dict[str, Any]) -> list[str]:
    genres, own, learned = values["genres"], values["own_metric"], values["learned"]
    rows = {
        style: {**row, **own["by_style"].get(style, {}), "learned": learned[style]}
        for style, row in genres["by_style"].items()
    }
    rows["all"] = {**genres, **own, "learned": learned["all"]}
    columns = {
        "neighbours": "tagger, 5 neighbours",
        "centroid": "tagger, nearest mean",
        "learned": "tagger, learned projection",
        "segments": "own metric, segments",
        "songs": "own metric, songs",
    }
    lines = ["## Share of songs whose style is told", "", *table(rows, columns), ""]
    lines += [f"Confused: {genres['confused']}", ""]
    return lines


def _tag_lines(values: dict[str, Any]) -> list[str]:
    lines = ["## Top tags", ""]
    for style, tags in values["tags"].items():
        lines.append(f"- {style}: {', '.join(tags)}")
    lines += ["", "Sub-genres:", ""]
    lines += [f"- {style}: {counts}" for style, counts in values["sub_genres"].items()]
    return lines


def _sub_genres(library: Library) -> dict[str, dict[str, int]]:
    """Return how often each sub-genre of each style came."""
    counts: dict[str, dict[str, int]] = {}
    for style in dict.fromkeys(library.styles):
        names, numbers = np.unique(library.sub_genres[library.styles == style], return_counts=True)
        counts[str(style)] = dict(zip(map(str, names), map(int, numbers), strict=True))
    return counts
