"""The ablations of the D2M-GAN paper (Tables 3 to 6), as settings of its training."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from d2m.benchmark.paper_tables.published_figures import (
    DESIGN_TABLE,
    INPUT_TABLE,
    LENGTH_TABLE,
    LOSS_TABLE,
)
from d2m.training.d2mgan.config import (
    LOSS_NAMES,
    NETWORK_INPUTS,
    SCALE_CHOICES,
    SECONDS_CHOICES,
    D2MGANConfig,
)

FULL_MODEL = "full"
"""Key of the full model, a row of each table."""
ABLATION_TITLES = {
    LENGTH_TABLE: "Table 3: length of a segment",
    INPUT_TABLE: "Table 4: inputs",
    LOSS_TABLE: "Table 5: losses",
    DESIGN_TABLE: "Table 6: architecture",
}
"""Titles of the tables of ablations by key."""


@dataclass(frozen=True, kw_only=True)
class AblationRow:
    """A variant of D2M-GAN that is trained and scored.

    Parameters
    ----------
    key
        Its name in ``matrix.json`` and of its run folder.
    title
        Title of its row.
    tables
        Keys of the tables that have it.
    without
        Inputs and losses that it leaves out.
    changes
        Other settings of `D2MGANConfig` that differ from the full model's.
    """

    key: str
    title: str
    tables: tuple[str, ...]
    without: tuple[str, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """Length of its segments (s)."""
        return int(self.changes.get("seconds", SECONDS_CHOICES[0]))

    def config_from(self, base: D2MGANConfig) -> D2MGANConfig:
        """Return the settings of its training, from those of the full model."""
        return replace(base, **self.changes).without(self.without)


ABLATION_ROWS = (
    AblationRow(
        key=FULL_MODEL, title="full model (segments of 2 s)", tables=tuple(ABLATION_TITLES)
    ),
    *(
        AblationRow(
            key=f"seconds-{seconds}",
            title=f"segments of {seconds} s",
            tables=(LENGTH_TABLE,),
            changes={"seconds": seconds},
        )
        for seconds in SECONDS_CHOICES[1:]
    ),
    *(
        AblationRow(
            key=f"without-{name}",
            title=f"without {'visual features' if name == 'visual' else name}",
            tables=(INPUT_TABLE,),
            without=(name,),
        )
        for name in NETWORK_INPUTS
    ),
    *(
        AblationRow(
            key=f"without-{name}",
            title=f"without the {name} loss",
            tables=(LOSS_TABLE,),
            without=(name,),
        )
        for name in LOSS_NAMES
    ),
    AblationRow(
        key="no-scaling",
        title="generator's tanh not scaled (sigma = 1)",
        tables=(DESIGN_TABLE,),
        changes={"scaling": False},
    ),
    AblationRow(
        key="no-reshape",
        title="discriminator reads 64 channels",
        tables=(DESIGN_TABLE,),
        changes={"reshape": False},
    ),
    AblationRow(
        key="no-fine-tune",
        title="decoder not fine-tuned",
        tables=(DESIGN_TABLE,),
        changes={"fine_tune": False},
    ),
    *(
        AblationRow(
            key=f"scales-{scales}",
            title=f"discriminator at {scales} scale{'s' if scales > 1 else ''}",
            tables=(DESIGN_TABLE,),
            changes={"scales": scales},
        )
        for scales in SCALE_CHOICES[:-1]
    ),
)
"""All variants. The switches are those of ``train d2mgan``."""
