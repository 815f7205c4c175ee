"""Options that the commands of ``python -m d2m train`` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Optional, get_type_hints

import typer

MaybePath = Optional[Path]  # noqa: UP045 (typer evaluates it at run time, on Python 3.10 too)
CorpusFolder = Annotated[Path, typer.Option(help="Corpus folder.")]
LevelArgument = Annotated[str, typer.Argument(help="Hop level: high or low.")]
LevelOption = Annotated[str, typer.Option(help="Hop level: high or low.")]
Scales = Annotated[int, typer.Option(help="Scales of the discriminator.", min=1, max=3)]
ChannelDivisor = Annotated[
    int,
    typer.Option(help="Divide the inner channels by 1, 2, 4, 8 or 16, for a quick trial."),
]
_TRAINER_OPTIONS: dict[str, tuple[Any, Any]] = {
    "steps": (int, typer.Option(help="Total number of optimisation steps.", min=1)),
    "minutes": (
        float,
        typer.Option(help="Time to train for (min) instead of a number of steps.", min=0),
    ),
    "batch": (int, typer.Option(help="Batch size of each process.", min=1)),
    "seed": (int, typer.Option(help="Seed of the initial weights and of the data order.", min=0)),
    "device": (str, typer.Option(help="auto, cpu or cuda.")),
    "precision": (
        str,
        typer.Option(help="no, bf16, fp16, or auto: bf16 on devices with instructions for it."),
    ),
    "threads": (int, typer.Option(help="CPU threads of each process.", min=1)),
    "report_every": (int, typer.Option(help="Steps between two reports of metrics.", min=1)),
    "save_every": (
        int,
        typer.Option(help="Steps between two checkpoints, with audio examples and curves.", min=1),
    ),
    "tensorboard": (bool, typer.Option(help="Also write TensorBoard event files.")),
}
_DEFAULTS: dict[str, Any] = {
    "minutes": 0.0,
    "seed": 0,
    "device": "auto",
    "precision": "auto",
    "threads": 1,
    "report_every": 500,
    "save_every": 1_000,
    "tensorboard": True,
}


def with_trainer_options(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options of every training to a command.

    Parameters
    ----------
    **defaults
        Default values of ``steps`` and ``batch``, and of other options where they differ from
        those of most trainings.

    Returns
    -------
    decorator
        Decorates a command whose keyword parameter ``trainer_options`` takes the values: the
        fields of `d2m.training.trainer.TrainerConfig` and ``batch``, by name.
    """
    values = _DEFAULTS | defaults

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[name])
            for name, parameter in signature(command).parameters.items()
            if name != "trainer_options"
        ]
        shared = [
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=values[name],
                annotation=Annotated[kind, option],
            )
            for name, (kind, option) in _TRAINER_OPTIONS.items()
        ]

        @wraps(command)
        def wrapped(**given: Any) -> None:
            trainer_options = {name: given.pop(name) for name in _TRAINER_OPTIONS}
            command(trainer_options=trainer_options, **given)

        parameters = [*own, *shared]
        wrapped.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {each.name: each.annotation for each in parameters}
        return wrapped

    return decorate
