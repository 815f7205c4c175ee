"""Tables 3 to 6 of the D2M-GAN paper, from the cells of the matrix of ablations."""

from __future__ import annotations

from collections.abc import Sequence

from d2m.benchmark.paper_tables.ablation_matrix import AblationCell, AblationConfig
from d2m.benchmark.paper_tables.ablation_rows import ABLATION_ROWS, ABLATION_TITLES
from d2m.benchmark.paper_tables.published_figures import GENRE, INPUT_TABLE
from d2m.benchmark.paper_tables.rhythm_table import GENRE_COLUMNS, RHYTHM_COLUMNS, row_cells
from d2m.benchmark.paper_tables.segment_scores import segment_estimates
from d2m.benchmark.paper_tables.table_cells import MeasuredRow, PaperTable
from d2m.benchmark.paper_tables.table_dances import OWN

_NO_PUBLISHED = (
    "The paper's figures of this table were not at hand. The rows are those that its text and the "
    "switches of its training name; the numbers of Tables 3 to 6 follow their order here."
)


def ablation_tables(
    cells: Sequence[AblationCell], config: AblationConfig, dataset: str, embedding: str
) -> list[PaperTable]:
    """Arrange cells as tables.

    Parameters
    ----------
    cells
        From `d2m.benchmark.paper_tables.ablation_matrix.run_ablations`.
    config
        What was trained.
    dataset
        ``"own"``, ``"aist"`` or ``"tiktok"``.
    embedding
        Name of the embedding of sounds.
    """
    by_key = {cell.key: cell for cell in cells}
    beside = [cell for cell in cells if cell.key not in {row.key for row in ABLATION_ROWS}]
    has_genres = any(GENRE in one for cell in cells for one in cell.sums.values())
    columns = RHYTHM_COLUMNS | (GENRE_COLUMNS if has_genres else {})
    tables = []
    for key, title in ABLATION_TITLES.items():
        if config.tables and key not in config.tables:
            continue
        pairs = [(row.title, by_key[row.key]) for row in ABLATION_ROWS if key in row.tables]
        pairs += [(cell.key, cell) for cell in beside]
        rows = tuple(
            MeasuredRow(
                title=row_title,
                cells=row_cells(segment_estimates(cell.sums), {}, columns),
                note=cell.problem,
            )
            for row_title, cell in pairs
        )
        tables.append(
            PaperTable(
                key=key,
                title=title,
                columns=columns,
                rows=rows,
                digits=1,
                n_unit="dances",
                notes=_notes(key, cells, config, dataset, embedding),
            )
        )
    return tables


def _notes(
    key: str,
    cells: Sequence[AblationCell],
    config: AblationConfig,
    dataset: str,
    embedding: str,
) -> tuple[str, ...]:
    """Return what differs from the paper, in sentences."""
    notes = [_NO_PUBLISHED]
    if not any(cell.sums for cell in cells):
        return tuple(notes)
    base = config.base
    of_channels = f", channels divided by {base.channel_divisor}" * (base.channel_divisor > 1)
    notes.append(
        f"Each variant was trained for {base.steps:,} steps with batches of {base.batch} at level "
        f"{base.level}{of_channels}; the default of the training is 100,000 steps with batches of "
        "16 and all channels. What is below or near the row before training learned nothing yet. "
        f"One seed; genres are looked up in {embedding}."
    )
    if dataset == OWN:
        notes.append("Data: this project's procedural dances and their composed music.")
        if key == INPUT_TABLE:
            notes.append("Visual features: directogram of the joints, not I3D.")
    return tuple(notes)
