"""The command ``serve``: the page on this machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer

Host = Annotated[
    str,
    typer.Option(
        envvar="GRADIO_SERVER_NAME",
        help="Address to listen on; 0.0.0.0 lets other machines in.",
    ),
]
Port = Annotated[int, typer.Option(envvar="GRADIO_SERVER_PORT", help="Port.", min=1, max=65535)]


def serve_here(host: Host = "127.0.0.1", port: Port = 7860) -> None:
    """Serve the page until stopped with Ctrl+C.

    Environment variables set everything else: see docs/hosting.md.
    """
    # Gradio reads these.
    os.environ["GRADIO_SERVER_NAME"], os.environ["GRADIO_SERVER_PORT"] = host, str(port)
    from d2m.web.serve import serve_page

    serve_page()
