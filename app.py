"""Serve the page: upload a dance clip, get it back with music."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from d2m import web
from d2m.jobs import Worker
from d2m.jobs.messages import Limits
from d2m.media.safe_open import ClipLimits
from d2m.web.examples import examples
from d2m.web.rate_limits import RequestLimits, RequestQuotas
from d2m.web.route_allowlist import RouteAllowlist
from d2m.web.server_folder import KEEP_S, ServerFolder

if TYPE_CHECKING:
    import gradio as gr

HERE = Path(__file__).parent
SESSIONS = 24
"""Pages of which the server knows what they show; one that is forgotten is as a new one."""


AT_ONCE = "D2M_JOBS_AT_ONCE"


def asked_limits() -> Limits:
    """Return the bounds that the environment asks for."""
    asked = os.environ.get(AT_ONCE) or "1"
    if not (asked.isascii() and asked.isdigit() and int(asked)):
        raise SystemExit(f"{AT_ONCE} is {asked!r}: give it a whole number of at least 1.")
    return Limits(at_once=int(asked))


def page(worker: Worker) -> gr.Blocks:
    """Return the page with the bundled examples."""
    from d2m.web.page import build

    return build(worker, examples(HERE / "examples"))


def main(
    *,
    limits: Limits | None = None,
    bodies: RequestQuotas | None = None,
    keep_s: float = KEEP_S,
) -> None:
    """Serve the page until interrupted.

    Parameters
    ----------
    limits
        Bounds on the worker and its jobs; by default the environment may say how many jobs
        are done at once.
    bodies
        Bounds on what visitors send.
    keep_s
        How long clips and results stay (s).
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "SPACE_ID" in os.environ:  # all visitors come through the Space's own proxy
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")
    with (
        ServerFolder(keep_s=keep_s) as folder,
        contextlib.closing(Worker(limits or asked_limits(), folder.path)) as worker,
    ):
        # Gradio looks where its files go already while it is imported.
        os.environ["GRADIO_TEMP_DIR"] = str(folder.uploads)
        from starlette.middleware import Middleware

        from d2m.web.page import most_at_once, theme

        blocks = page(worker)
        worker.warm_up()  # not before: its imports would take turns with the page's
        blocks.api_open = False  # nobody skips the queue
        folder.settle()
        folder.keep_tidy()
        blocks.launch(
            theme=theme(),
            css_paths=Path(web.__file__).with_name("page.css"),
            show_error=False,
            max_file_size=ClipLimits().max_bytes,
            allowed_paths=[],
            enable_monitoring=False,
            mcp_server=False,
            run_history=False,
            ssr_mode=False,
            max_threads=2 * most_at_once(worker.limits),
            # Each holds half a megabyte. No job depends on them: see d2m/web/job_status.py.
            state_session_capacity=SESSIONS,
            footer_links=["api"],
            app_kwargs={
                "middleware": [
                    Middleware(RouteAllowlist),
                    Middleware(RequestLimits, folder=folder, limits=bodies or RequestQuotas()),
                ]
            },
        )


if __name__ == "__main__":
    main()
