"""The matrix of ablations: variants are trained and scored one by one, and never twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from d2m.benchmark.json_values import json_ready
from d2m.benchmark.paper_tables.ablation_rows import ABLATION_ROWS, AblationRow
from d2m.benchmark.paper_tables.published_figures import COPY_ROW
from d2m.benchmark.paper_tables.segment_scores import SegmentSums, SoundEmbedding
from d2m.benchmark.paper_tables.trained_variant import (
    copy_sums,
    trained_sums,
    untrained_sums,
    variant_settings,
)
from d2m.core.errors import D2MError, DataError
from d2m.core.levels import HOP_LEVELS
from d2m.media.atomic_write import atomic_write
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.d2mgan.config import SECONDS_CHOICES, D2MGANConfig
from d2m.training.d2mgan.task import load_training_codec

MATRIX_FILE = "matrix.json"
"""File of the cells, in the folder of the matrix."""
UNTRAINED_ROW = "before training"
"""Row of the networks of the full model before their first step."""
_HASH_DIGITS = 12


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
        cells.append(_cell(config.folder, title, facts, measure))
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
    run = config.folder / "runs" / f"{row.key}-{_digest(known)}"

    def measure() -> dict[str, SegmentSums]:
        return trained_sums(data, fresh_codec(), run, variant, embed, config.dances)

    return _cell(config.folder, row.key, facts, measure)


def _cell(
    folder: Path,
    key: str,
    facts: dict[str, Any],
    measure: Callable[[], dict[str, SegmentSums]],
) -> AblationCell:
    """Return a cell of the matrix, measured now if it is not there with the same facts."""
    stored = read_matrix(folder)
    if key in stored and stored[key]["facts"] == json_ready(facts):
        return AblationCell(key=key, sums=stored[key]["sums"])
    sums = measure()
    stored = read_matrix(folder)
    stored[key] = {"facts": facts, "sums": sums}
    with atomic_write(folder / MATRIX_FILE) as part:
        part.write_text(json.dumps(json_ready(stored), indent=1) + "\n", encoding="utf-8")
    return AblationCell(key=key, sums=sums)


def read_matrix(folder: Path) -> dict[str, Any]:
    """Return the cells of a matrix by key, each with its ``facts`` and ``sums``.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    path = folder / MATRIX_FILE
    if not path.is_file():
        return {}
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if all({"facts", "sums"} <= set(cell) for cell in stored.values()):
            return stored
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    raise DataError(
        f"{MATRIX_FILE} in {folder.name} is damaged: remove it, and its cells are measured again."
    )


def _facts(
    config: AblationConfig, data: Path, variant: D2MGANConfig, codec_print: str
) -> dict[str, Any]:
    """Return what a cell depends on."""
    lists = hashlib.sha256()
    for path in sorted(data.glob(f"{variant.dataset}_*_segment.txt")):
        lists.update(path.name.encode() + path.read_bytes())
    return {
        "steps": variant.steps,
        "settings": variant_settings(variant),
        "data": lists.hexdigest()[:_HASH_DIGITS],
        "codec": codec_print,
        "dances": config.dances,
    }


def _codec_print(codec: JukeboxVQVAE) -> str:
    """Return the first digits of the hash of a codec's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(codec.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:_HASH_DIGITS]


def _digest(facts: dict[str, Any]) -> str:
    text = json.dumps(json_ready(facts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
