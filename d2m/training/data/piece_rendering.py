"""Render composed pieces into a corpus folder, in one process or in several."""

from __future__ import annotations

import time
from collections.abc import Iterable
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from tqdm import tqdm

from d2m.core.errors import DataError
from d2m.training.child_processes import ChildProcesses
from d2m.training.data.composed_pieces import ComposedPiece, render_piece

POLL_S = 0.2
"""Time (s) between two looks at the processes."""


def render_pieces(folder: Path, pieces: Iterable[ComposedPiece], *, workers: int = 1) -> None:
    """Render pieces, skipping those already there.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    pieces
        What to render.
    workers
        Processes that render at once.

    Raises
    ------
    DataError
        If one of several processes fails; its error is printed.
    """
    missing = missing_pieces(folder, pieces)
    with tqdm(total=len(missing), desc="pieces", unit="piece", disable=None) as bar:
        if workers == 1:
            for piece in missing:
                render_piece(folder, piece)
                bar.update()
            return
        with ChildProcesses() as children:
            running = start_rendering(children, folder, missing, workers)
            while any(process.is_alive() for process in running):
                time.sleep(POLL_S)
                bar.update(len(missing) - len(missing_pieces(folder, missing)) - bar.n)
            if any(process.exitcode for process in running):
                raise DataError("Pieces could not be rendered; see the error above.")


def start_rendering(
    children: ChildProcesses, folder: Path, pieces: Iterable[ComposedPiece], workers: int
) -> list[BaseProcess]:
    """Start to render pieces in the background, skipping those already there.

    Parameters
    ----------
    children
        Starts the processes.
    folder, pieces, workers
        See `render_pieces`.
    """
    missing, taken = missing_pieces(folder, pieces), children.counter()
    count = min(workers, len(missing))
    return [children.start(_render_in_turn, folder, missing, taken) for _ in range(count)]


def missing_pieces(folder: Path, pieces: Iterable[ComposedPiece]) -> list[ComposedPiece]:
    """Return the pieces that are not in a corpus folder."""
    return [piece for piece in pieces if not (folder / piece.path).is_file()]


def _render_in_turn(folder: Path, pieces: list[ComposedPiece], taken: Synchronized[int]) -> None:
    """Render whichever piece is next until all are taken."""
    while True:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        if number >= len(pieces):
            return
        render_piece(folder, pieces[number])
