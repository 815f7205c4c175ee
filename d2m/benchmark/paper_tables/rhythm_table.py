"""Table 1 of the D2M-GAN paper, and that of TikTok: rhythm and genre of the music of systems."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from d2m.benchmark.paper_tables.published_figures import (
    AIST_TABLE,
    COVERAGE,
    GENRE,
    HIT,
    OTHER_GENRE,
    PUBLISHED_RHYTHM,
    RHYTHM_PROTOCOL,
    TIKTOK_TABLE,
)
from d2m.benchmark.paper_tables.segment_scores import (
    SEGMENTS,
    OriginalClip,
    SegmentScorer,
    SegmentSums,
    choose_embedding,
    segment_estimates,
)
from d2m.benchmark.paper_tables.stored_cells import HASH_DIGITS, files_hash, stored_sums
from d2m.benchmark.paper_tables.table_cells import MeasuredRow, PaperTable, TableCell
from d2m.benchmark.paper_tables.table_dances import OWN, TableDance
from d2m.benchmark.paper_tables.table_systems import TableSystem, table_systems
from d2m.benchmark.ratio_intervals import Estimate
from d2m.checkpoints import CHECKPOINTS
from d2m.core.errors import D2MError

RHYTHM_COLUMNS = {COVERAGE: "beats coverage (%)", HIT: "beats hit (%)"}
"""Titles of the columns of rhythm by key."""
GENRE_COLUMNS = {
    GENRE: "genre accuracy (%)",
    OTHER_GENRE: "genre accuracy, own music left out (%)",
}
"""Titles of the columns of genre by key."""
_READING = (
    "Beats coverage and hit count onsets in whole seconds, so two bins are all that a segment of "
    "2 s has. Read them together with the rows of clicks, noise and other music: what these reach "
    "says nothing about a system.",
    "Genre accuracy looks up the nearest segment among all original music, the clip's own too, as "
    "in the paper. With two dances of a genre or more, another column leaves the clip's own music "
    "out.",
    "Audio of the networks is scored as it comes from the codec, without denoising. Intervals are "
    "95 %, by bootstrap over dances; the means are over segments.",
)


def rhythm_table(
    dances: Sequence[TableDance],
    dataset: str,
    *,
    data: Path | None = None,
    weights: Path = CHECKPOINTS,
    seed: int = 0,
    cells: Path | None = None,
) -> tuple[PaperTable, dict[str, dict[str, SegmentSums]]]:
    """Score the music of all systems for some dances.

    Parameters
    ----------
    dances
        The dances with their own music.
    dataset
        ``"own"``, ``"aist"`` or ``"tiktok"``.
    data
        Folder of the data set; None for own dances.
    weights
        Checkpoints folder.
    seed
        Seed of what is drawn.
    cells
        File of rows that were measured before; None to keep none.

    Returns
    -------
    table
        The table.
    sums
        Sums of the scores by the title of the row and the name of the dance.
    """
    embedding, embed = choose_embedding(weights)
    clips = [OriginalClip(name=d.name, genre=d.genre, audio=d.original) for d in dances]
    scorer = SegmentScorer(clips, embed)
    key = TIKTOK_TABLE if dataset == "tiktok" else AIST_TABLE
    has_genres = all(clip.genre for clip in clips)
    columns = RHYTHM_COLUMNS | (genre_columns([clip.genre for clip in clips]) if has_genres else {})
    rows, measured = [], {}
    facts = {"dataset": dataset, "dances": [d.name for d in dances], "seed": seed,
             "embedding": embedding, "music": sounds_hash(dances)}  # fmt: skip
    systems = table_systems(dances, data=data, dataset=dataset, weights=weights, seed=seed)
    for system in tqdm(list(systems), desc="systems", unit="system", disable=None):
        sums, problem = score_system(system, dances, scorer, facts, cells)
        measured[system.title] = sums
        published = PUBLISHED_RHYTHM.get((key, system.published), {})
        figures = {} if problem else segment_estimates(sums)
        rows.append(MeasuredRow(title=system.title, cells=row_cells(figures, published, columns),
                                note=problem))  # fmt: skip
    table = PaperTable(
        key=key,
        title=f"{'TikTok' if key == TIKTOK_TABLE else 'Table 1'}: rhythm and genre",
        columns=columns,
        rows=tuple(rows),
        digits=1,
        n_unit="dances",
        notes=(*rhythm_notes(dances, dataset, embedding, measured), *_READING),
    )
    return table, measured


def genre_columns(genres: Sequence[str]) -> dict[str, str]:
    """Return the columns of genre; the last one needs two dances of a genre."""
    if len(set(genres)) < len(genres):
        return GENRE_COLUMNS
    return {GENRE: GENRE_COLUMNS[GENRE]}


def score_system(
    system: TableSystem,
    dances: Sequence[TableDance],
    scorer: SegmentScorer,
    facts: dict[str, Any],
    cells: Path | None = None,
) -> tuple[dict[str, SegmentSums], str]:
    """Make and score the music of a system; return sums by dance, and why it can't be made.

    Parameters
    ----------
    system, dances, scorer
        What to score.
    facts
        What all rows depend on.
    cells
        File of rows that were measured before; None to keep none.
    """

    def measure() -> dict[str, SegmentSums]:
        make = system.load()
        bar = tqdm(dances, desc=system.title, unit="dance", leave=False, disable=None)
        return {dance.name: scorer.score(dance.name, make(dance)) for dance in bar}

    try:
        if cells is None:
            return measure(), ""
        own_facts = facts | {"weights": files_hash(system.files)}
        return stored_sums(cells, system.title, own_facts, measure), ""
    except D2MError as error:
        return {}, f"Not measured. {error}"


def sounds_hash(dances: Sequence[TableDance]) -> str:
    """Return the first digits of the hash of the dances' own music."""
    digest = hashlib.sha256()
    for dance in dances:
        digest.update(np.round(dance.original * 2**11).astype(np.int16).tobytes())
    return digest.hexdigest()[:HASH_DIGITS]


def row_cells(
    figures: dict[str, Estimate], published: dict[str, float], columns: dict[str, str]
) -> dict[str, TableCell]:
    """Put measured and published figures side by side, by column."""
    return {
        key: TableCell(measured=figures.get(key), published=published.get(key)) for key in columns
    }


def rhythm_notes(
    dances: Sequence[TableDance],
    dataset: str,
    embedding: str,
    measured: dict[str, dict[str, SegmentSums]],
) -> tuple[str, ...]:
    """Return what differs from the paper, in sentences."""
    first = next(iter(measured.values()), {})
    segments = round(sum(one[SEGMENTS] for one in first.values()))
    notes = [
        f"Measured on {len(dances)} dances ({segments} segments of 2 s). The paper's protocol: "
        f"{RHYTHM_PROTOCOL}. Genres are looked up in {embedding}. Beside high and low stand the "
        "paper's own networks of these levels, not ours."
    ]
    if dataset == OWN:
        notes.append(
            "The dances are this project's own: procedural dances that no training met, in ten "
            "genres, with their true beats; their own music was composed for them. The paper's "
            "figures are those of AIST++, real dances to real music, so the two can't be compared; "
            "rows of one kind can. The levels high and low play another song than the original "
            "one, but by the same composer of this project, for the same true beats: their rows "
            "are easier than any for real dances."
        )
    else:
        notes.append(
            "Beats of the dances are estimated from their motion. The paper's networks themselves "
            "are the rows of the published D2M-GAN, if they are installed."
        )
    return tuple(notes)
