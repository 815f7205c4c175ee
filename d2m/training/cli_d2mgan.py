"""The command that trains the networks of D2M-GAN."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.core.levels import hop_level_named
from d2m.core.output_folder import usable_output
from d2m.training.cli_options import (
    ChannelDivisor,
    LevelOption,
    MaybePath,
    Scales,
    with_trainer_options,
)

DataFolder = Annotated[Path, typer.Option(help="Folder with the lists of the published data.")]
DatasetName = Annotated[str, typer.Option(help="aist or tiktok.")]
CodecFile = Annotated[
    MaybePath, typer.Option(help="JukeBox VQ-VAE, fine-tuned or not (default: the installed one).")
]
RunFolder = Annotated[
    MaybePath, typer.Option(help="Run folder (default: runs/d2mgan_DATASET_LEVEL).")
]
PublishedCode = Annotated[
    bool, typer.Option("--published-code", help="Use the objective of the published code.")
]
Without = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        help="Leave out motion, visual, adversarial, feature-matching, commitment, waveform "
        "or mel; repeatable."
    ),
]
Scaling = Annotated[bool, typer.Option(help="Multiply the generator's tanh by 100.")]
Reshape = Annotated[
    bool, typer.Option(help="Reshape VQ sequences to one channel for the discriminator.")
]
FineTune = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--fine-tune/--no-fine-tune",
        help="Also fine-tune the decoder of the codec (default: yes; with --published-code no).",
    ),
]
Seconds = Annotated[int, typer.Option(help="Length of a segment (s): 2, 3 or 4.")]


@with_trainer_options(steps=100_000, batch=16)
def d2mgan_command(
    context: typer.Context,
    data: DataFolder,
    level: LevelOption,
    dataset: DatasetName = "aist",
    codec: CodecFile = None,
    out: RunFolder = None,
    published_code: PublishedCode = False,
    without: Without = None,
    scaling: Scaling = True,
    reshape: Reshape = True,
    fine_tune: FineTune = None,
    scales: Scales = 3,
    seconds: Seconds = 2,
    channel_divisor: ChannelDivisor = 1,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the networks of D2M-GAN as in the paper; an interrupted run resumes."""
    from dataclasses import replace

    from d2m.training.d2mgan.config import D2MGANConfig
    from d2m.training.d2mgan.task import load_training_codec, train_d2mgan

    config = D2MGANConfig(
        dataset=dataset,
        level=hop_level_named(level).name,
        scaling=scaling,
        reshape=reshape,
        scales=scales,
        seconds=seconds,
        channel_divisor=channel_divisor,
        **trainer_options,
    )
    if published_code:
        config = config.as_published_code()
    if fine_tune is not None:
        config = replace(config, fine_tune=fine_tune)
    folder = usable_output(out or Path(f"runs/{context.info_name}_{dataset}_{level}"))
    config = config.without(without or [])
    train_d2mgan(data, load_training_codec(hop_level_named(level), codec), folder, config)
