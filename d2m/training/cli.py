"""The commands of ``python -m d2m train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.core.errors import SettingsError
from d2m.core.levels import hop_level_named
from d2m.training.cli_d2mgan import d2mgan_command, decoder_command
from d2m.training.cli_options import (
    ChannelDivisor,
    CorpusFolder,
    LevelOption,
    MaybePath,
    Scales,
    with_trainer_options,
)

train = typer.Typer(
    help="Train the compact weights (corpus, codec, generator, audio) or the networks of D2M-GAN.",
    no_args_is_help=True,
)


@train.command("corpus")
def corpus_command(
    out: CorpusFolder = Path("runs/corpus"),
    aist: Annotated[
        MaybePath, typer.Option(help="AIST++ 2-D keypoints packed as .npz (see the docs).")
    ] = None,
    cmu: Annotated[
        MaybePath, typer.Option(help="CMU motion-capture dances packed as .npz (see the docs).")
    ] = None,
    pieces_per_song: Annotated[
        int, typer.Option("--pieces-per-song", "--takes", help="Pieces of each song.", min=2)
    ] = 12,
) -> None:
    """Render the songs for dances; without motion files, for procedural dances only."""
    from d2m.training.data.corpus import render_corpus
    from d2m.training.data.motion_bank import load_motion_bank

    render_corpus(out, load_motion_bank(aist, cmu), pieces_per_song=pieces_per_song)


@train.command("codec")
@with_trainer_options(steps=20_000, batch=8, precision="bf16")
def codec_command(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder (default: runs/codec_LEVEL).")] = None,
    start: Annotated[MaybePath, typer.Option(help="Codec weights to start from.")] = None,
    decoder_only: Annotated[
        bool, typer.Option(help="Train the decoder only, so that existing codes stay valid.")
    ] = False,
    learning_rate: Annotated[float, typer.Option(help="AdamW's learning rate.", min=0)] = 1e-3,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the VQ-VAE of one level; an interrupted run resumes."""
    from d2m.checkpoints import read_tensors
    from d2m.training.codec import CodecConfig, train_codec

    config = CodecConfig(
        level=hop_level_named(level).name,
        decoder_only=decoder_only,
        learning_rate=learning_rate,
        **trainer_options,
    )
    weights = None if start is None else read_tensors(start)[0]
    train_codec(corpus, out or Path(f"runs/codec_{level}"), config, start=weights)


@train.command("generator")
@with_trainer_options(steps=20_000, batch=8, precision="bf16")
def generator_command(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[
        MaybePath, typer.Option(help="Run folder (default: runs/generator_LEVEL).")
    ] = None,
    codec: Annotated[
        MaybePath, typer.Option(help="Codec whose codes are learned (default: the bundled one).")
    ] = None,
    start: Annotated[
        MaybePath, typer.Option(help="Generator weights to start from, of either level.")
    ] = None,
    adversarial: Annotated[
        bool, typer.Option("--adversarial", help="Add the discriminator of D2M-GAN.")
    ] = False,
    waveform: Annotated[
        float, typer.Option(help="With --adversarial, weight of the waveform loss.", min=0)
    ] = 0.0,
    mel: Annotated[
        float, typer.Option(help="With --adversarial, weight of the mel loss.", min=0)
    ] = 0.0,
    scales: Scales = 3,
    channel_divisor: ChannelDivisor = 1,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the compact generator of one level; an interrupted run resumes."""
    from d2m.checkpoints import load_codec, read_tensors
    from d2m.models.losses import LossWeights
    from d2m.training.generator import GeneratorConfig, train_generator

    if not adversarial and (waveform or mel):
        raise SettingsError("--waveform and --mel need --adversarial: add it.")
    d2mgan_losses = LossWeights(commitment=0.0, waveform=waveform, mel=mel)
    config = GeneratorConfig(
        level=hop_level_named(level).name,
        d2mgan_losses=d2mgan_losses if adversarial else None,
        scales=scales,
        channel_divisor=channel_divisor,
        **trainer_options,
    )
    weights = None if start is None else read_tensors(start)[0]
    folder = out or Path(f"runs/generator_{level}")
    train_generator(
        corpus, load_codec(hop_level_named(level), codec), folder, config, start=weights
    )


@with_trainer_options(steps=4_000, batch=8, precision="bf16", report_every=200)
def audio_command(
    context: typer.Context,
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder (default: runs/audio_LEVEL).")] = None,
    codec: Annotated[
        MaybePath, typer.Option(help="Codec of the generator (default: the bundled one).")
    ] = None,
    start: Annotated[
        MaybePath, typer.Option(help="Generator weights to start from (default: the bundled ones).")
    ] = None,
    adversarial: Annotated[
        float, typer.Option(help="Weight of a discriminator of waveforms.", min=0)
    ] = 0.0,
    scales: Scales = 3,
    channel_divisor: ChannelDivisor = 1,
    learning_rate: Annotated[
        float,
        typer.Option(
            help="Adam's learning rate for the generator; three times this for its tables."
        ),
    ] = 1e-3,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Fine-tune a generator and its decoder by audio losses; an interrupted run resumes."""
    from d2m.checkpoints import generator_path, load_codec, load_generator, read_tensors
    from d2m.training.audio_finetuning import AudioFinetuningConfig, finetune_audio

    chosen = hop_level_named(level)
    config = AudioFinetuningConfig(
        level=chosen.name,
        adversarial=adversarial,
        scales=scales,
        channel_divisor=channel_divisor,
        learning_rate=learning_rate,
        table_learning_rate=3 * learning_rate,
        **trainer_options,
    )
    source = start or generator_path(chosen)
    load_generator(chosen, source)  # raises an error that names the problem of a wrong file
    folder = out or Path(f"runs/{context.info_name}_{level}")
    weights = read_tensors(source)[0]
    finetune_audio(corpus, load_codec(chosen, codec), folder, config, start=weights)


for _command, _name, _earlier_name in (
    (audio_command, "audio", "sound"),
    (d2mgan_command, "d2mgan", "paper"),
    (decoder_command, "decoder", "synthesizer"),
):
    train.command(_name)(_command)
    # Run folders are named after the command by default, so that `train paper` still resumes.
    train.command(_earlier_name, hidden=True)(_command)


@train.command("bundle")
def bundle_command(
    kind: Annotated[str, typer.Argument(help="codec or generator.")],
    level: LevelOption,
    weights: Annotated[
        MaybePath,
        typer.Option(help="Weights of a run (default: runs/KIND_LEVEL/weights.safetensors)."),
    ] = None,
    temperature: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            help="Temperature of a generator's codebook lookup, in squared distances.", min=0
        ),
    ] = None,
) -> None:
    """Install the weights of a run as the bundled ones."""
    from d2m.training.export import export_bundled

    if kind not in ("codec", "generator"):
        raise SettingsError(f"Unknown kind {kind!r}: choose codec or generator.")
    source = weights or Path(f"runs/{kind}_{level}/weights.safetensors")
    typer.echo(export_bundled(source, hop_level_named(level), kind, temperature=temperature))
