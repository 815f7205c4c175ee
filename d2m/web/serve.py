"""Serve the page with its worker processes, its limits and the bundled examples."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.parallel import usable_cores
from d2m.jobs import WorkerPool
from d2m.jobs.messages import Limits
from d2m.media.clip_limits import ClipLimits
from d2m.web.examples import EXAMPLES, SONG_LIST, load_examples
from d2m.web.rate_limits import RequestLimits, RequestQuotas
from d2m.web.route_allowlist import RouteAllowlist
from d2m.web.server_folder import KEEP_S, ServerFolder

if TYPE_CHECKING:
    import gradio as gr

REHEARSAL = EXAMPLES / "groove_procedural_landscape.mp4"
"""Clip of the job that each worker process does at its start."""
REHEARSE = "D2M_REHEARSE"
"""Environment variable that leaves that job out if it is 0."""
STYLE_SHEETS = ("page", "takes", "accessible")
"""Names of the style sheets, beside this module; later ones win."""
SESSIONS = 24
"""Sessions that Gradio keeps (count); each holds half a megabyte. A forgotten session looks like
a new page, and no job depends on it (`d2m.web.job_status.JobStatuses`)."""
JOBS_AT_ONCE = "D2M_JOBS_AT_ONCE"
"""Environment variable with the number of jobs that run at a time."""
CORES_PER_JOB, MOST_JOBS = 2, 8
"""Processor cores for each job that runs at a time, and the most such jobs (count), unless the
environment sets their number. A job keeps two cores busy most of the time; each process takes
up to 2 GB of memory. Chosen by hand; `tools/load_rates.py` times other numbers."""


def limits_from_environment() -> Limits:
    """Return the limits of the worker pool: those that the environment sets, or by the cores."""
    usual = min(MOST_JOBS, max(1, usable_cores() // CORES_PER_JOB))
    value = os.environ.get(JOBS_AT_ONCE) or str(usual)
    if not (value.isascii() and value.isdigit() and int(value)):
        raise SystemExit(f"{JOBS_AT_ONCE} is {value!r}: set it to a whole number of at least 1.")
    return Limits(at_once=int(value))


def page(pool: WorkerPool) -> gr.Blocks:
    """Build the page with the bundled examples."""
    from d2m.web.page import build

    return build(pool, load_examples(EXAMPLES), songs=load_examples(EXAMPLES, SONG_LIST))


def serve_page(
    *,
    limits: Limits | None = None,
    quotas: RequestQuotas | None = None,
    keep_s: float = KEEP_S,
) -> None:
    """Serve the page until interrupted.

    Parameters
    ----------
    limits
        Limits of the worker pool and its jobs; by default those of the environment.
    quotas
        Limits on requests.
    keep_s
        Time for which clips and results stay on the server (s).
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "SPACE_ID" in os.environ:  # all visitors come through the proxy of the Space
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    limits = limits or limits_from_environment()
    rehearsal = None if os.environ.get(REHEARSE) == "0" else REHEARSAL
    with (
        ServerFolder(keep_s=keep_s) as folder,
        contextlib.closing(WorkerPool(limits, folder.path, rehearsal=rehearsal)) as pool,
    ):
        # Gradio reads this variable while it is imported.
        os.environ["GRADIO_TEMP_DIR"] = str(folder.uploads)
        blocks = page(pool)
        pool.warm_up()  # not earlier: its imports would compete with those of the page
        blocks.api_open = False  # all jobs go through the queue
        folder.settle()
        folder.keep_tidy()
        _launch(blocks, pool, folder, quotas or RequestQuotas())


def _launch(
    blocks: gr.Blocks, pool: WorkerPool, folder: ServerFolder, quotas: RequestQuotas
) -> None:
    """Serve a page with the middleware that protects it, until interrupted."""
    from starlette.middleware import Middleware

    from d2m.web.job_panel import max_concurrent
    from d2m.web.social_card import SocialTags, card_route
    from d2m.web.theme import theme
    from d2m.web.tool_server import ToolServer
    from d2m.web.translation import tables_route, translation_head

    tools = ToolServer(pool, folder.uploads)
    blocks.mcp_server = True  # so that the page explains how to reach the tools
    blocks.launch(
        theme=theme(),
        head=translation_head(),
        css_paths=[Path(__file__).with_name(f"{name}.css") for name in STYLE_SHEETS],
        show_error=False,
        max_file_size=ClipLimits().max_bytes,
        allowed_paths=[],
        enable_monitoring=False,
        mcp_server=False,  # see `d2m.web.tool_server`
        run_history=False,
        ssr_mode=False,
        max_threads=2 * max_concurrent(pool.limits),
        state_session_capacity=SESSIONS,
        footer_links=["api"],
        app_kwargs={
            "routes": [*tools.routes(), tables_route(), card_route()],
            "lifespan": tools.lifespan,
            "middleware": [
                Middleware(RouteAllowlist),
                Middleware(SocialTags),
                Middleware(RequestLimits, folder=folder, limits=quotas),
            ],
        },
    )
