"""The command ``python -m d2m evaluate tables``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.output_folder import usable_output

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybeFolder = Optional[Path]  # noqa: UP045


def evaluate_tables_command(
    dataset: Annotated[str, typer.Option(help="own, aist or tiktok.")] = "own",
    data: Annotated[
        MaybeFolder,
        typer.Option(help="Folder with the lists of the data (see `data`); own needs none."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for tables.md, tables.json and tables.tex.")
    ] = Path("runs/tables"),
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="table1, tiktok, or table2 to table6; repeatable (default: all)."),
    ] = None,
    dances: Annotated[int, typer.Option(help="Most dances that are scored.", min=1)] = 20,
    listening: Annotated[
        MaybeFolder, typer.Option(help="Results of `listen results`, for table2.", exists=True)
    ] = None,
    codec: Annotated[
        MaybeFolder,
        typer.Option(
            help="JukeBox VQ-VAE for table3 to table6 (default: the installed one).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(help="Steps of each training of table3 to table6.", min=0)
    ] = 0,
    level: Annotated[str, typer.Option(help="Level of these trainings: high or low.")] = "high",
    batch: Annotated[int, typer.Option(help="Segments in a batch.", min=1)] = 16,
    channel_divisor: Annotated[
        int, typer.Option(help="Divisor of the networks' inner channels, for a quick trial.")
    ] = 1,
    pieces: Annotated[int, typer.Option(help="Own pieces to train on.", min=1)] = 60,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of trainings and of drawn music.", min=0)] = 0,
    weights: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
) -> None:
    """Measure the tables of the D2M-GAN paper, with its figures beside ours.

    Tables 3 to 6 are ablations: with --steps, each variant is trained and scored, cell by cell.
    Tables 3 to 6 are ablations: with --steps, each variant is trained and scored. An interrupted
    run goes on with the same command; what was measured is kept in rhythm.json and matrix.json.
    """
    usable_output(out)
    from d2m.benchmark.paper_tables.evaluate_tables import TablesConfig, evaluate_tables
    from d2m.core.levels import hop_level_named
    from d2m.training.d2mgan.config import D2MGANConfig

    given = {
        "--dataset": "" if dataset == "own" else dataset,
        "--only": " --only ".join(only or []),
        "--dances": "" if dances == 20 else dances,
        "--steps": steps or "",
        "--batch": batch if steps and batch != 16 else "",
        "--channel-divisor": channel_divisor if channel_divisor > 1 else "",
        "--level": level if level != "high" else "",
    }
    training = D2MGANConfig(
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
    config = TablesConfig(
        out=out,
        dataset=dataset,
        data=data,
        only=tuple(only or ()),
        dances=dances,
        listening=listening,
        codec=codec,
        training=training,
        pieces=pieces,
        weights=weights,
        seed=seed,
        command=" ".join(f"{name} {value}" for name, value in given.items() if value),
    )
    typer.echo(evaluate_tables(config))
