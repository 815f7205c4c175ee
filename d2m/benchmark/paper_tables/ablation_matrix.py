"""The matrix of ablations: variants are trained and scored one by one, and never twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from d2m.benchmark.paper_tables.ablation_rows import ABLATION_ROWS, AblationRow
from d2m.benchmark.paper_tables.published_figures import COPY_ROW
from d2m.benchmark.paper_tables.segment_scores import SegmentSums, SoundEmbedding
from d2m.benchmark.paper_tables.stored_cells import (
    HASH_DIGITS,
    facts_hash,
    files_hash,
    stored_sums,
)
from d2m.benchmark.paper_tables.trained_variant import (
    copy_sums,
    trained_sums,
    untrained_sums,
    variant_settings,
)
from d2m.core.errors import D2MError
from d2m.core.levels import HOP_LEVELS
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.d2mgan.config import SECONDS_CHOICES, D2MGANConfig
from d2m.training.d2mgan.task import load_training_codec

MATRIX_FILE = "matrix.json"
"""File of the cells, in the folder of the matrix."""
UNTRAINED_ROW = "before training"
"""Row of the networks of the full model before their first step."""


@dataclass(frozen=True, kw_only=True)
class AblationConfig:
    """What to train, and on what.

    Parameters
    ----------
    data
        Folder of the lists. Segments of 3 and 4 s are in its folders ``s3`` and ``s4``.
    folder
        Folder of ``matrix.json`` and of the run folders.
    base
        Settings of the full model.
    codec
        File of a JukeBox VQ-VAE; the installed one by default.
    tables
        Keys of the tables to fill.
    dances
        Most dances of the test split that are scored.
    prepare
        Writes the data if they are not there yet; called before the first training only.
    """

    data: Path
    folder: Path
    base: D2MGANConfig
    codec: Path | None = None
    tables: tuple[str, ...] = ()
    dances: int = 20
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True, kw_only=True)
class AblationCell:
    """What was measured of a variant.

    Parameters
    ----------
    key
        Key of its row, or the title of a row beside the variants.
    sums
        Sums of the scores by dance; empty if there are none.
    problem
        Why there are none; else empty.
    """

    key: str
    sums: dict[str, SegmentSums]
    problem: str = ""


def run_ablations(config: AblationConfig, embed: SoundEmbedding) -> list[AblationCell]:
    """Train and score the variants of some tables, and two rows beside them.

    Each cell is written when it is done. A cell that is there is not computed again, unless its
    settings, its data or its codec changed; an interrupted training goes on.

    Parameters
    ----------
    config
        What to train.
    embed
        Embedding of sounds for the genre.
    """
    rows = [row for row in ABLATION_ROWS if not config.tables or set(row.tables) & {*config.tables}]
    level = HOP_LEVELS[config.base.level]
    try:
        codec_print = _codec_print(load_training_codec(level, config.codec))
    except D2MError as error:
        problem = (
            f"Not measured: there is no codec. {error} Or give a file of a JukeBox VQ-VAE with "
            "--codec. None is bundled, and none can be trained in minutes on a CPU."
        )
        return [AblationCell(key=row.key, sums={}, problem=problem) for row in rows]
    if not config.base.steps:
        problem = "Not trained: give the number of steps with --steps."
        return [AblationCell(key=row.key, sums={}, problem=problem) for row in rows]

    if config.prepare is not None:
        config.prepare()

    def fresh_codec() -> JukeboxVQVAE:
        return load_training_codec(level, config.codec)

    cells = []
    data, base, dances = config.data, config.base, config.dances
    beside: dict[str, Callable[[], dict[str, SegmentSums]]] = {
        COPY_ROW: lambda: copy_sums(data, fresh_codec(), base, embed, dances),
        UNTRAINED_ROW: lambda: untrained_sums(data, fresh_codec(), base, embed, dances),
    }
    for title, measure in beside.items():
        facts = _facts(config, data, base, codec_print) | {"steps": 0}
        sums = stored_sums(config.folder / MATRIX_FILE, title, facts, measure)
        cells.append(AblationCell(key=title, sums=sums))
    variants = tqdm(rows, desc="variants", unit="variant", disable=None)
    return cells + [_variant_cell(config, row, codec_print, fresh_codec, embed) for row in variants]


def _variant_cell(
    config: AblationConfig,
    row: AblationRow,
    codec_print: str,
    fresh_codec: Callable[[], JukeboxVQVAE],
    embed: SoundEmbedding,
) -> AblationCell:
    """Train and score one variant, unless that was done before."""
    variant = row.config_from(config.base)
    data = config.data
    if row.seconds != SECONDS_CHOICES[0]:
        data = config.data / f"s{row.seconds}"
    if not data.is_dir():
        return AblationCell(
            key=row.key,
            sums={},
            problem=f"Not measured: the data have no segments of {row.seconds} s; put their "
            f"lists into the folder {data.name} of the data folder.",
        )
    facts = _facts(config, data, variant, codec_print)
    known = {name: value for name, value in facts.items() if name != "steps"}
    run = config.folder / "runs" / f"{row.key}-{facts_hash(known)}"

    def measure() -> dict[str, SegmentSums]:
        return trained_sums(data, fresh_codec(), run, variant, embed, config.dances)

    sums = stored_sums(config.folder / MATRIX_FILE, row.key, facts, measure)
    return AblationCell(key=row.key, sums=sums)


def _facts(
    config: AblationConfig, data: Path, variant: D2MGANConfig, codec_print: str
) -> dict[str, Any]:
    """Return what a cell depends on."""
    lists = sorted(data.glob(f"{variant.dataset}_*_segment.txt"))
    return {
        "steps": variant.steps,
        "settings": variant_settings(variant),
        "data": files_hash(lists),
        "codec": codec_print,
        "dances": config.dances,
    }


def _codec_print(codec: JukeboxVQVAE) -> str:
    """Return the first digits of the hash of a codec's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(codec.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:HASH_DIGITS]
