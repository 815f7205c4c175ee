"""Measure the tables of the D2M-GAN paper and write them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from d2m.benchmark.paper_tables.ablation_matrix import AblationConfig, run_ablations
from d2m.benchmark.paper_tables.ablation_rows import ABLATION_TITLES
from d2m.benchmark.paper_tables.ablation_tables import ablation_tables
from d2m.benchmark.paper_tables.opinion_table import opinion_table
from d2m.benchmark.paper_tables.published_figures import (
    AIST_TABLE,
    OPINION_TABLE,
    TIKTOK_TABLE,
)
from d2m.benchmark.paper_tables.rhythm_table import rhythm_table
from d2m.benchmark.paper_tables.segment_scores import choose_embedding
from d2m.benchmark.paper_tables.table_cells import PaperTable
from d2m.benchmark.paper_tables.table_dances import OWN, folder_table_dances, own_table_dances
from d2m.benchmark.paper_tables.table_texts import write_tables
from d2m.benchmark.unseen_pieces import FIRST_NUMBER
from d2m.checkpoints import CHECKPOINTS
from d2m.core.errors import DataError, SettingsError
from d2m.models.d2mgan import DATASETS
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.datasets.own_data import write_own_data
from d2m.training.datasets.own_inputs import OWN_LAYOUT

TABLE_KEYS = (AIST_TABLE, TIKTOK_TABLE, OPINION_TABLE, *ABLATION_TITLES)
"""Keys of all tables."""

RHYTHM_CELLS = "rhythm.json"
"""File of the rows of rhythm and genre that were measured, in the folder of the tables."""


@dataclass(frozen=True, kw_only=True)
class TablesConfig:
    """What to measure, and where to write it.

    Parameters
    ----------
    out
        Folder of the tables, of the matrix of ablations and of its trainings.
    dataset
        ``"own"``, ``"aist"`` or ``"tiktok"``.
    data
        Folder of the lists. Own dances need none; ablations on them are then trained on data
        that are written into the folder ``own_data`` of ``out``.
    only
        Keys of the tables to measure; all by default.
    dances
        Most dances that are scored.
    first
        Number of the first own dance.
    listening
        Results of a listening study.
    codec
        File of a JukeBox VQ-VAE for the ablations; the installed one by default.
    training
        Settings of the full model of the ablations, but for the data set; 0 steps train nothing.
    pieces
        Own pieces that ablations are trained on.
    weights
        Checkpoints folder.
    seed
        Seed of what is drawn.
    command
        Arguments of the command, for the report.
    """

    out: Path
    dataset: str = OWN
    data: Path | None = None
    only: tuple[str, ...] = ()
    dances: int = 20
    first: int = FIRST_NUMBER
    listening: Path | None = None
    codec: Path | None = None
    training: D2MGANConfig
    pieces: int = 60
    weights: Path = CHECKPOINTS
    seed: int = 0
    command: str = ""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.dataset not in (OWN, *DATASETS):
            raise SettingsError(
                f"Unknown data set {self.dataset!r}: choose {OWN} or {' or '.join(DATASETS)}."
            )
        for key in self.only:
            if key not in TABLE_KEYS:
                raise SettingsError(f"Unknown table {key!r}: choose from {', '.join(TABLE_KEYS)}.")
        if self.dataset != OWN and self.data is None:
            raise SettingsError(
                f"The data set {self.dataset} is not bundled: give its folder with --data."
            )
        if self.data is not None and not self.data.is_dir():
            raise DataError(f"{self.data.name} is not a folder: expected the lists of the data.")


def evaluate_tables(config: TablesConfig) -> str:
    """Measure the tables, write them after each, and return them as Markdown.

    Raises
    ------
    DataError
        If data or results are missing or damaged.
    CheckpointError
        If bundled weights are missing or damaged.
    """
    tables: list[PaperTable] = []
    measured: dict[str, Any] = {}
    rhythm_key = TIKTOK_TABLE if config.dataset == "tiktok" else AIST_TABLE
    text = ""
    if _wanted(config, rhythm_key):
        table, sums = _rhythm(config)
        tables.append(table)
        measured[rhythm_key] = sums
        text = write_tables(tables, measured, config.out, config.command)
    if _wanted(config, OPINION_TABLE):
        tables.append(opinion_table(config.listening))
        text = write_tables(tables, measured, config.out, config.command)
    ablations = tuple(key for key in ABLATION_TITLES if _wanted(config, key))
    if ablations:
        found, sums = _ablations(config, ablations)
        tables += found
        measured["ablations"] = sums
        text = write_tables(tables, measured, config.out, config.command)
    if not tables:
        raise SettingsError(
            f"The data set {config.dataset} has no table {', '.join(config.only)}: choose "
            f"{', '.join((rhythm_key, OPINION_TABLE, *ABLATION_TITLES))}."
        )
    return text


def _wanted(config: TablesConfig, key: str) -> bool:
    return not config.only or key in config.only


def _rhythm(config: TablesConfig) -> tuple[PaperTable, dict[str, Any]]:
    if config.dataset == OWN:
        dances = list(own_table_dances(config.dances, config.first))
        return rhythm_table(
            dances,
            OWN,
            weights=config.weights,
            seed=config.seed,
            cells=config.out / RHYTHM_CELLS,
        )
    assert config.data is not None
    dances = list(folder_table_dances(config.data, config.dataset, config.dances))
    return rhythm_table(
        dances,
        config.dataset,
        data=config.data,
        weights=config.weights,
        seed=config.seed,
        cells=config.out / RHYTHM_CELLS,
    )


def _ablations(
    config: TablesConfig, tables: tuple[str, ...]
) -> tuple[list[PaperTable], dict[str, Any]]:
    dataset = OWN_LAYOUT if config.dataset == OWN else config.dataset
    embedding, embed = choose_embedding(config.weights)
    settings = AblationConfig(
        data=config.data or config.out / "own_data",
        folder=config.out,
        base=replace(config.training, dataset=dataset),
        codec=config.codec,
        tables=tables,
        dances=config.dances,
        prepare=partial(_own_data, config) if config.data is None else None,
    )
    cells = run_ablations(settings, embed)
    sums = {cell.key: cell.sums for cell in cells if cell.sums}
    return ablation_tables(cells, settings, config.dataset, embedding), sums


def _own_data(config: TablesConfig) -> None:
    """Write the data of own dances that ablations are trained on."""
    write_own_data(config.out / "own_data", number=config.pieces, held_out=config.dances)
