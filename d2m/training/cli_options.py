"""Options that the commands under ``python -m d2m train`` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Optional, get_type_hints

import typer

MaybePath = Optional[Path]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
CorpusFolder = Annotated[Path, typer.Option(help="Corpus folder.")]
LevelOption = Annotated[str, typer.Option(help="high or low.")]
Scales = Annotated[int, typer.Option(help="Scales of the discriminator.", min=1, max=3)]
Narrow = Annotated[
    int, typer.Option(help="Divide inner channels by 1, 2, 4, 8 or 16, to try things quickly.")
]
_RUN: dict[str, tuple[Any, Any]] = {
    "steps": (int, typer.Option(help="Optimisation steps in all.", min=1)),
    "batch": (int, typer.Option(help="Items in a batch of each process.", min=1)),
    "seed": (int, typer.Option(help="Seed of weights and data order.", min=0)),
    "device": (str, typer.Option(help="auto, cpu or cuda.")),
    "precision": (str, typer.Option(help="no, bf16, fp16, or auto: bf16 on GPUs.")),
    "threads": (int, typer.Option(help="CPU threads of each process.", min=1)),
    "report_every": (int, typer.Option(help="Steps between lines of figures.", min=1)),
    "save_every": (
        int,
        typer.Option(help="Steps between checkpoints, with sounds and curves.", min=1),
    ),
    "tensorboard": (bool, typer.Option(help="Write TensorBoard's files too.")),
}
_DEFAULTS: dict[str, Any] = {
    "seed": 0,
    "device": "auto",
    "precision": "auto",
    "threads": 1,
    "report_every": 500,
    "save_every": 1_000,
    "tensorboard": True,
}


def with_run_options(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of every training.

    Parameters
    ----------
    **defaults
        Of ``steps`` and ``batch``, and of others where they differ from the usual.

    Returns
    -------
    decorator
        Of a command whose parameter ``run`` takes the values: by name those of
        `d2m.training.trainer.RunConfig`, and ``batch``.
    """
    values = _DEFAULTS | defaults

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            given.replace(annotation=hints[name])
            for name, given in signature(command).parameters.items()
            if name != "run"
        ]
        shared = [
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=values[name],
                annotation=Annotated[kind, option],
            )
            for name, (kind, option) in _RUN.items()
        ]

        @wraps(command)
        def with_run(**given: Any) -> None:
            command(run={name: given.pop(name) for name in _RUN}, **given)

        with_run.__signature__ = Signature([*own, *shared])  # type: ignore[attr-defined]
        with_run.__annotations__ = {given.name: given.annotation for given in (*own, *shared)}
        return with_run

    return decorate
