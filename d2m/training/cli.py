"""The commands under ``python -m d2m train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from d2m.core.errors import SettingsError
from d2m.core.levels import level_named
from d2m.training.cli_d2mgan import paper, synthesizer
from d2m.training.cli_options import (
    CorpusFolder,
    LevelOption,
    MaybePath,
    Narrow,
    Scales,
    with_run_options,
)

train = typer.Typer(
    help="Train the compact weights (corpus, codec, generator) or the paper's networks.",
    no_args_is_help=True,
)
train.command()(paper)
train.command()(synthesizer)


@train.command()
def corpus(
    out: CorpusFolder = Path("runs/corpus"),
    aist: Annotated[
        MaybePath, typer.Option(help="AIST++ 2-D keypoints packed as .npz (see the docs).")
    ] = None,
    cmu: Annotated[
        MaybePath, typer.Option(help="CMU motion-capture dances packed as .npz (see the docs).")
    ] = None,
    takes: Annotated[int, typer.Option(help="Takes of each song.", min=2)] = 12,
) -> None:
    """Play the songs for dances; without motion files, for procedural dancers only."""
    from d2m.training.data.corpus import render_corpus
    from d2m.training.data.motion_bank import movement_bank

    render_corpus(out, movement_bank(aist, cmu), takes=takes)


@train.command()
@with_run_options(steps=20_000, batch=8, precision="bf16")
def codec(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder [runs/codec_LEVEL].")] = None,
    start: Annotated[MaybePath, typer.Option(help="Codec weights to start from.")] = None,
    decoder_only: Annotated[
        bool, typer.Option(help="Keep encoder and codebook: old codes stay valid.")
    ] = False,
    learning_rate: Annotated[float, typer.Option(help="AdamW's rate.", min=0)] = 1e-3,
    *,
    run: dict[str, Any],
) -> None:
    """Train the VQ-VAE of one level; a stopped run goes on where it was."""
    from d2m.checkpoints import read_tensors
    from d2m.training.codec import CodecConfig, train_codec

    config = CodecConfig(
        level=level_named(level).name,
        decoder_only=decoder_only,
        learning_rate=learning_rate,
        **run,
    )
    weights = None if start is None else read_tensors(start)[0]
    train_codec(corpus, out or Path(f"runs/codec_{level}"), config, start=weights)


@train.command()
@with_run_options(steps=20_000, batch=8, precision="bf16")
def generator(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder [runs/generator_LEVEL].")] = None,
    codec: Annotated[
        MaybePath, typer.Option(help="Codec whose codes are learned [the bundled one].")
    ] = None,
    start: Annotated[
        MaybePath, typer.Option(help="Generator to start from, also of the other level.")
    ] = None,
    adversarial: Annotated[
        bool, typer.Option("--adversarial", help="Add the paper's discriminator.")
    ] = False,
    waveform: Annotated[
        float, typer.Option(help="With it, weight of the waveform's distance.", min=0)
    ] = 0.0,
    mel: Annotated[
        float, typer.Option(help="With it, weight of the mel spectrogram's.", min=0)
    ] = 0.0,
    scales: Scales = 3,
    narrow: Narrow = 1,
    *,
    run: dict[str, Any],
) -> None:
    """Train the compact generator of one level; a stopped run goes on where it was."""
    from d2m.checkpoints import load_codec, read_tensors
    from d2m.models.losses import LossWeights
    from d2m.training.generator import GeneratorConfig, train_generator

    if not adversarial and (waveform or mel):
        raise SettingsError("--waveform and --mel need --adversarial: add it.")
    paper_losses = LossWeights(commitment=0.0, waveform=waveform, mel=mel)
    config = GeneratorConfig(
        level=level_named(level).name,
        paper=paper_losses if adversarial else None,
        scales=scales,
        narrow=narrow,
        **run,
    )
    weights = None if start is None else read_tensors(start)[0]
    folder = out or Path(f"runs/generator_{level}")
    train_generator(corpus, load_codec(level_named(level), codec), folder, config, start=weights)


@train.command()
@with_run_options(steps=4_000, batch=8, precision="bf16", report_every=200)
def sound(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder [runs/sound_LEVEL].")] = None,
    codec: Annotated[
        MaybePath, typer.Option(help="Codec whose codes it speaks [the bundled one].")
    ] = None,
    start: Annotated[MaybePath, typer.Option(help="Generator to tune [the bundled one].")] = None,
    adversarial: Annotated[
        float, typer.Option(help="Weight of a discriminator of waveforms.", min=0)
    ] = 0.0,
    scales: Scales = 3,
    narrow: Narrow = 1,
    rate: Annotated[
        float, typer.Option(help="Adam's rate for the generator; tables learn thrice as fast.")
    ] = 1e-3,
    *,
    run: dict[str, Any],
) -> None:
    """Tune a generator by how its codes sound, and the decoder with it."""
    from d2m.checkpoints import generator_path, load_codec, load_generator, read_tensors
    from d2m.training.audio_finetuning import AudioFinetuningConfig, train_sound

    chosen = level_named(level)
    config = AudioFinetuningConfig(
        level=chosen.name,
        adversarial=adversarial,
        scales=scales,
        narrow=narrow,
        learning_rate=rate,
        table_rate=3 * rate,
        **run,
    )
    source = start or generator_path(chosen)
    load_generator(chosen, source)  # says in one sentence what is wrong with it
    folder = out or Path(f"runs/sound_{level}")
    weights = read_tensors(source)[0]
    train_sound(corpus, load_codec(chosen, codec), folder, config, start=weights)


@train.command()
def bundle(
    kind: Annotated[str, typer.Argument(help="codec or generator.")],
    level: LevelOption,
    weights: Annotated[
        MaybePath, typer.Option(help="Weights of a run [runs/KIND_LEVEL/weights.safetensors].")
    ] = None,
    temperature: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Spread of a generator's lookup, in squared distances.", min=0),
    ] = None,
) -> None:
    """Install a run's weights as the ones that the app plays."""
    from d2m.training.export import bundle as install

    if kind not in ("codec", "generator"):
        raise SettingsError(f"Unknown kind {kind!r}: choose codec or generator.")
    source = weights or Path(f"runs/{kind}_{level}/weights.safetensors")
    typer.echo(install(source, level_named(level), kind, temperature=temperature))
