"""The commands under ``python -m d2m train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.errors import SettingsError
from d2m.levels import level_named

train = typer.Typer(
    help="Train the compact weights: corpus, then codec, then generator.", no_args_is_help=True
)

MaybePath = Optional[Path]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
CorpusFolder = Annotated[Path, typer.Option(help="Corpus folder.")]
LevelOption = Annotated[str, typer.Option(help="high or low.")]
Steps = Annotated[int, typer.Option(help="Optimisation steps in all.", min=1)]
Batch = Annotated[int, typer.Option(help="Crops in a batch.", min=1)]
Seed = Annotated[int, typer.Option(help="Seed of weights and data order.", min=0)]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Threads = Annotated[int, typer.Option(help="CPU threads.", min=1)]


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
    from d2m.training.corpus import render_corpus
    from d2m.training.movement import movement_bank

    render_corpus(out, movement_bank(aist, cmu), takes=takes)


@train.command()
def codec(
    level: LevelOption,
    corpus: CorpusFolder = Path("runs/corpus"),
    out: Annotated[MaybePath, typer.Option(help="Run folder [runs/codec_LEVEL].")] = None,
    start: Annotated[MaybePath, typer.Option(help="Codec weights to start from.")] = None,
    decoder_only: Annotated[
        bool, typer.Option(help="Keep encoder and codebook: old codes stay valid.")
    ] = False,
    learning_rate: Annotated[float, typer.Option(help="AdamW's rate.", min=0)] = 1e-3,
    steps: Steps = 20_000,
    batch: Batch = 8,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Train the VQ-VAE of one level; a stopped run goes on where it was."""
    from d2m.checkpoints import read_tensors
    from d2m.training.codec import CodecTraining, train_codec

    config = CodecTraining(
        level=level_named(level).name,
        decoder_only=decoder_only,
        learning_rate=learning_rate,
        steps=steps,
        batch=batch,
        seed=seed,
        device=device,
        threads=threads,
    )
    weights = None if start is None else read_tensors(start)[0]
    train_codec(corpus, out or Path(f"runs/codec_{level}"), config, start=weights)


@train.command()
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
    steps: Steps = 20_000,
    batch: Batch = 8,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Train the compact generator of one level; a stopped run goes on where it was."""
    from d2m.checkpoints import load_codec, read_tensors
    from d2m.training.generator import GeneratorTraining, train_generator

    config = GeneratorTraining(
        level=level_named(level).name,
        steps=steps,
        batch=batch,
        seed=seed,
        device=device,
        threads=threads,
    )
    weights = None if start is None else read_tensors(start)[0]
    folder = out or Path(f"runs/generator_{level}")
    train_generator(corpus, load_codec(level_named(level), codec), folder, config, start=weights)


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
    from d2m.training.bundle import bundle as install

    if kind not in ("codec", "generator"):
        raise SettingsError(f"Unknown kind {kind!r}: choose codec or generator.")
    source = weights or Path(f"runs/{kind}_{level}/weights.safetensors")
    typer.echo(install(source, level_named(level), kind, temperature=temperature))
