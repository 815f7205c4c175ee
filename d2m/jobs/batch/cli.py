"""The command ``batch``: music for many clips."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated, Any, Optional

import typer

from d2m.core.command_options import AsJson, MaybeText, Quiet
from d2m.core.console import print_event, telling_errors
from d2m.core.errors import SettingsError
from d2m.core.levels import DEFAULT_LEVELS
from d2m.core.settings import Settings
from d2m.jobs.batch.batch_console import BatchEventPrinter, ConsoleBatch, summary_text
from d2m.jobs.batch.ray_engine import RayOptions, ray_engine
from d2m.jobs.batch.results_table import write_parquet
from d2m.jobs.batch.run_batch import Engine, local_engine, run_batch
from d2m.jobs.batch.shard import Shard
from d2m.jobs.messages import Limits

ENGINES = ("local", "ray")
"""What can do the work."""
_GIB = 2**30

Source = Annotated[
    str,
    typer.Argument(
        help="A folder of clips, a pattern in quotation marks such as 'clips/**/*.mp4', a "
        "manifest (.csv, .jsonl, .parquet), or the URL of a bucket.",
        show_default=False,
    ),
]
Target = Annotated[str, typer.Option("--out", help="Folder or URL of a bucket for the results.")]
BatchLevel = Annotated[
    str, typer.Option("--level", help="Levels as for generate, such as studio, both or all.")
]
Workers = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(help="Clips at a time; by default one per core.", min=1, show_default=False),
]
EngineName = Annotated[str, typer.Option("--engine", help=f"{' or '.join(ENGINES)}.")]
Address = Annotated[
    MaybeText, typer.Option(help="Address of a Ray cluster; without it, this machine.")
]
CpusPerWorker = Annotated[
    float, typer.Option(help="Processor cores that a worker occupies (ray); may be a fraction.")
]
GpusPerWorker = Annotated[
    float, typer.Option(help="GPUs that a worker occupies (ray); may be a fraction.")
]
ShardText = Annotated[
    MaybeText,
    typer.Option(
        "--shard",
        help="Process only part i of n, counted from 0, such as $SLURM_ARRAY_TASK_ID/100 in a "
        "Slurm array of 100 tasks.",
    ),
]
Retry = Annotated[
    bool, typer.Option("--retry", help="Process clips again that were refused or failed.")
]
TimeLimit = Annotated[
    float, typer.Option(help="Longest time for a clip (s); then it counts as failed.", min=1)
]
MemoryLimit = Annotated[
    float, typer.Option(help="Largest address space of a worker process (GiB).", min=1)
]


def batch(
    source: Source,
    out: Target = "out",
    level: BatchLevel = DEFAULT_LEVELS,
    workers: Workers = None,
    engine: EngineName = "local",
    address: Address = None,
    cpus_per_worker: CpusPerWorker = 1.0,
    gpus_per_worker: GpusPerWorker = 0.0,
    shard: ShardText = None,
    retry: Retry = False,
    time_limit: TimeLimit = Limits.seconds,
    memory_limit: MemoryLimit = Limits.memory_bytes / _GIB,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Make music for many clips, in several processes.

    Each clip gets a folder, and a row in results.jsonl, even if it can't be used. Run the same
    command again to continue a run that was stopped.
    """
    limits = Limits(seconds=time_limit, memory_bytes=round(memory_limit * _GIB))
    options = RayOptions(
        address=address,
        workers=workers,
        cpus_per_worker=cpus_per_worker,
        gpus_per_worker=gpus_per_worker,
    )
    console = BatchEventPrinter() if as_json else ConsoleBatch(quiet=quiet)
    with telling_errors(as_json), _stopped_softly(console):
        summary = run_batch(
            source,
            out,
            levels=level,
            settings=replace(Settings(), **given),
            engine=_engine_named(engine, local_engine(workers, limits), options, limits),
            shard=Shard.parse(shard) if shard is not None else None,
            retry=retry,
            observer=console,
        )
    if engine == "ray":
        write_parquet(out)
    if as_json:
        print_event("summary", asdict(summary))
    else:
        typer.echo(summary_text(summary))


@contextmanager
def _stopped_softly(console: ConsoleBatch | BatchEventPrinter) -> Iterator[None]:
    """Say that a stopped batch can go on, and end the line of progress in any case."""
    # Schedulers of clusters end a job by SIGTERM, some time before they kill it.
    usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        console.end()
        typer.echo(
            "d2m: stopped: run the same command again to continue; finished clips are kept.",
            err=True,
        )
        raise typer.Exit(130) from None
    finally:
        console.end()
        signal.signal(signal.SIGTERM, usual)


def _engine_named(name: str, local: Engine, ray: RayOptions, limits: Limits) -> Engine:
    if name not in ENGINES:
        raise SettingsError(f"Unknown engine {name!r}: choose {' or '.join(ENGINES)}.")
    if name == "ray":
        return ray_engine(ray, limits)
    if ray != RayOptions(workers=ray.workers):
        raise SettingsError(
            "--address, --cpus-per-worker and --gpus-per-worker are options of the engine ray: "
            "add --engine ray."
        )
    return local
