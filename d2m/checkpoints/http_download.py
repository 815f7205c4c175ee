"""Download over HTTP, resuming an interrupted transfer where the server supports it."""

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

# Bytes per write, chosen by hand. An interruption loses at most one such block.
_CHUNK_BYTES = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class InterruptedTransferError(Exception):
    """A transfer failed in a way that another attempt may fix; the text is for the user."""


class ResumingDownloader:
    """A downloader for pooch that resumes an interrupted transfer.

    A partial file is kept only if the server supports range requests and sends a validator
    (RFC 9110, ETag or Last-Modified), which shows whether the file has changed since. The
    URL and the validator are stored next to the partial file.

    Parameters
    ----------
    spec
        The file to download.
    """

    def __init__(self, spec: TransferSpec) -> None:
        self._spec = spec
        self._part = spec.folder / f"{spec.key}.part"
        self._resume_info = spec.folder / f"{spec.key}.part.json"

    def __call__(self, url: str, output_file: str, _: object) -> None:
        """Download ``url`` to ``output_file``.

        Raises
        ------
        CheckpointError
            If the server can't be reached or sends something else.
        """
        policy = self._spec.retry_policy
        for attempt in range(policy.attempts):
            try:
                with self._partial_kept_if_resumable():
                    self._transfer(url)
                break
            except InterruptedTransferError as error:
                if attempt == policy.attempts - 1:
                    raise CheckpointError(str(error)) from error
                time.sleep(policy.pause_s * 2**attempt)
        self._part.replace(output_file)
        self._resume_info.unlink(missing_ok=True)

    @contextmanager
    def _partial_kept_if_resumable(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            may_resume = isinstance(error, (InterruptedTransferError, KeyboardInterrupt))
            if not (may_resume and self._resume_info.is_file() and _size(self._part)):
                self._remove_partial()
            raise

    def _remove_partial(self) -> None:
        self._part.unlink(missing_ok=True)
        self._resume_info.unlink(missing_ok=True)

    def _transfer(self, url: str) -> None:
        import requests

        host = _host(url)
        received, range_headers = self._resume_point(url)
        try:
            response = requests.get(
                url,
                headers={"Accept-Encoding": "identity", **range_headers},
                stream=True,
                timeout=self._spec.retry_policy.timeout_s,
            )
        except requests.RequestException as error:
            raise InterruptedTransferError(self._spec.unreachable_message(host)) from error
        with response:
            start = self._body_start(response, received, host)
            try:
                total = self._receive(response, url, start, host)
            except requests.RequestException as error:
                raise InterruptedTransferError(self._spec.interrupted_message(host)) from error
        if total and _size(self._part) != total:  # urllib3 before 2.0 accepts a short body
            raise InterruptedTransferError(self._spec.interrupted_message(host))

    def _resume_point(self, url: str) -> tuple[int, dict[str, str]]:
        """Return the bytes received so far and the headers that request the rest."""
        try:
            info = json.loads(self._resume_info.read_text())
            received = _size(self._part)
            if received and info["url"] == url:
                validator = str(info["validator"])
                return received, {"Range": f"bytes={received}-", "If-Range": validator}
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self._remove_partial()
        return 0, {}

    def _body_start(self, response: Response, received: int, host: str) -> int:
        """Return the offset of the response body in the file (bytes).

        It is 0 if the server sends the whole file although a range was requested.
        """
        spec, status = self._spec, response.status_code
        if status == 200:
            return 0
        if status == 206:
            found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if received and found is not None and int(found[1]) == received:
                return received
        if status in (206, 416):
            self._remove_partial()
            raise InterruptedTransferError(spec.interrupted_message(host))
        if status in (408, 425, 429) or status >= 500:
            raise InterruptedTransferError(
                f"{host} can't serve {spec.name} at the moment (HTTP status {status}): try again "
                "later."
            )
        if status in (404, 410):
            raise CheckpointError(
                f"{host} no longer has the file {spec.name} (HTTP status {status}): get it "
                "elsewhere and run `python -m d2m weights import` on it."
            )
        raise CheckpointError(
            f"{host} refuses to serve {spec.name} (HTTP status {status}): "
            f"{spec.manual_import_hint}."
        )

    def _receive(self, response: Response, url: str, start: int, host: str) -> int:
        """Write the response body; return the size of the whole file (bytes, 0 if unknown)."""
        spec = self._spec
        total = _total_size(response, start)
        spec.check_size(total, host)
        if validator := _validator(response):
            self._resume_info.write_text(json.dumps({"url": url, "validator": validator}))
        else:
            self._resume_info.unlink(missing_ok=True)
        received = start
        with self._part.open("ab" if start else "wb") as part:
            for chunk in response.iter_content(_CHUNK_BYTES):
                if received == 0 and (problem := describe_placeholder(chunk)):
                    raise CheckpointError(f"The file that {host} sent as {spec.name} {problem}.")
                received += len(chunk)
                spec.check_size(received, host)
                part.write(chunk)
                spec.on_progress(received, total)
        return total


def _total_size(response: Response, start: int) -> int:
    length = response.headers.get("Content-Length", "")
    plain = response.headers.get("Content-Encoding", "identity") == "identity"
    return start + int(length) if plain and length.isdigit() else 0


def _validator(response: Response) -> str:
    """Return the validator of this version of the file; empty if ranges are not supported."""
    validator = response.headers.get("ETag", "")
    if not validator or validator.startswith("W/"):  # If-Range needs a strong validator
        validator = response.headers.get("Last-Modified", "")
    ranges = response.status_code == 206 or response.headers.get("Accept-Ranges") == "bytes"
    return validator if ranges else ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
