"""Serve the page of a listening study."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from d2m.benchmark.listening.answers import ANSWERS_FILE, AnswerStore
from d2m.benchmark.listening.rating_session import RatingSession, RefusedAnswerError
from d2m.benchmark.listening.request_limits import StudyLimits
from d2m.benchmark.listening.study import STIMULI_FOLDER, Study, check_stimuli, read_study
from d2m.core.errors import SettingsError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PAGE_FOLDER = Path(__file__).parent / "page"
"""Folder of the page, its script and its style."""
_PAGE_FILES = {
    "/": ("page.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
_MOST_CONNECTIONS = 1000
_TOKEN_LENGTH = 64  # longest value that is looked at
_Body = dict[str, Any]


def serve_study(folder: Path, *, host: str, port: int) -> None:
    """Serve a study until the process is stopped, and print the link for raters.

    Parameters
    ----------
    folder
        Folder of the study; the answers go into it.
    host, port
        Where to listen; port 0 takes a free one.

    Raises
    ------
    DataError
        If the folder holds no study, or a stimulus is lost or changed.
    SettingsError
        If the address or the port can't be used.
    """
    import uvicorn

    study = read_study(folder)
    check_stimuli(study, folder)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"The server can't listen at {host}, port {port} ({reason}): choose another port."
        ) from error
    store = AnswerStore(folder / ANSWERS_FILE)
    name = f"[{host}]" if ":" in host else host
    port = listening.getsockname()[1]
    typer.echo(f"Link for raters: http://{name}:{port}/#join={study.invitation}")
    config = uvicorn.Config(
        study_app(study, store, folder),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=30,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        store.close()


def study_app(
    study: Study, store: AnswerStore, folder: Path, clock: Callable[[], float] = time.time
) -> Callable[..., Any]:
    """Return the ASGI application of a study.

    Parameters
    ----------
    study, store
        The study and its answers.
    folder
        Its folder.
    clock
        Seconds since 1970.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    session = RatingSession(study, store, clock)
    texts = {"title": study.title, "consent": study.consent, "contact": study.contact}

    def join(_request: Request, body: _Body) -> _Body:
        return session.join(body)

    def trial(request: Request, _body: _Body) -> _Body:
        return session.next_trial(session.rater(_token(request)))

    def answer(request: Request, body: _Body) -> _Body:
        return session.answer(session.rater(_token(request)), body)

    routes = [
        *(Route(path, _page_file) for path in _PAGE_FILES),
        Route("/media/{id}", _stimulus_files(study, folder)),
        Route("/api/study", _endpoint(lambda _request, _body: texts)),
        Route("/api/join", _endpoint(join), methods=["POST"]),
        Route("/api/trial", _endpoint(trial)),
        Route("/api/answer", _endpoint(answer), methods=["POST"]),
    ]
    return StudyLimits(Starlette(routes=routes))


def _page_file(request: Request) -> Response:
    """Return a file of the page."""
    from starlette.responses import FileResponse

    name, media_type = _PAGE_FILES[request.url.path]
    headers = {"cache-control": "no-cache"}
    return FileResponse(PAGE_FOLDER / name, media_type=media_type, headers=headers)


def _stimulus_files(study: Study, folder: Path) -> Callable[[Request], Response]:
    """Return the endpoint of the stimuli: only files of the study have names there."""
    from starlette.responses import FileResponse, PlainTextResponse

    paths = {one.id: folder / STIMULI_FOLDER / one.file for one in study.stimuli}
    headers = {"cache-control": "private, max-age=3600"}

    def respond(request: Request) -> Response:
        path = paths.get(request.path_params["id"])
        if path is None:
            return PlainTextResponse("There is no such file.", status_code=404)
        media_type = "video/mp4" if path.suffix == ".mp4" else "audio/wav"
        return FileResponse(path, media_type=media_type, headers=headers)

    return respond


def _endpoint(work: Callable[[Request, _Body], _Body]) -> Callable[[Request], Any]:
    """Return an endpoint that takes and gives JSON; refusals are sentences."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse

    async def respond(request: Request) -> Response:
        status = 200
        try:
            found = await run_in_threadpool(work, request, _parsed(await request.body()))
        except RefusedAnswerError as refused:
            status, found = refused.status, {"error": refused.sentence}
        except sqlite3.Error:
            status, found = 503, {"error": "The answers can't be stored at the moment."}
        return JSONResponse(found, status_code=status, headers=_NO_STORE)

    return respond


_NO_STORE = {"cache-control": "no-store"}


def _token(request: Request) -> str:
    """Return the secret of a rater's link out of a request."""
    return request.headers.get("authorization", "")[:_TOKEN_LENGTH].removeprefix("Bearer ")


def _parsed(body: bytes) -> _Body:
    """Return the JSON object in the body of a request; without a body, an empty one."""
    try:
        found = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RefusedAnswerError(400, "The request is malformed: load the page again.")
    return found
