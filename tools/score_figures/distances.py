"""How different songs are, and whether their style can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.genre import nearest_genres, standardised
from d2m.metrics.genre_embedding import fit_genre_embedding
from tools.score_figures.libraries import Library

FloatArray = NDArray[np.float64]

FEW_SONGS, DRAWS = 6, 300
"""Songs of a style of which the nearest pair is measured too, and how often they are drawn. Of
more songs, the nearest pair is nearer by chance."""
NEIGHBOURS = 5
"""Nearest songs that vote on a song's style. Chosen by hand."""


def pair_distances(library: Library) -> dict[str, FloatArray]:
    """Return the distances between all songs (N, N), in two ways.

    ``embedding`` is Euclidean between the tagger's embeddings: kinds of sound and of music.
    ``spectrum`` is the mean absolute difference of log-mel spectra (decades) at equal times:
    notes and sounds. The dance and its beats are the same for all songs.
    """
    rows = library.embeddings
    squares = (rows**2).sum(axis=1)
    embedding = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0.0))
    flat = library.spectra.reshape(len(rows), -1)
    spectrum = np.stack([np.abs(flat - one).mean(axis=1) for one in flat]).astype(float)
    for table in (embedding, spectrum):
        np.fill_diagonal(table, np.nan)
    return {"embedding": embedding, "spectrum": spectrum}


def distance_rows(library: Library) -> dict[str, dict[str, Any]]:
    """Return nearest pairs and medians of each style, of all styles, and between styles.

    Returns
    -------
    dict
        For each kind of distance: by style, ``nearest``, the ``pair`` of songs that it
        belongs to, the mean nearest pair ``of_six`` songs, and ``median``, all within the
        style, and the median distance to songs of ``other`` styles; ``"all"`` has the nearest
        pair of all songs in one style.
    """
    tables = {}
    for kind, distances in pair_distances(library).items():
        rows: dict[str, Any] = {}
        same = library.styles[:, None] == library.styles[None, :]
        for style in dict.fromkeys(library.styles):
            own = library.styles == style
            within = distances[np.ix_(own, own)]
            others = distances[np.ix_(own, ~own)]
            rows[str(style)] = {
                **_nearest(within, library.songs[own]),
                "of_six": _nearest_of_few(within),
                "median": float(np.nanmedian(within)),
                "other": float(np.median(others)) if others.size else float("nan"),
                "nearest_other": float(np.min(others)) if others.size else float("nan"),
            }
        between = distances[~same]
        rows["all"] = {
            "nearest": min(row["nearest"] for row in rows.values()),
            "of_six": float(np.mean([row["of_six"] for row in rows.values()])),
            "median": float(np.nanmedian(np.where(same, distances, np.nan))),
            "other": float(np.median(between)) if between.size else float("nan"),
            "nearest_other": min(row["nearest_other"] for row in rows.values()),
        }
        tables[kind] = rows
    return tables


def genre_scores(library: Library) -> dict[str, Any]:
    """Look up each song's style among all other songs, by the tagger's embeddings.

    Embeddings are standardised over all songs. ``neighbours`` lets the five nearest other
    songs vote; ``centroid`` takes the nearest mean of a style, without the song itself.
    ``confused`` lists the most frequent errors of the votes.
    """
    rows = standardised(library.embeddings, library.embeddings)
    styles = list(dict.fromkeys(library.styles))
    index = np.array([styles.index(style) for style in library.styles])
    votes = _votes(rows, index, len(styles))
    centroids = _nearest_centroids(rows, index, len(styles))
    errors: dict[str, int] = {}
    for wanted, found in zip(index, votes, strict=True):
        if wanted != found:
            key = f"{styles[wanted]} as {styles[found]}"
            errors[key] = errors.get(key, 0) + 1
    by_style = {
        str(style): {
            "neighbours": float((votes == index)[index == i].mean()),
            "centroid": float((centroids == index)[index == i].mean()),
        }
        for i, style in enumerate(styles)
    }
    return {
        "neighbours": float((votes == index).mean()),
        "centroid": float((centroids == index).mean()),
        "by_style": by_style,
        "confused": dict(sorted(errors.items(), key=lambda item: -item[1])[:12]),
    }


def learned_genre_score(library: Library) -> dict[str, float]:
    """Look up each song's style by a projection of the tagger's embeddings that separates styles.

    `d2m.metrics.genre_embedding` is fitted to one half of the songs of each style, and each
    song of the other half gets the style of its nearest song in the first; then the halves
    change places.

    Returns
    -------
    dict
        Share of songs with the right style, for each style and for ``"all"``.
    """
    # Consecutive seeds take turns with the sub-genres, so both halves have all of them.
    first = library.songs < np.median(library.songs)
    right = np.zeros(len(first), dtype=bool)
    for known, judged in ((first, ~first), (~first, first)):
        project = fit_genre_embedding(library.embeddings[known], library.styles[known])
        rows = [project(library.embeddings[half]) for half in (judged, known)]
        found = nearest_genres(*rows, library.styles[known])
        right[judged] = found == library.styles[judged]
    scores = {
        str(s): float(right[library.styles == s].mean()) for s in dict.fromkeys(library.styles)
    }
    return scores | {"all": float(right.mean())}


def project_genre_scores(judged: Library, reference: Library) -> dict[str, Any]:
    """Look up the styles of songs by the project's own metric, fitted to other songs.

    It reads timbre statistics of segments of 2 s,
    the projection of `d2m.metrics.genre_embedding` fitted to the segments of the reference,
    and the style of the nearest of these segments.

    Returns
    -------
    dict
        Share of segments with the right style, of songs (by the mean over their segments),
        and both by style.
    """
    known, known_styles = _segments(reference)
    project = fit_genre_embedding(known, known_styles)
    segments, wanted = _segments(judged)
    right = nearest_genres(project(segments), project(known), known_styles) == wanted
    wholes = np.stack([project(one).mean(axis=0) for one in judged.segments])
    known_wholes = np.stack([project(one).mean(axis=0) for one in reference.segments])
    right_songs = nearest_genres(wholes, known_wholes, reference.styles) == judged.styles
    return {
        "segments": float(right.mean()),
        "songs": float(right_songs.mean()),
        "by_style": {
            str(style): {
                "segments": float(right[wanted == style].mean()),
                "songs": float(right_songs[judged.styles == style].mean()),
            }
            for style in dict.fromkeys(judged.styles)
        },
    }


def subset(library: Library, chosen: NDArray[np.bool_]) -> Library:
    """Return some of the songs of a library; ``chosen`` is (N,)."""
    return Library(
        styles=library.styles[chosen],
        songs=library.songs[chosen],
        sub_genres=library.sub_genres[chosen],
        tags=library.tags[chosen],
        embeddings=library.embeddings[chosen],
        spectra=library.spectra[chosen],
        segments=[one for one, use in zip(library.segments, chosen, strict=True) if use],
    )


def top_tags(library: Library, labels: list[str], count: int = 6) -> dict[str, list[str]]:
    """Return the most probable tags of each style, with their mean probabilities."""
    found = {}
    for style in dict.fromkeys(library.styles):
        mean = library.tags[library.styles == style].mean(axis=0)
        best = np.argsort(-mean)[:count]
        found[str(style)] = [f"{labels[i]} {mean[i]:.2f}" for i in best]
    return found


def _nearest(within: FloatArray, songs: NDArray[np.int64]) -> dict[str, Any]:
    if len(within) < 2:
        return {"nearest": float("nan"), "pair": []}
    first, second = np.unravel_index(int(np.nanargmin(within)), within.shape)
    pair = [int(songs[first]), int(songs[second])]
    return {"nearest": float(within[first, second]), "pair": pair}


def _nearest_of_few(within: FloatArray) -> float:
    """Return the mean distance of the nearest pair of six songs, over random draws of them."""
    rng = np.random.default_rng(len(within))
    few = min(FEW_SONGS, len(within))
    if few < 2:
        return float("nan")
    draws = [rng.permutation(len(within))[:few] for _ in range(DRAWS)]
    return float(np.mean([np.nanmin(within[np.ix_(draw, draw)]) for draw in draws]))


def _votes(rows: FloatArray, index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the style that the nearest other songs of each song vote for, (N,)."""
    found = []
    for song, row in enumerate(rows):
        distance = np.square(rows - row).sum(axis=1)
        distance[song] = np.inf
        nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
        votes = np.bincount(index[nearest], minlength=count).astype(float)
        votes[index[nearest[0]]] += 0.5  # the nearest decides a draw
        found.append(int(votes.argmax()))
    return np.array(found)


def _nearest_centroids(rows: FloatArray, index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the style whose mean is nearest to each song, which is left out of it, (N,)."""
    sums = np.stack([rows[index == one].sum(axis=0) for one in range(count)])
    sizes = np.bincount(index, minlength=count).astype(float)
    found = []
    for song, row in enumerate(rows):
        own = index[song]
        total, size = sums.copy(), sizes.copy()
        total[own] -= row
        size[own] -= 1
        means = total / np.maximum(size, 1.0)[:, None]
        found.append(int(np.square(means - row).sum(axis=1).argmin()))
    return np.array(found)


def _segments(library: Library) -> tuple[FloatArray, NDArray[np.str_]]:
    """Return the timbre embeddings of all segments (S, 660) and the style of each (S,)."""
    styles = np.repeat(library.styles, [len(one) for one in library.segments])
    return np.concatenate(library.segments), styles
