"""Read a stream of items in another thread while this one produces them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_POLL_S = 0.05  # how often a thread that waits for the other looks whether it has ended


class ReaderThread(Generic[Item, Result]):
    """A function that reads items in a thread of its own, in order, a bounded number behind.

    What it returns does not depend on timing: it gets all items, unless it stops early by itself.

    Parameters
    ----------
    read
        Gets the items, and returns a result. It may stop before their end.
    ahead
        Number of items that wait for it at most: then `put` blocks.
    """

    def __init__(self, read: Callable[[Iterator[Item]], Result], *, ahead: int) -> None:
        self._read = read
        self._items: queue.Queue[tuple[Item] | None] = queue.Queue(ahead)
        self._is_cancelled = threading.Event()
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=read.__name__, daemon=True)

    def __enter__(self) -> ReaderThread[Item, Result]:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread, wherever it is, and wait for that."""
        self._is_cancelled.set()
        self._thread.join()

    def put(self, item: Item) -> None:
        """Add an item; an error of the reader is raised here, and without a reader it is dropped.

        Raises
        ------
        BaseException
            What the reader has raised.
        """
        self._put((item,))

    def finish(self, waiting: Callable[[], None] | None = None) -> Result:
        """End the items, wait for the reader, and return its result.

        Parameters
        ----------
        waiting
            Called again and again until the reader is done.

        Raises
        ------
        BaseException
            What the reader has raised.
        """
        self._put(None)
        while self._thread.is_alive():
            self._thread.join(_POLL_S)
            if waiting is not None:
                waiting()
        self._check()
        return self._results[0]

    def _put(self, item: tuple[Item] | None) -> None:
        while self._thread.is_alive():
            try:
                self._items.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            break
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._results.append(self._read(self._until_the_end()))
        except _CancelledError:
            pass
        except BaseException as error:
            self._error = error

    def _until_the_end(self) -> Iterator[Item]:
        while True:
            if self._is_cancelled.is_set():
                raise _CancelledError
            try:
                item = self._items.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if item is None:
                return
            yield item[0]


class _CancelledError(Exception):
    """The items end before their time, because nobody waits for the result."""
