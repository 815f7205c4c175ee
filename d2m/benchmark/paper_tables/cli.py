"""The command ``python -m d2m evaluate tables``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.output_folder import usable_output

if TYPE_CHECKING:
    from d2m.training.d2mgan.config import D2MGANConfig

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybeFolder = Optional[Path]  # noqa: UP045
DataSet = Annotated[str, typer.Option(help="own, aist or tiktok.")]
DataLists = Annotated[
    MaybeFolder,
    typer.Option(help="Folder with the lists of the data (see `data`); own needs none."),
]
TablesFolder = Annotated[Path, typer.Option(help="Folder for tables.md, tables.json, tables.tex.")]
TableNames = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="table1, tiktok, or table2 to table6; repeatable (default: all)."),
]
StudyResults = Annotated[
    MaybeFolder, typer.Option(help="Results of `listen results`, for table2.", exists=True)
]
AblationCodec = Annotated[
    MaybeFolder,
    typer.Option(
        help="JukeBox VQ-VAE for table3 to table6 (default: the installed one).",
        exists=True,
        dir_okay=False,
    ),
]
AblationSteps = Annotated[
    int, typer.Option(help="Steps of each training of table3 to table6.", min=0)
]
Divisor = Annotated[
    int, typer.Option(help="Divisor of the networks' inner channels, for a quick trial.")
]
AblationLevel = Annotated[str, typer.Option(help="Level of these trainings: high or low.")]
_DEFAULTS = {"--dataset": "own", "--dances": 20, "--steps": 0, "--level": "high", "--batch": 16}
_DEFAULTS |= {"--channel-divisor": 1}


def evaluate_tables_command(
    dataset: DataSet = "own",
    data: DataLists = None,
    out: TablesFolder = Path("runs/tables"),
    only: TableNames = None,
    dances: Annotated[int, typer.Option(help="Most dances that are scored.", min=1)] = 20,
    listening: StudyResults = None,
    codec: AblationCodec = None,
    steps: AblationSteps = 0,
    level: AblationLevel = "high",
    batch: Annotated[int, typer.Option(help="Segments in a batch.", min=1)] = 16,
    channel_divisor: Divisor = 1,
    pieces: Annotated[int, typer.Option(help="Own pieces to train on.", min=1)] = 60,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of trainings and of drawn music.", min=0)] = 0,
    weights: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
) -> None:
    """Measure the tables of the D2M-GAN paper, with its figures beside ours.

    Tables 3 to 6 are ablations: with --steps, each variant is trained and scored. An interrupted
    run goes on with the same command; what was measured is kept in rhythm.json and matrix.json.
    """
    usable_output(out)
    from d2m.benchmark.paper_tables.evaluate_tables import TablesConfig, evaluate_tables

    given = {"--dataset": dataset, "--dances": dances, "--steps": steps, "--level": level}
    given |= {"--batch": batch, "--channel-divisor": channel_divisor}
    config = TablesConfig(
        out=out,
        dataset=dataset,
        data=data,
        only=tuple(only or ()),
        dances=dances,
        listening=listening,
        codec=codec,
        training=_training(level, steps, batch, channel_divisor, device, seed),
        pieces=pieces,
        weights=weights,
        seed=seed,
        command=_options_text(given, only or []),
    )
    typer.echo(evaluate_tables(config))


def _training(
    level: str, steps: int, batch: int, channel_divisor: int, device: str, seed: int
) -> D2MGANConfig:
    """Return how each variant of an ablation is trained."""
    from d2m.core.levels import hop_level_named
    from d2m.training.d2mgan.config import D2MGANConfig

    return D2MGANConfig(
        level=hop_level_named(level).name,
        steps=steps,
        batch=batch,
        channel_divisor=channel_divisor,
        device=device,
        seed=seed,
        report_every=max(1, min(500, steps // 4)),
        save_every=max(1, min(1000, steps // 4)),
        tensorboard=False,
        samples=False,
    )


def _options_text(given: Mapping[str, object], only: list[str]) -> str:
    """Return the options that differ from the defaults, as they are typed."""
    texts = [f"{name} {value}" for name, value in given.items() if value != _DEFAULTS[name]]
    return " ".join([*texts, *(f"--only {table}" for table in only)])
