"""The commands of ``python -m d2m train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.core.levels import HOP_LEVELS, hop_level_named
from d2m.core.output_folder import usable_output
from d2m.training.baselines.cli import cmt_command, foley_music_command
from d2m.training.baselines.code_usage import code_usage_command
from d2m.training.cli_d2mgan import d2mgan_command
from d2m.training.cli_options import (
    CorpusFolder,
    LevelArgument,
    MaybePath,
    with_trainer_options,
)
from d2m.training.dance_networks.cli_baselines import (
    dance_actions_command,
    dance_lstm_command,
    dance_mocogan_command,
)
from d2m.training.dance_networks.cli_networks import (
    dance_data_command,
    dance_movements_command,
    dance_style_command,
    dance_units_command,
)

train = typer.Typer(
    help="Train the networks of the levels high and low, or those of D2M-GAN.",
    no_args_is_help=True,
)
CORPUS = Path("runs/corpus")
"""Default corpus folder."""


@train.command("all")
def all_command(
    budget: Annotated[float, typer.Option(help="Time in all (min).", min=0.01)],
    out: Annotated[Path, typer.Option(help="Run folder; an interrupted run resumes.")] = Path(
        "runs/all"
    ),
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    pieces: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Composed pieces to train on (default: by device and time).", min=1),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Processes that render pieces (default: by device).", min=1),
    ] = None,
    music: Annotated[
        MaybePath, typer.Option(help="Folder of recorded music, such as /usr/share/games.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Install the weights as the bundled ones.")
    ] = False,
) -> None:
    """Compose pieces and train the codecs of both levels within a given time."""
    from dataclasses import replace

    from d2m.training.install_weights import install_weights
    from d2m.training.train_all import budget_for, train_all

    plan = replace(budget_for(budget, device), music=music)
    plan = plan if pieces is None else replace(plan, pieces=pieces)
    plan = plan if workers is None else replace(plan, workers=workers)
    train_all(usable_output(out), plan)
    if install:
        for level in HOP_LEVELS.values():
            weights = out / f"codec_{level.name}" / "weights.safetensors"
            typer.echo(install_weights(weights, level))


@train.command("pieces")
def pieces_command(
    out: CorpusFolder = CORPUS,
    number: Annotated[int, typer.Option(help="Pieces to train on.", min=0)] = 200,
    held_out: Annotated[int, typer.Option(help="Pieces that are only measured.", min=0)] = 10,
    workers: Annotated[int, typer.Option(help="Processes that render pieces.", min=1)] = 1,
) -> None:
    """Compose and render pieces; those already there are kept."""
    from d2m.training.data.composed_pieces import ComposedPiece
    from d2m.training.data.piece_rendering import render_pieces

    chosen = [ComposedPiece(number=n, held_out=True) for n in range(held_out)]
    chosen += [ComposedPiece(number=n) for n in range(number)]
    render_pieces(usable_output(out), chosen, workers=workers)


@train.command("music")
def music_command(
    out: CorpusFolder = CORPUS,
    source: Annotated[
        Path, typer.Option("--from", help="Folder that the music is installed in.")
    ] = Path("/usr/share/games"),
) -> None:
    """Add recorded music of Debian packages with permissive licences to the corpus."""
    from d2m.training.data.recorded_music import add_permissive_music

    add_permissive_music(usable_output(out), source)


@train.command("codec")
@with_trainer_options(steps=20_000, batch=8)
def codec_command(
    level: LevelArgument,
    corpus: CorpusFolder = CORPUS,
    out: Annotated[MaybePath, typer.Option(help="Run folder (default: runs/codec_LEVEL).")] = None,
    start: Annotated[
        MaybePath, typer.Option(help="Codec weights to start from, of either level.")
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="AdamW's learning rate.", min=0)] = 8e-4,
    adversarial: Annotated[
        bool, typer.Option("--adversarial", help="Add a discriminator in the last 30 %.")
    ] = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the codec of one level; an interrupted run resumes."""
    from d2m.models.spectral_codec import SpectralCodecConfig
    from d2m.models.weight_files import read_weights
    from d2m.training.codec_losses import CODEC_LOW_BAND_HZ, CODEC_WEIGHTS
    from d2m.training.codec_training import ADVERSARIAL_WEIGHT, CodecTrainingConfig, train_codec

    name = hop_level_named(level).name
    config = CodecTrainingConfig(
        codec=SpectralCodecConfig(level=name),
        weights=CODEC_WEIGHTS[name],
        low_band_hz=CODEC_LOW_BAND_HZ[name],
        learning_rate=learning_rate,
        adversarial=ADVERSARIAL_WEIGHT if adversarial else 0.0,
        **trainer_options,
    )
    folder = usable_output(out or Path(f"runs/codec_{name}"))
    weights = None if start is None else read_weights(start)[0]
    train_codec(corpus, folder, config, start=weights)


train.command("d2mgan")(d2mgan_command)
# Run folders are named after the command by default, so that `train paper` still resumes.
train.command("paper", hidden=True)(d2mgan_command)
train.command("dance-data")(dance_data_command)
train.command("dance-units")(dance_units_command)
train.command("dance-style")(dance_style_command)
train.command("dance-movements")(dance_movements_command)
train.command("dance-lstm")(dance_lstm_command)
train.command("dance-mocogan")(dance_mocogan_command)
train.command("dance-actions")(dance_actions_command)
train.command("foley-music")(foley_music_command)
train.command("cmt")(cmt_command)
train.command("code-usage")(code_usage_command)


@train.command("install")
def install_command(
    level: LevelArgument,
    weights: Annotated[
        MaybePath,
        typer.Option(help="Weights of a run (default: runs/codec_LEVEL/weights.safetensors)."),
    ] = None,
    folder: Annotated[
        MaybePath, typer.Option(help="Checkpoints folder (default: the bundled one).")
    ] = None,
) -> None:
    """Install the codec of a run as the bundled one of its level, in 8 bits."""
    from d2m.checkpoints import CHECKPOINTS
    from d2m.training.install_weights import install_weights

    chosen = hop_level_named(level)
    source = weights or Path(f"runs/codec_{chosen.name}/weights.safetensors")
    target = usable_output(folder or CHECKPOINTS)
    typer.echo(install_weights(source, chosen, folder=target))
