"""Does the clips of a batch with Ray Data, on this machine or on a cluster.

What travels through Ray are lists of clips, that is paths, and rows; videos never do. A clip is
worked on by a `d2m.jobs.batch.clip_worker.ClipWorker` inside a Ray actor, so networks stay warm,
and a clip that hangs or crashes ends only a process below the actor. When an actor is killed,
Ray starts another one and gives it the same clips; those that are finished are found in the
target.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import pickle
import tempfile
import uuid
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.core.errors import JobError, OutputError, SettingsError
from d2m.core.parallel import usable_cores
from d2m.core.subprocess_limits import child_environment
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.file_systems import is_remote, local_path
from d2m.jobs.batch.ray_worker import TOKEN_NAME, RayWorker, clip_blocks
from d2m.jobs.batch.run_batch import Engine
from d2m.jobs.batch.scratch_folder import ScratchFolder
from d2m.jobs.batch.storage import ROW_NAME, open_storage
from d2m.jobs.messages import Limits

_STORE_BYTES = 100 << 20
"""Size of the object store of a Ray that is started here (bytes). It holds paths and rows only, so
it is near the least that Ray allows (75 MiB)."""
_WINDOW = 100_000
"""Most clips in a Ray dataset. Ray keeps about 2 KB for each row until the dataset ends (measured),
so this many take 200 MB; starting the next dataset takes less than a minute."""
_TRIES = 5
"""How often a list of clips is begun again after the death of its actor; chosen by hand."""
_LONGEST_SOCKET_FOLDER = 40
"""Longest path of the folder of a Ray that is started here (characters): sockets lie 60
characters deeper, and their paths have at most 107."""


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """How a batch uses Ray.

    Parameters
    ----------
    address
        Address of a cluster, such as ``"auto"`` on one of its machines; None to start a Ray on
        this machine for this batch.
    workers
        Clips at a time; None for as many as the processors allow.
    cpus_per_worker, gpus_per_worker
        Processors and GPUs that a worker occupies, also fractions. Ray counts them to place
        workers; they are also the number of threads that the libraries of a worker use.
    """

    address: str | None = None
    workers: int | None = None
    cpus_per_worker: float = 1.0
    gpus_per_worker: float = 0.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises
        ------
        SettingsError
            If there are no workers, or they need no processor.
        """
        if self.workers is not None and self.workers < 1:
            raise SettingsError(f"There are {self.workers} workers: choose 1 or more.")
        if self.cpus_per_worker <= 0 or self.gpus_per_worker < 0:
            raise SettingsError(
                "A worker needs more than 0 processors and no negative number of GPUs: choose "
                "other values."
            )


def ray_engine(options: RayOptions, limits: Limits | None = None) -> Engine:
    """Return the engine that does clips with Ray.

    Parameters
    ----------
    options
        How Ray is used.
    limits
        Limits of the processes and of each clip.
    """

    def run(clips: list[BatchClip], target: str) -> Generator[ClipRow, None, None]:
        return run_ray(clips, target, options, limits or Limits())

    return run


def run_ray(
    clips: list[BatchClip], target: str, options: RayOptions, limits: Limits
) -> Generator[ClipRow, None, None]:
    """Do clips with Ray.

    Parameters
    ----------
    clips
        The clips, in the order in which they are begun.
    target
        Folder that all machines share, or URL.
    options, limits
        As for `ray_engine`.

    Yields
    ------
    ClipRow
        One for each clip, as they are finished. Closing the iterator ends all work.

    Raises
    ------
    SettingsError
        If Ray is not installed, or there is no cluster at the address.
    OutputError
        If files can't be written.
    JobError
        If Ray fails.
    """
    if not is_remote(target):
        target = str(local_path(target).absolute())
    with _connected(options) as workers, _token(target) as token:
        worker = {"target": target, "limits": limits, "token": token, "ends_with_parent": True}
        for start in range(0, len(clips), _WINDOW):
            missing = {clip.id: clip for clip in clips[start : start + _WINDOW]}
            # Clips in a list whose actor died too often are tried once more, each alone.
            for longest in (None, 1):
                blocks = clip_blocks([*missing.values()], workers, longest)
                for row in _rows(blocks, worker, workers, options):
                    if missing.pop(row.id, None) is not None:
                        yield row
            yield from (_given_up(clip, target) for clip in missing.values())


def _rows(
    blocks: list[list[BatchClip]], worker: dict[str, Any], workers: int, options: RayOptions
) -> Iterator[ClipRow]:
    """Do lists of clips, and yield the rows as they are finished."""
    import ray.data

    if not blocks:
        return
    items = [{"clips": pickle.dumps(block)} for block in blocks]
    lists = ray.data.from_items(items, override_num_blocks=len(items))
    rows = lists.map_batches(
        RayWorker,
        batch_size=None,
        fn_constructor_kwargs={**worker, "threads": max(1, int(options.cpus_per_worker))},
        # A list that waits at a busy actor could be done by an idle one.
        compute=ray.data.ActorPoolStrategy(
            size=min(workers, len(blocks)), max_tasks_in_flight_per_actor=1
        ),
        num_cpus=options.cpus_per_worker,
        num_gpus=options.gpus_per_worker,
        max_task_retries=_TRIES,
    )
    try:
        for row in rows.iter_rows():
            if row["error"]:
                raise OutputError(row["error"])
            yield ClipRow.from_json(row["row"])
    except (ray.exceptions.RayError, RuntimeError) as error:
        raise JobError(
            f"Ray failed ({_first_line(error)}): check that D2M and Ray are installed in the same "
            "version on all machines, and run the same command again; finished clips are kept."
        ) from error


@contextlib.contextmanager
def _connected(options: RayOptions) -> Iterator[int]:
    """Start or join a Ray without its messages, and yield the number of workers."""
    # Ray reads these when it is imported.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise SettingsError(
            'The engine ray needs Ray: pip install "ray[data]<2.64" "pyarrow<26", or use --engine '
            "local."
        ) from error
    with contextlib.ExitStack() as stack:
        try:
            if options.address is None:
                folder = stack.enter_context(contextlib.closing(ScratchFolder(_short_folder())))
                stack.callback(ray.shutdown)
                _start_ray(options, folder.path)
            else:
                stack.callback(ray.shutdown)
                ray.init(options.address, log_to_driver=False, logging_level="ERROR")
        except (OSError, RuntimeError, ValueError) as error:
            raise SettingsError(
                f"Ray can't be started or reached ({_first_line(error)}): check the address of "
                "the cluster, or leave it out to use this machine."
            ) from error
        # Ray 2.64 replaces the option for the number of retries by nothing, so it is not used yet.
        warnings.filterwarnings("ignore", category=ray.util.annotations.RayDeprecationWarning)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.target_max_block_size = 1  # each row leaves its actor at once
        context.max_errored_blocks = -1  # lists whose actor died too often
        yield options.workers or _fitting_workers(options)


def _start_ray(options: RayOptions, folder: Path) -> None:
    """Start a Ray on this machine, with its files in a folder."""
    import ray

    os.environ["PYTHONPATH"] = child_environment()["PYTHONPATH"]
    workers = options.workers or max(1, int(usable_cores() / options.cpus_per_worker))
    ray.init(
        "local",
        # Not the real number of cores: a person may choose more workers than that.
        num_cpus=math.ceil(workers * options.cpus_per_worker),
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        **{"_temp_dir": str(folder)},
    )


def _short_folder() -> Path | None:
    """Return a folder for temporary files if the path of the usual one is too long for sockets."""
    return Path("/tmp") if len(tempfile.gettempdir()) > _LONGEST_SOCKET_FOLDER else None


def _fitting_workers(options: RayOptions) -> int:
    """Return how many workers the processors and GPUs of the cluster allow, at least one."""
    import ray

    resources = ray.cluster_resources()
    fitting = resources.get("CPU", 0.0) / options.cpus_per_worker
    if options.gpus_per_worker:
        fitting = min(fitting, resources.get("GPU", 0.0) / options.gpus_per_worker)
    return max(1, int(fitting))


@contextlib.contextmanager
def _token(target: str) -> Iterator[str]:
    """Write a file into a folder by which workers recognise it, and yield what it says."""
    token = uuid.uuid4().hex
    if is_remote(target):
        yield token
        return
    path = local_path(target) / TOKEN_NAME
    open_storage(target).write_text(TOKEN_NAME, token)
    try:
        yield token
    finally:
        path.unlink(missing_ok=True)


def _given_up(clip: BatchClip, target: str) -> ClipRow:
    """Store and return the row of a clip whose actors died again and again."""
    row = clip.row(
        "failed",
        message="The worker was killed whenever it began this clip, perhaps for lack of memory: "
        "use machines with more memory, or fewer workers.",
        seconds=0.0,
    )
    with tempfile.TemporaryDirectory(prefix="d2m-row-") as folder:
        (Path(folder) / ROW_NAME).write_text(row.to_json() + "\n", encoding="utf-8")
        open_storage(target).publish(Path(folder), clip.id)
    return row


def _first_line(error: BaseException) -> str:
    words = str(error).strip() or type(error).__name__
    return words.splitlines()[0][:200].rstrip(".")
