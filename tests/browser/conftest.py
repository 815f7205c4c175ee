"""Fixtures of the tests in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT_MS = 60_000
"""How long tests wait for something on the page; it is there within a second on an idle machine."""


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Return the open page; fail if it sends a request to any other server."""
    foreign: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((server.url, "data:", "blob:"))
            else foreign.append(request.url)
        ),
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(server.url)
    yield page
    context.close()
    assert not foreign
