"""Download over HTTP, going on where an earlier attempt stopped."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from d2m.checkpoints.safe_load import describe_placeholder
from d2m.checkpoints.transfer_spec import TransferSpec
from d2m.core.errors import CheckpointError

if TYPE_CHECKING:
    from requests import Response

_CHUNK = 64 * 1024
"""Bytes written at a time; what came of the last piece is lost when a transfer breaks off."""
_GIVEN_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class InterruptedTransferError(Exception):
    """A transfer stopped in a way that another attempt may mend; says how, for people."""


class ResumingDownloader:
    """A downloader for pooch that goes on where an earlier one stopped.

    A part is kept, with its address and the server's name for this version of the file,
    only where the server says that it can send the rest.

    Parameters
    ----------
    job
        What is downloaded, and how.
    """

    def __init__(self, job: TransferSpec) -> None:
        self._job = job
        self._part = job.folder / f"{job.key}.part"
        self._facts = job.folder / f"{job.key}.part.json"

    def __call__(self, url: str, output_file: str, _: object) -> None:
        """Download ``url`` to ``output_file``.

        Raises
        ------
        CheckpointError
            If the server can't be reached, or sends something else.
        """
        retry_policy = self._job.retry_policy
        for attempt in range(retry_policy.attempts):
            try:
                with self._kept_if_resumable():
                    self._transfer(url)
                break
            except InterruptedTransferError as problem:
                if attempt == retry_policy.attempts - 1:
                    raise CheckpointError(str(problem)) from problem
                time.sleep(retry_policy.pause_s * 2**attempt)
        self._part.replace(output_file)
        self._facts.unlink(missing_ok=True)

    @contextmanager
    def _kept_if_resumable(self) -> Iterator[None]:
        try:
            yield
        except BaseException as problem:
            later = isinstance(problem, (InterruptedTransferError, KeyboardInterrupt))
            if not (later and self._facts.is_file() and _size(self._part)):
                self._forget()
            raise

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def _transfer(self, url: str) -> None:
        import requests

        host = _host(url)
        there, asked = self._resumable(url)
        try:
            response = requests.get(
                url,
                headers={"Accept-Encoding": "identity", **asked},
                stream=True,
                timeout=self._job.retry_policy.timeout_s,
            )
        except requests.RequestException as error:
            raise InterruptedTransferError(self._job.unreachable_message(host)) from error
        with response:
            start = self._accepted(response, there, host)
            try:
                total = self._receive(response, url, start, host)
            except requests.RequestException as error:
                raise InterruptedTransferError(self._job.interrupted_message(host)) from error
        if total and _size(self._part) != total:  # urllib3 before 2.0 takes a short body
            raise InterruptedTransferError(self._job.interrupted_message(host))

    def _resumable(self, url: str) -> tuple[int, dict[str, str]]:
        """Return the bytes that are there and the headers that ask for the rest."""
        try:
            facts = json.loads(self._facts.read_text())
            there = _size(self._part)
            if there and facts["url"] == url:
                return there, {"Range": f"bytes={there}-", "If-Range": str(facts["validator"])}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self._forget()
        return 0, {}

    def _accepted(self, response: Response, there: int, host: str) -> int:
        """Return where the body begins: a server may send all though it was asked for a part."""
        job, status = self._job, response.status_code
        if status == 200:
            return 0
        if status == 206:
            given = _GIVEN_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if there and given is not None and int(given[1]) == there:
                return there
        if status in (206, 416):
            self._forget()
            raise InterruptedTransferError(job.interrupted_message(host))
        if status in (408, 425, 429) or status >= 500:
            raise InterruptedTransferError(
                f"{host} can't give {job.name} at the moment (HTTP status {status}): try again "
                "later."
            )
        if status in (404, 410):
            raise CheckpointError(
                f"{host} has no file {job.name} any more (HTTP status {status}): get it elsewhere "
                "and run `python -m d2m weights import` on it."
            )
        raise CheckpointError(
            f"{host} refuses to give {job.name} (HTTP status {status}): {job.manual_import_hint}."
        )

    def _receive(self, response: Response, url: str, start: int, host: str) -> int:
        """Write the body; return how many bytes the whole file should have (0 if unknown)."""
        job = self._job
        total = _announced(response, start)
        job.check_size(total, host)
        if validator := _validator(response):
            self._facts.write_text(json.dumps({"url": url, "validator": validator}))
        else:
            self._facts.unlink(missing_ok=True)
        there = start
        with self._part.open("ab" if start else "wb") as part:
            for chunk in response.iter_content(_CHUNK):
                if there == 0 and (problem := describe_placeholder(chunk)):
                    raise CheckpointError(f"What {host} sent for {job.name} {problem}.")
                there += len(chunk)
                job.check_size(there, host)
                part.write(chunk)
                job.told(there, total)
        return total


def _announced(response: Response, start: int) -> int:
    length = response.headers.get("Content-Length", "")
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    return start + int(length) if plain and length.isdigit() else 0


def _validator(response: Response) -> str:
    """Return what names this version of the file if the server can send parts of it."""
    tag = response.headers.get("ETag", "")
    if not tag or tag.startswith("W/"):
        tag = response.headers.get("Last-Modified", "")
    ranges = response.status_code == 206 or response.headers.get("Accept-Ranges") == "bytes"
    return tag if ranges else ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
