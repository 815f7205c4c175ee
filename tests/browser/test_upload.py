"""Clips of kinds that a browser does not know can be chosen and dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clips import ffmpeg

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  const zone = document.querySelector('#clip input[type=file]').parentElement;
  zone.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def camcorder_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip of 2.4 s as AVCHD camcorders write it, whose kind no browser knows."""
    path = tmp_path_factory.mktemp("camcorder") / "00001.MTS"
    source = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2.4")
    ffmpeg(*source, "-c:v", "libx264", "-f", "mpegts", "-mpegts_m2ts_mode", 1, path)
    return path


@pytest.mark.parametrize("is_dropped", [False, True], ids=["chosen", "dropped"])
def test_a_camcorder_clip_is_uploaded(page: Page, camcorder_clip: Path, is_dropped: bool) -> None:
    page.locator("#clip input[type=file]").wait_for(state="attached")
    with page.expect_response(
        lambda reply: reply.request.method == "POST" and "/upload" in reply.url
    ) as uploaded:
        if is_dropped:
            page.evaluate(DROP, [camcorder_clip.name, [*camcorder_clip.read_bytes()]])
        else:
            page.locator("#clip input[type=file]").set_input_files(str(camcorder_clip))
    assert uploaded.value.json()[0].endswith("00001.MTS")
    page.locator("#clip").get_by_label("Clear").first.wait_for()


def test_the_dialog_offers_all_accepted_endings(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#clip").get_by_text("Click to Upload").click()
    offered = str(chooser.value.element.get_attribute("accept"))
    assert {"video/*", ".mts", ".gif", ".vob"} <= set(offered.split(","))


def test_a_text_is_not_taken(page: Page) -> None:
    page.locator("#clip input[type=file]").wait_for(state="attached")
    page.evaluate(DROP, ["letter.txt", [68, 101, 97, 114]])
    message = page.get_by_text("Invalid file type").first
    message.wait_for()
    assert "letter.txt" in message.inner_text()
