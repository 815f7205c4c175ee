"""The tools of the page by the Model Context Protocol (MCP), in the same queue and limits.

Gradio's own MCP server is not used: it calls the server over HTTP from inside, keeps a thread of
those that also serve files for each call, downloads what a call names, and offers every endpoint.
Here a call asks the worker pool as the page does, names only files that are on the server, and
ends its job when the program that called goes away.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
from gradio.route_utils import get_root_url
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from d2m.core.errors import D2MError
from d2m.core.event_documents import Document
from d2m.core.version import __version__
from d2m.jobs import WorkerPool
from d2m.web.job_answers import job_answers
from d2m.web.job_panel import max_concurrent
from d2m.web.route_allowlist import Receive, Scope, Send
from d2m.web.served_files import ServedFiles
from d2m.web.tools import JobTool, dance_tool, music_tool, result_text

TOOLS_PATH = "/gradio_api/mcp"
"""Path of the server, the one that Gradio's programs expect."""
_SHOWN = {"name", "description", "inputSchema"}
_FAILED = "Something went wrong on the server: try again, or try another file."


class ToolServer:
    """Serves the tools; each call is one request, whose response reports the progress.

    Parameters
    ----------
    pool
        Runs the jobs.
    uploads
        Folder of uploads and results.
    """

    def __init__(self, pool: WorkerPool, uploads: Path) -> None:
        self._pool, self._uploads = pool, uploads
        self._tools = {tool.name: tool for tool in (music_tool(), dance_tool())}
        self._server: Server[Any, Any] = Server("D2M", __version__)
        self._server.list_tools()(self._list)  # type: ignore[no-untyped-call]
        self._server.call_tool(validate_input=False)(self._call)
        self._manager = StreamableHTTPSessionManager(self._server, stateless=True)
        # Threads of their own, so that jobs that wait do not hold up other requests.
        self._threads = anyio.CapacityLimiter(max_concurrent(pool.limits))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._manager.handle_request(scope, receive, send)

    def routes(self) -> list[Route]:
        """Return the routes of the server, and of the list that the page shows."""
        calls = [Route(path, self, methods=["POST"]) for path in (TOOLS_PATH, f"{TOOLS_PATH}/")]
        return [*calls, Route(f"{TOOLS_PATH}/schema", self._schema, methods=["GET"])]

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:  # noqa: ARG002
        """Run the server as long as the application runs."""
        async with self._manager.run():
            yield

    async def _list(self) -> list[types.Tool]:
        return [
            types.Tool(name=tool.name, description=tool.description, inputSchema=tool.schema)
            for tool in self._tools.values()
        ]

    async def _schema(self, request: Request) -> JSONResponse:  # noqa: ARG002
        """Return the tools as the page of Gradio that explains the endpoints reads them."""
        meta = {"file_data_present": True, "mcp_type": "tool"}
        return JSONResponse(
            [{**tool.model_dump(include=_SHOWN), "meta": meta} for tool in await self._list()]
        )

    async def _call(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        tool = self._tools.get(name)
        if tool is None:
            return _failed(f"There is no tool {name!r}: use {', '.join(self._tools)}.")
        try:
            result = await self._run(tool, arguments)
        except D2MError as error:
            return _failed(str(error))
        except Exception:
            logging.getLogger(__name__).exception("A call of %s failed", name)
            return _failed(_FAILED)
        text = types.TextContent(type="text", text=result_text(result))
        return types.CallToolResult(content=[text], structuredContent=result)

    async def _run(self, tool: JobTool, arguments: dict[str, Any]) -> Document:
        """Run the job of a call, and return its last document."""
        files, root = ServedFiles(self._uploads), self._root_url()
        report, stop = self._reporter(), threading.Event()

        def work() -> Document:
            requested = tool.requested(arguments, self._uploads)
            result: Document = {}
            for result in job_answers(
                self._pool, requested, lambda path: root + files.serve(path)["url"], stop
            ):
                anyio.from_thread.run(report, result)
            return result

        try:
            return await anyio.to_thread.run_sync(
                work, abandon_on_cancel=True, limiter=self._threads
            )
        finally:
            stop.set()

    def _reporter(self) -> Callable[[Document], Any]:
        """Return what sends the progress of a job to the program that called, if it asks for it."""
        context = self._server.request_context
        token = context.meta.progressToken if context.meta else None
        sent = -1.0

        async def report(document: Document) -> None:
            nonlocal sent
            progress = document.get("progress", {})
            share = progress.get("share", 0.0 if document["status"] == "waiting" else 1.0)
            if token is not None and share > sent:  # it must rise
                sent = share
                await context.session.send_progress_notification(
                    token,
                    share,
                    1.0,
                    progress.get("stage", document["status"]),
                    str(context.request_id),
                )

        return report

    def _root_url(self) -> str:
        """Return the address of the page, as the program that called knows it."""
        request: Any = self._server.request_context.request
        return get_root_url(request, TOOLS_PATH, os.environ.get("GRADIO_ROOT_PATH"))


def _failed(sentence: str) -> types.CallToolResult:
    """Return the result of a call that failed, with a sentence that says why."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=sentence)], isError=True
    )
