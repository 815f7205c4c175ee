"""The commands that train the networks of Dancing to Music."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2m.core.output_folder import usable_output
from d2m.training.cli_options import MaybePath, with_trainer_options
from d2m.training.dance_networks.cli_baselines import (
    DanceRunFolder,
    Install,
    SongsFolder,
    UnitsFile,
)

if TYPE_CHECKING:
    from d2m.training.data.dances import AnnotatedDance

_SONGS, _UNITS, _RUNS = Path("runs/corpus"), Path("runs/dance/units.npz"), Path("runs/dance")
VaeRun = Annotated[Path, typer.Option(help="Run folder of `train dance-units`.")]
StyleRun = Annotated[Path, typer.Option(help="Run folder of `train dance-style`.")]


def dance_data_command(
    out: UnitsFile = _UNITS,
    aist: Annotated[MaybePath, typer.Option(help="AIST++ 2-D keypoints of all views.")] = None,
    cmu: Annotated[MaybePath, typer.Option(help="CMU joint positions.")] = None,
    poses: Annotated[
        MaybePath, typer.Option(help="Folder of pose files of your own dancers.")
    ] = None,
    style: Annotated[str, typer.Option(help="Style of your own dancers.")] = "break",
    dances: Annotated[int, typer.Option(help="Procedural dances of each genre.", min=0)] = 150,
) -> None:
    """Cut procedural and recorded dances into the units that the networks learn from."""
    from d2m.core.dance_styles import dance_style_named
    from d2m.training.dance_networks.unit_corpus import build_corpus
    from d2m.training.data.dances import load_cmu
    from d2m.training.data.multi_view import load_aist_3d

    dance_style_named(style)
    usable_output(out.parent)
    recorded: list[tuple[str, AnnotatedDance]] = []
    if aist is not None:
        recorded += [("break", dance) for dance in load_aist_3d(aist)]
    if cmu is not None:
        recorded += [(dance.name.split("_")[0], dance) for dance in load_cmu(cmu)]
    if poses is not None:
        from d2m.training.data.pose_files.own_motions import load_own_motions

        recorded += [(style, dance) for dance in load_own_motions([poses])]
    corpus = build_corpus(recorded, dances_a_style=dances)
    corpus.save(out)
    typer.echo(
        f"{out}  {len(corpus.units)} units, {int(corpus.is_recorded.sum())} of them recorded"
    )


@with_trainer_options(steps=11_000, batch=64)
def dance_units_command(
    units: UnitsFile = _UNITS,
    out: DanceRunFolder = _RUNS / "vae",
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train DU-VAE, the autoencoder of dance units; an interrupted run resumes."""
    from d2m.choreography.stored_network import stored_network
    from d2m.choreography.unit_chain import UNITS_FILE
    from d2m.choreography.unit_vae import UnitVae, UnitVaeConfig
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.unit_vae_training import UnitVaeTrainingConfig, train_unit_vae

    train_unit_vae(units, usable_output(out), UnitVaeTrainingConfig(**trainer_options))
    if install:

        def load(folder: Path) -> UnitVae:
            return stored_network(UnitVae, UnitVaeConfig, folder / UNITS_FILE)

        typer.echo(install_dance_network(load, out, UNITS_FILE))


@with_trainer_options(steps=1_500, batch=32)
def dance_style_command(
    songs: SongsFolder = _SONGS,
    out: DanceRunFolder = _RUNS / "style",
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the classifier of the style of songs; an interrupted run resumes."""
    from d2m.choreography.music_style import MUSIC_STYLE_FILE, MusicStyleClassifier
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.music_style_training import (
        MusicStyleTrainingConfig,
        train_music_style,
    )
    from d2m.training.dance_networks.song_corpus import load_songs

    config = MusicStyleTrainingConfig(**trainer_options)
    heard = load_songs(songs)
    train_music_style(heard, load_songs(songs, held_out=True), usable_output(out), config)
    if install:
        load = MusicStyleClassifier.from_pretrained
        typer.echo(install_dance_network(load, out, MUSIC_STYLE_FILE))


@with_trainer_options(steps=6_000, batch=96)
def dance_movements_command(
    units: UnitsFile = _UNITS,
    songs: SongsFolder = _SONGS,
    vae: VaeRun = _RUNS / "vae",
    style: StyleRun = _RUNS / "style",
    out: Annotated[MaybePath, typer.Option(help="Run folder; an interrupted run resumes.")] = None,
    alone: Annotated[
        bool, typer.Option("--alone", help="The baseline without composition: unit by unit.")
    ] = False,
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train MM-GAN, which composes movements; an interrupted run resumes."""
    from d2m.choreography.movement_gan import PHRASE_UNITS, DanceComposer, MovementGanConfig
    from d2m.choreography.music_style import MusicStyleClassifier, MusicStyleConfig
    from d2m.choreography.stored_network import stored_network
    from d2m.choreography.unit_chain import MOVEMENTS_FILES
    from d2m.choreography.unit_vae import UnitVae, UnitVaeConfig
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.movement_gan_training import (
        MovementGanTrainingConfig,
        train_movement_gan,
    )
    from d2m.training.dance_networks.song_corpus import load_songs, style_vectors
    from d2m.training.dance_networks.unit_corpus import UnitCorpus

    sizes = MovementGanConfig(units=1 if alone else PHRASE_UNITS)
    config = MovementGanTrainingConfig(network=sizes, **trainer_options)
    file = MOVEMENTS_FILES["no-composition" if alone else "full"]
    folder = usable_output(out or _RUNS / Path(file).stem)
    styles = stored_network(MusicStyleClassifier, MusicStyleConfig, style / "weights.safetensors")
    found = style_vectors(load_songs(songs), styles)
    network = stored_network(UnitVae, UnitVaeConfig, vae / "weights.safetensors")
    train_movement_gan(UnitCorpus.load(units), network, found, folder, config)
    if install:

        def load(checkpoints: Path) -> DanceComposer:
            return stored_network(DanceComposer, MovementGanConfig, checkpoints / file)

        typer.echo(install_dance_network(load, folder, file))
