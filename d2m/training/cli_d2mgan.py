"""The commands that train the paper's networks and its synthesizer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.core.levels import level_named
from d2m.training.cli_options import (
    CorpusFolder,
    LevelOption,
    MaybePath,
    Narrow,
    Scales,
    with_run_options,
)

Data = Annotated[Path, typer.Option(help="Folder with the lists of the published data.")]
DataSet = Annotated[str, typer.Option(help="aist or tiktok.")]
Codec = Annotated[
    MaybePath, typer.Option(help="JukeBox VQ-VAE, fine-tuned or not [the bundled codec].")
]
Out = Annotated[MaybePath, typer.Option(help="Run folder [runs/paper_DATASET_LEVEL].")]
PublishedCode = Annotated[
    bool, typer.Option("--published-code", help="Minimise what the published code does.")
]
Without = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        help="Leave out motion, visual, adversarial, feature-matching, commitment, waveform "
        "or mel; repeatable."
    ),
]
Scaling = Annotated[bool, typer.Option(help="Multiply the tanh by 100.")]
Reshape = Annotated[bool, typer.Option(help="Show the discriminator VQ sequences as one channel.")]
FineTune = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--fine-tune/--no-fine-tune",
        help="Fine-tune the synthesizer besides [yes; with --published-code no].",
    ),
]
Seconds = Annotated[int, typer.Option(help="Length of a segment: 2, 3 or 4.")]


@with_run_options(steps=100_000, batch=16)
def paper(
    data: Data,
    level: LevelOption,
    dataset: DataSet = "aist",
    codec: Codec = None,
    out: Out = None,
    published_code: PublishedCode = False,
    without: Without = None,
    scaling: Scaling = True,
    reshape: Reshape = True,
    fine_tune: FineTune = None,
    scales: Scales = 3,
    seconds: Seconds = 2,
    narrow: Narrow = 1,
    *,
    run: dict[str, Any],
) -> None:
    """Train the networks of D2M-GAN as in the paper; a stopped run goes on where it was."""
    from dataclasses import replace

    from d2m.training.d2mgan.config import D2MGANConfig
    from d2m.training.d2mgan.task import read_codec, train_paper

    config = D2MGANConfig(
        dataset=dataset,
        level=level_named(level).name,
        scaling=scaling,
        reshape=reshape,
        scales=scales,
        seconds=seconds,
        narrow=narrow,
        **run,
    )
    if published_code:
        config = config.as_published_code()
    if fine_tune is not None:
        config = replace(config, fine_tune=fine_tune)
    folder = out or Path(f"runs/paper_{dataset}_{level}")
    config = config.without(without or [])
    train_paper(data, read_codec(level_named(level), codec), folder, config)


@with_run_options(steps=20_000, batch=16)
def synthesizer(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    codec: Annotated[
        MaybePath, typer.Option(help="Codec whose decoder learns [the bundled one].")
    ] = None,
    out: Annotated[MaybePath, typer.Option(help="Run folder [runs/synthesizer_LEVEL].")] = None,
    learning_rate: Annotated[float, typer.Option(help="Adam's rate.", min=0)] = 1e-5,
    scales: Scales = 3,
    narrow: Narrow = 1,
    *,
    run: dict[str, Any],
) -> None:
    """Fine-tune a codec's decoder against a discriminator of waveforms; codes stay valid."""
    from d2m.training.d2mgan.task import read_codec
    from d2m.training.decoder_finetuning import DecoderFinetuningConfig, train_synthesizer

    config = DecoderFinetuningConfig(
        level=level_named(level).name,
        learning_rate=learning_rate,
        scales=scales,
        narrow=narrow,
        **run,
    )
    source = read_codec(level_named(level), codec)
    train_synthesizer(corpus, source, out or Path(f"runs/synthesizer_{level}"), config)
