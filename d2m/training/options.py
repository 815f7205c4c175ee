"""Options that the commands under ``python -m d2m train`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

MaybePath = Optional[Path]  # noqa: UP045 (typer reads it at run time, on Python 3.10 too)
CorpusFolder = Annotated[Path, typer.Option(help="Corpus folder.")]
LevelOption = Annotated[str, typer.Option(help="high or low.")]
Steps = Annotated[int, typer.Option(help="Optimisation steps in all.", min=1)]
Batch = Annotated[int, typer.Option(help="Items in a batch of each process.", min=1)]
Seed = Annotated[int, typer.Option(help="Seed of weights and data order.", min=0)]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Threads = Annotated[int, typer.Option(help="CPU threads of each process.", min=1)]
Precision = Annotated[str, typer.Option(help="no, bf16, fp16, or auto: bf16 on GPUs.")]
ReportEvery = Annotated[int, typer.Option(help="Steps between lines of figures.", min=1)]
SaveEvery = Annotated[
    int, typer.Option(help="Steps between checkpoints, with sounds and curves.", min=1)
]
TensorBoard = Annotated[bool, typer.Option(help="Write TensorBoard's files too.")]
Scales = Annotated[int, typer.Option(help="Scales of the discriminator.", min=1, max=3)]
Narrow = Annotated[
    int, typer.Option(help="Divide inner channels by 1, 2, 4, 8 or 16, to try things quickly.")
]
