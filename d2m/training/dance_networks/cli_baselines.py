"""The commands that train the baselines of dances and the classifier that measures dances."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2m.core.output_folder import usable_output
from d2m.training.cli_options import with_trainer_options

if TYPE_CHECKING:
    from d2m.training.dance_networks.dance_windows import PairedDance

SongsFolder = Annotated[Path, typer.Option(help="Folder of composed pieces, from `train pieces`.")]
UnitsFile = Annotated[Path, typer.Option(help="File of dance units, from `train dance-data`.")]
DanceRunFolder = Annotated[Path, typer.Option(help="Run folder; an interrupted run resumes.")]
Install = Annotated[
    bool, typer.Option("--install", help="Install the weights as the bundled ones.")
]
PAIRINGS = 6
"""Dances that each song is paired with. Chosen by hand."""
_SONGS, _UNITS = Path("runs/corpus"), Path("runs/dance/units.npz")


@with_trainer_options(steps=2_500, batch=16)
def dance_lstm_command(
    songs: SongsFolder = _SONGS,
    units: UnitsFile = _UNITS,
    out: DanceRunFolder = Path("runs/dance/lstm"),
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the LSTM baseline of dances; an interrupted run resumes."""
    from d2m.choreography.lstm_dancer import LSTM_FILE, LstmDancer
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.lstm_training import LstmTrainingConfig, train_lstm

    config = LstmTrainingConfig(**trainer_options)
    train_lstm(*_pairs(songs, units, config.seed), usable_output(out), config)
    if install:
        typer.echo(install_dance_network(LstmDancer.from_pretrained, out, LSTM_FILE))


@with_trainer_options(steps=3_000, batch=16)
def dance_mocogan_command(
    songs: SongsFolder = _SONGS,
    units: UnitsFile = _UNITS,
    out: DanceRunFolder = Path("runs/dance/aud_mocogan"),
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the Aud-MoCoGAN baseline of dances; an interrupted run resumes."""
    from d2m.choreography.aud_mocogan import AUD_MOCOGAN_FILE, AudMocogan
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.mocogan_training import MocoganTrainingConfig, train_mocogan

    config = MocoganTrainingConfig(**trainer_options)
    train_mocogan(*_pairs(songs, units, config.seed), usable_output(out), config)
    if install:
        typer.echo(install_dance_network(AudMocogan.from_pretrained, out, AUD_MOCOGAN_FILE))


@with_trainer_options(steps=2_000, batch=64)
def dance_actions_command(
    units: UnitsFile = _UNITS,
    out: DanceRunFolder = Path("runs/dance/actions"),
    install: Install = False,
    *,
    trainer_options: dict[str, Any],
) -> None:
    """Train the action classifier that measures dances; an interrupted run resumes."""
    from d2m.choreography.action_classifier import ACTION_FILE, ActionClassifier
    from d2m.training.dance_networks.action_training import (
        ActionTrainingConfig,
        train_action_classifier,
    )
    from d2m.training.dance_networks.install_dance import install_dance_network
    from d2m.training.dance_networks.unit_corpus import UnitCorpus

    config = ActionTrainingConfig(**trainer_options)
    train_action_classifier(UnitCorpus.load(units), usable_output(out), config)
    if install:
        typer.echo(install_dance_network(ActionClassifier.from_pretrained, out, ACTION_FILE))


def _pairs(songs: Path, units: Path, seed: int) -> tuple[list[PairedDance], list[PairedDance]]:
    """Return pairs of songs and dances to train on, and those held out."""
    import numpy as np

    from d2m.training.dance_networks.song_corpus import load_songs, paired_dances
    from d2m.training.dance_networks.unit_corpus import UnitCorpus

    corpus = UnitCorpus.load(units)
    found = []
    for held_out in (False, True):
        rng = np.random.default_rng([33, seed, held_out])
        heard = load_songs(songs, held_out=held_out)
        found.append(
            [
                pair
                for _ in range(PAIRINGS)
                for pair in paired_dances(heard, corpus, rng, held_out=held_out)
            ]
        )
    return found[0], found[1]
