"""Links to the page are shown with its own title and picture."""

from __future__ import annotations

from typing import Any

import pytest

from d2m.web.social_card import (
    CARD,
    CARD_ADDRESS,
    DESCRIPTION,
    TITLE,
    SocialTags,
    card_route,
    social_head,
)
from tests.web.test_job_status import in_thread

PAGE = b"""<head><meta property="og:title" content="Gradio" />
<meta
    name="twitter:image" content="https://gradio.app/a.jpg"
/><meta name="viewport" content="width=device-width"></head><body>Dance</body>"""


def answer(
    path: str, method: str = "GET", root: str = "", host: bytes = b"dance.example:8000"
) -> tuple[dict[bytes, bytes], bytes]:
    """Return the headers and the body of an answer of the middleware before a small page."""
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(PAGE))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE[:90], "more_body": True})
        await send({"type": "http.response.body", "body": PAGE[90:]})

    async def keep(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "path": root + path,
        "method": method,
        "root_path": root,
    }
    scope |= {"scheme": "https", "headers": [(b"host", host)]}
    in_thread(SocialTags(app)(scope, None, keep))  # type: ignore[arg-type]
    return dict(sent[0]["headers"]), b"".join(part["body"] for part in sent[1:])


@pytest.mark.parametrize("root", ["", "/dance"])
def test_the_tags_of_the_page_replace_those_of_gradio(root: str) -> None:
    headers, body = answer("/", root=root)
    text = body.decode()
    assert int(headers[b"content-length"]) == len(body)
    assert text.count("og:title") == 1
    assert f'content="{TITLE}"' in text
    assert DESCRIPTION in text
    assert "radio" not in text
    assert 'name="viewport"' in text
    assert text.endswith("</head><body>Dance</body>")


def test_other_answers_are_passed_on() -> None:
    assert answer("/config")[1] == PAGE
    assert answer("/", "HEAD")[1] == PAGE


def test_the_picture_is_served() -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    client = TestClient(Starlette(routes=[card_route()]))
    picture = client.get(CARD_ADDRESS)
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content == CARD.read_bytes()
    assert client.head(CARD_ADDRESS).content == b""


def test_the_picture_has_the_size_that_the_tags_name() -> None:
    from PIL import Image

    with Image.open(CARD) as picture:
        width, height = picture.size
    assert f'width" content="{width}"' in social_head("")
    assert f'height" content="{height}"' in social_head("")


def test_the_address_of_the_picture_is_that_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f'"https://dance.example:8000{CARD_ADDRESS}"' in answer("/")[1].decode()
    assert f'content="{CARD_ADDRESS}"' in answer("/", host=b'"><script>')[1].decode()
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://example.org/d2m/")
    assert f'"https://example.org/d2m{CARD_ADDRESS}"' in answer("/")[1].decode()


def test_only_a_space_offers_to_be_duplicated(monkeypatch: pytest.MonkeyPatch) -> None:
    from d2m.web.html import duplicate_link

    monkeypatch.delenv("SPACE_ID", raising=False)
    assert duplicate_link() == ""
    monkeypatch.setenv("SPACE_ID", "someone/d2m")
    assert 'href="https://huggingface.co/spaces/someone/d2m?duplicate=true"' in duplicate_link()
