"""The part of a Ray batch that runs in an actor, and the lists of clips that actors get."""

from __future__ import annotations

import os
import pickle
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

from d2m.core.errors import D2MError, OutputError
from d2m.jobs.batch.clip_row import BatchClip
from d2m.jobs.batch.clip_worker import ClipWorker
from d2m.jobs.batch.file_systems import is_remote, local_path
from d2m.jobs.messages import Limits
from d2m.training.child_processes import THREAD_VARIABLES

TOKEN_NAME = ".ray-batch"
"""A file in the target by which workers see that their folder is that of the driver."""
_LOOK_S = 0.2
"""Time between two looks whether the parent lives (s); chosen by hand."""
_MAX_BLOCK = 100
"""Most clips in a list; chosen by hand. Ray needs 9 KB and some milliseconds for each list."""
_ROUNDS = 4
"""Lists of the current length that each worker may still get; chosen by hand. With more, workers
end closer together, and there are more lists."""


class RayWorker:
    """A Ray actor that does lists of clips.

    Parameters
    ----------
    target
        Folder or URL for the results.
    limits
        Limits of the process below it and of each clip.
    token
        What the file `TOKEN_NAME` in the target says.
    threads
        Threads of the libraries in that process, unless the environment says otherwise.
    ends_with_parent
        Whether this process ends at once when its parent, the raylet, is gone. Ray itself lets it
        go on for up to a minute (measured), in which the same command may begin again.
    """

    def __init__(
        self, target: str, limits: Limits, token: str, threads: int, *, ends_with_parent: bool
    ) -> None:
        if ends_with_parent:
            threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        self._target, self._limits, self._token = target, limits, token
        self._worker: ClipWorker | None = None
        for name in THREAD_VARIABLES:
            os.environ.setdefault(name, str(threads))

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[str]]]:
        """Do the clips of a list, one after another.

        Parameters
        ----------
        batch
            ``clips``: one list of `BatchClip`, pickled.

        Yields
        ------
        dict
            ``row``: the row of a clip as JSON, or ``error``: why no clip can be done.
        """
        try:
            for clip in pickle.loads(batch["clips"][0]):
                yield {"row": [self._ready().run(clip).to_json()], "error": [""]}
        except D2MError as error:
            yield {"row": [""], "error": [str(error)]}
        except Exception as error:
            traceback.print_exc()
            yield {"row": [""], "error": [f"A worker failed with {type(error).__name__}: {error}"]}

    def __del__(self) -> None:
        """End the process below it, when Ray ends the actor."""
        if self._worker is not None:
            self._worker.close()

    def _ready(self) -> ClipWorker:
        """Return the worker, created for the first clip.

        Raises
        ------
        OutputError
            If the target is a folder that this machine does not share with the driver.
        """
        if self._worker is None:
            if not is_remote(self._target):
                try:
                    token = (local_path(self._target) / TOKEN_NAME).read_text(encoding="utf-8")
                except OSError:
                    token = ""
                if token != self._token:
                    raise OutputError(
                        f"The folder {self._target} is not shared by all machines of the cluster: "
                        "choose one that is, or a bucket such as s3://bucket/results."
                    )
            self._worker = ClipWorker(self._target, limits=self._limits)
        return self._worker


def _end_with(parent: int) -> None:
    """End this process when its parent is gone; the one below it notices that and ends, too."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def clip_blocks(
    clips: list[BatchClip], workers: int, longest: int | None = None
) -> list[list[BatchClip]]:
    """Divide clips into lists, each of which is one task of an actor.

    The lists get shorter towards the end, so that all workers end at about the same time (guided
    self-scheduling, Polychronopoulos and Kuck 1987). Clips of one source stay in one list, since
    a worker keeps the analysis of its latest source.

    Parameters
    ----------
    clips
        The clips.
    workers
        Number of workers.
    longest
        Most clips in a list, apart from those of one source; by default 100.
    """
    groups: dict[str, list[BatchClip]] = {}
    for clip in clips:
        groups.setdefault(clip.source, []).append(clip)
    blocks: list[list[BatchClip]] = []
    left, room = len(clips), 0
    for group in groups.values():
        if room <= 0:
            blocks.append([])
            room = max(1, min(left // (_ROUNDS * workers), longest or _MAX_BLOCK))
        blocks[-1].extend(group)
        room -= len(group)
        left -= len(group)
    return blocks
