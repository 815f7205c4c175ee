"""The commands that train the baselines of music for dances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from d2m.core.output_folder import usable_output
from d2m.training.cli_options import with_trainer_options

BaselineRunFolder = Annotated[Path, typer.Option(help="Run folder; an interrupted run resumes.")]
InstallBaseline = Annotated[
    bool, typer.Option("--install", help="Install the weights as the bundled ones.")
]


@with_trainer_options(steps=1_500, batch=16, report_every=100, save_every=100, tensorboard=False)
def foley_music_command(
    corpus: Annotated[
        Path, typer.Option(help="Folder of the pieces; those that it lacks are composed.")
    ] = Path("runs/baselines/foley_pieces"),
    pieces: Annotated[int, typer.Option(help="Pieces to train on.", min=1)] = 1_000,
    held_out: Annotated[int, typer.Option(help="Pieces that are only measured.", min=1)] = 60,
    out: BaselineRunFolder = Path("runs/baselines/foley_music"),
    install: InstallBaseline = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the baseline Foley Music; an interrupted run resumes."""
    from d2m.models.foley_network import FOLEY_MUSIC_FILE, FoleyMusicNetwork
    from d2m.training.baselines.foley_data import PianoWindows, build_piano_pieces
    from d2m.training.baselines.foley_training import FoleyTrainingConfig, train_foley_music
    from d2m.training.dance_networks.install_dance import install_dance_network

    folder, run = usable_output(corpus), usable_output(out)
    measured = build_piano_pieces(folder, range(held_out), held_out=True)
    seen = build_piano_pieces(folder, range(pieces), held_out=False)
    config = FoleyTrainingConfig(**trainer_options)
    figures = train_foley_music(PianoWindows(seen), PianoWindows(measured), run, config)
    for name, value in figures.items():
        typer.echo(f"{name.replace('_', ' ')}: {value:.4g}")
    if install:
        typer.echo(install_dance_network(FoleyMusicNetwork.from_pretrained, out, FOLEY_MUSIC_FILE))


@with_trainer_options(steps=800, batch=8, report_every=100, save_every=100, tensorboard=False)
def cmt_command(
    corpus: Annotated[
        Path, typer.Option(help="Folder of the scores; those that it lacks are composed.")
    ] = Path("runs/baselines/cmt/scores"),
    pieces: Annotated[int, typer.Option(help="Pieces to train on.", min=1)] = 500,
    held_out: Annotated[int, typer.Option(help="Pieces that are only measured.", min=1)] = 40,
    out: BaselineRunFolder = Path("runs/baselines/cmt/run"),
    install: InstallBaseline = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the Transformer of the baseline CMT; an interrupted run resumes."""
    from d2m.checkpoints.load_bundled import CHECKPOINTS
    from d2m.models.compound_transformer import CMT_FILE, CompoundTransformer
    from d2m.training.baselines.cmt_data import compose_word_pieces, make_bar_library
    from d2m.training.baselines.cmt_measures import cmt_report
    from d2m.training.baselines.cmt_training import CMTTrainingConfig, train_cmt, trained_cmt
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.data.composed_pieces import ComposedPiece

    folder, run = usable_output(corpus), usable_output(out)
    measured = compose_word_pieces(
        folder, [ComposedPiece(number=number, held_out=True) for number in range(held_out)]
    )
    seen = compose_word_pieces(folder, [ComposedPiece(number=number) for number in range(pieces)])
    train_cmt(seen, measured, run, CMTTrainingConfig(**trainer_options))
    for line in cmt_report(trained_cmt(run), seen, measured):
        typer.echo(line)
    if install:
        typer.echo(install_dance_network(CompoundTransformer.from_pretrained, out, CMT_FILE))
        typer.echo(make_bar_library(seen).write(CHECKPOINTS))
