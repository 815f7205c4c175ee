"""Recording a clip with the camera; the browser reads a file instead of a camera."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import WAIT_MS
from tests.browser.test_page import download, run
from tests.conftest import BROWSER_FLAGS, CHROMIUM, EXAMPLES, Server

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an example as the video of a camera (motion JPEG)."""
    from imageio_ffmpeg import get_ffmpeg_exe

    video = tmp_path_factory.mktemp("camera") / "dancer.mjpeg"
    source = EXAMPLES / "groove_procedural_landscape.mp4"
    command = ["-nostdin", "-v", "error", "-i", str(source), "-vf", "scale=640:-2", "-q:v", "4"]
    subprocess.run([get_ffmpeg_exe(), *command, str(video)], check=True)
    return video


@pytest.mark.slow
def test_a_recorded_clip_gets_music(playwright: Playwright, server: Server, camera: Path) -> None:
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    flags.append(f"--use-file-for-fake-video-capture={camera}")
    browser = playwright.chromium.launch(
        executable_path=str(CHROMIUM), args=[*BROWSER_FLAGS, *flags]
    )
    context = browser.new_context(permissions=["camera", "microphone"], accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(server.url)
    page.locator("#clip").get_by_label("Capture from camera").click()
    page.locator("#clip").get_by_text("Click to Access Webcam").click()
    page.locator("#clip").get_by_text("Record", exact=True).click()
    page.wait_for_timeout(5000)
    page.locator("#clip").get_by_text("Stop", exact=True).click()
    page.locator("#clip video[src]").wait_for()
    run(page)
    report = json.loads(download(page, "Report (JSON)").read_text())
    assert 2.5 < report["clip"]["duration_s"] < 9
    assert report["rhythm"]["pose_coverage"] > 0.7
    browser.close()
