"""Serve the page: upload a dance clip, get it back with music."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from d2m import web
from d2m.media.guard import ClipLimits
from d2m.web.page import build, theme
from d2m.web.routes import DenyRoutes
from d2m.web.words import examples
from d2m.worker import Worker

HERE = Path(__file__).parent


def page(worker: Worker) -> gr.Blocks:
    """Return the page with the bundled examples."""
    return build(worker, examples(HERE / "examples"))


def main() -> None:
    """Serve the page until interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(Worker()) as worker:
        worker.warm_up()
        page(worker).launch(
            theme=theme(),
            css_paths=Path(web.__file__).with_name("page.css"),
            show_error=False,
            max_file_size=ClipLimits().max_bytes,
            allowed_paths=[],
            enable_monitoring=False,
            ssr_mode=False,
            footer_links=["api"],
            app_kwargs={"middleware": [Middleware(DenyRoutes)]},
        )


if __name__ == "__main__":
    main()
