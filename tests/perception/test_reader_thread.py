"""A thread that reads what another one produces."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from d2m.perception.reader_thread import ReaderThread


def test_all_items_arrive_in_order() -> None:
    with ReaderThread[int, list[int]](list, ahead=2) as reader:
        for number in range(50):
            reader.put(number)
        assert reader.finish() == list(range(50))


def test_no_more_items_wait_than_allowed() -> None:
    may_read = threading.Event()
    sent: list[int] = []

    def read(items: Iterator[int]) -> int:
        may_read.wait()
        return sum(1 for _ in items)

    with ReaderThread(read, ahead=3) as reader:

        def send() -> None:
            for number in range(10):
                reader.put(number)
                sent.append(number)

        sender = threading.Thread(target=send)
        sender.start()
        sender.join(0.3)
        assert sender.is_alive()
        assert len(sent) <= 3
        may_read.set()
        sender.join()
        assert reader.finish() == 10


def test_a_reader_may_stop_early() -> None:
    with ReaderThread[int, int](next, ahead=1) as reader:
        for number in range(5, 25):
            reader.put(number)
        assert reader.finish() == 5


def test_an_error_of_the_reader_reaches_the_producer() -> None:
    def read(items: Iterator[int]) -> None:
        raise ValueError(f"bad item {next(items)}")

    def send() -> None:
        with ReaderThread(read, ahead=1) as reader:
            for number in range(1000):
                reader.put(number)
            reader.finish()

    with pytest.raises(ValueError, match="bad item 0"):
        send()


def test_an_error_of_the_producer_ends_the_thread() -> None:
    before = threading.active_count()
    seen: list[int] = []

    def read(items: Iterator[int]) -> None:
        seen.extend(items)

    def send() -> None:
        with ReaderThread(read, ahead=4) as reader:
            reader.put(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send()
    assert threading.active_count() == before
    assert seen in ([], [1])


def test_who_waits_for_the_end_can_stop_it() -> None:
    before = threading.active_count()
    may_end = threading.Event()

    def read(items: Iterator[int]) -> list[int]:
        may_end.wait()
        return list(items)

    def stop() -> None:
        may_end.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ReaderThread(read, ahead=1) as reader:
        reader.finish(stop)
    assert threading.active_count() == before
