"""Of Gradio's routes, only those that the page needs are allowed."""

from __future__ import annotations

import re

from d2m.web.route_allowlist import is_allowed

OPEN_ROUTES = {
    *("/", "/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}"),
    *("/config", "/config/", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"),
    *("/pwa_icon", "/gradio_api/info", "/gradio_api/info/", "/gradio_api/openapi.json"),
    *("/gradio_api/app_id", "/gradio_api/app_id/", "/gradio_api/theme.css"),
    *("/gradio_api/startup-events", "/gradio_api/upload", "/gradio_api/upload_progress"),
    *("/gradio_api/file={path_or_url:path}", "/gradio_api/queue/join", "/gradio_api/queue/data"),
    *("/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/reset/"),
    *("/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/"),
    *("/gradio_api/call/v2/{api_name}", "/gradio_api/call/v2/{api_name}/"),
    *("/gradio_api/call/{api_name}/{event_id}", "/gradio_api/call/v2/{api_name}/{event_id}"),
    "/gradio_api/heartbeat/{session_hash}",
}


def test_only_the_routes_that_the_page_needs_are_allowed() -> None:
    import gradio as gr

    gradio = gr.routes.App.create_app(gr.Blocks(analytics_enabled=False))
    routes = []
    for route in gradio.routes:
        router = getattr(route, "original_router", None)
        routes += router.routes if router else [route]
    found = set()
    for route in routes:
        path = re.sub(r"=?\{[^}]+\}", lambda m: "=x" if m[0][0] == "=" else "x", route.path)
        if any(is_allowed(method, path) for method in getattr(route, "methods", None) or ()):
            found.add(route.path)
    assert found == OPEN_ROUTES
    assert len(routes) > len(found) + 25


def test_the_tools_of_the_page_have_one_route_and_those_of_gradio_none() -> None:
    for path in ("/gradio_api/mcp", "/gradio_api/mcp/"):
        assert is_allowed("POST", path)
        assert not is_allowed("OPTIONS", path)  # so that other sites can't call it in a browser
    for path in ("/gradio_api/mcp/http", "/gradio_api/mcp/messages/", "/gradio_api/mcp/sse"):
        assert not any(is_allowed(method, path) for method in ("GET", "POST"))
