"""The form in a browser: trimming and tapping by keyboard, limits, sounds, styles, two clicks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from d2m.core.styles import STYLES
from d2m.media.clip_limits import ClipLimits
from d2m.perception.beat_correction import MIN_TAPS
from tests.browser.test_page import press, status_says
from tests.clips import ffmpeg
from tests.conftest import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
LIMITS = ClipLimits()
DROP_HUGE = """([name, size]) => {
  const file = Object.defineProperty(new File(['x'], name), 'size', {value: size});
  const event = new DragEvent('drop', {bubbles: true, cancelable: true});
  Object.defineProperty(event, 'dataTransfer', {value: {files: [file]}});
  document.querySelector('#clip input[type=file]').parentElement.dispatchEvent(event);
}"""
"""Drops a file that says it is larger than it is."""
HEIGHTS = """(canvas, shares) => shares.map((share) => {
  const column = canvas.getContext('2d')
    .getImageData(Math.round(share * canvas.width), 0, 1, canvas.height);
  return column.data.filter((value, index) => index % 4 === 3 && value).length;
})"""
"""Returns how many pixels of some columns of a canvas are drawn."""


def setting(page: Page, label: str) -> Locator:
    """Return the field of a setting, whose section is open."""
    return page.get_by_label(label, exact=False).first


def choose_example(page: Page, name: str = "Groove, loft") -> None:
    """Choose an example, and wait until its pictures are drawn."""
    page.get_by_role("button", name=name).click()
    page.locator("#clip video[src]").wait_for()
    page.locator(".trimmer[data-pictures=drawn]").wait_for()


def uploads(page: Page) -> list[str]:
    """Return a list to which every file that is sent from now on is added."""
    sent: list[str] = []
    page.on(
        "request",
        lambda one: (
            sent.append(one.url)
            if one.method == "POST" and "/gradio_api/upload" in one.url
            else None
        ),
    )
    return sent


def open_section(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=False).first.click()


def handle(page: Page, which: str) -> Locator:
    return page.get_by_role("slider", name=f"{which} of the part")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return clips: too short, long, loud for one second, and of a dancer who stands still."""
    folder = tmp_path_factory.mktemp("clips")
    made = {name: folder / f"{name}.mp4" for name in ("short", "long", "loud", "still")}
    picture = ("-f", "lavfi", "-i")
    coding = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10")
    ffmpeg(*picture, "testsrc2=s=64x48:r=10:d=1.2", *coding, made["short"])
    ffmpeg(*picture, "testsrc2=s=64x48:r=5:d=150", *coding, made["long"])
    sound = "aevalsrc=exprs='if(between(t\\,1\\,2)\\,0.5*sin(2764*t)\\,0)':s=22050:d=4"
    ffmpeg(
        *picture, "testsrc2=s=48x64:r=10:d=4", *picture, sound, *coding, "-c:a", "aac", made["loud"]
    )
    example = EXAMPLES / "break_aist_landscape.mp4"
    freeze = "trim=end_frame=1,loop=-1:1,trim=end=3,setpts=N/25/TB"
    ffmpeg("-i", example, "-vf", freeze, "-an", "-r", 25, *coding, "-t", 3, made["still"])
    return made


def test_the_part_is_chosen_by_keyboard(page: Page) -> None:
    choose_example(page)
    open_section(page, "Part of the clip")
    start, length = setting(page, "Start (s)"), setting(page, "Length (s)")
    assert (start.input_value(), length.input_value()) == ("0", "0")
    handle(page, "Start").focus()
    for key in ("PageUp", "PageUp", "ArrowRight", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert handle(page, "Start").get_attribute("aria-valuenow") == "2.1"
    page.keyboard.press("Tab")
    assert handle(page, "End").evaluate("handle => handle === document.activeElement")
    for key in ("PageDown", "PageDown"):
        page.keyboard.press(key)
    page.get_by_text("Part: 2.1 s to 9.0 s, 6.9 s long.").wait_for()
    assert (start.input_value(), length.input_value()) == ("2.1", "6.9")
    assert page.locator("#clip video").evaluate("video => video.currentTime") == pytest.approx(9)
    length.fill("1")
    length.press("Enter")
    page.get_by_text("Part: 2.1 s to 3.1 s, 1.0 s long.").wait_for()
    page.get_by_text("Music is made for at least 2 s").wait_for()
    handle(page, "Start").focus()
    page.keyboard.press("Home")
    handle(page, "End").focus()
    page.keyboard.press("End")
    page.get_by_text("Part: 0.0 s to 11.0 s").wait_for()
    assert page.locator(".trimmer .warning").is_hidden()
    assert (start.input_value(), length.input_value()) == ("0", "0")


def test_a_part_belongs_to_its_clip(page: Page, clips: dict[str, Path]) -> None:
    choose_example(page)
    handle(page, "Start").focus()
    page.keyboard.press("PageUp")
    page.get_by_text("Part: 1.0 s to").wait_for()
    page.locator("#clip").get_by_label("Clear").first.click()
    page.locator("#trimmer").wait_for(state="hidden")
    page.locator("#clip input[type=file]").set_input_files(str(clips["loud"]))
    page.get_by_text("Part: 0.0 s to 4.0 s").wait_for()
    assert handle(page, "Start").get_attribute("aria-valuenow") == "0.0"


def test_of_a_long_clip_the_longest_part_is_chosen(page: Page, clips: dict[str, Path]) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(clips["long"]))
    page.get_by_text("Part: 0.0 s to 120.0 s, 120.0 s long.").wait_for()
    handle(page, "End").focus()
    page.keyboard.press("PageUp")
    page.get_by_text(f"Music is made for at most {LIMITS.max_duration_s:g} s").wait_for()
    assert handle(page, "End").get_attribute("aria-valuenow") == "121.0"


def test_the_waveform_shows_where_the_sound_is(page: Page, clips: dict[str, Path]) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(clips["loud"]))
    line = page.locator(".trimmer .wave-line:not([hidden])")
    line.wait_for()
    heights = line.evaluate(HEIGHTS, [0.1, 0.37, 0.8])
    assert heights[1] > 15
    assert max(heights[0], heights[2]) < 4
    assert page.locator("#clip.portrait").is_visible(), "vertical clips get more room"


def test_the_beat_is_tapped_by_keyboard(page: Page) -> None:
    choose_example(page)
    handle(page, "Start").focus()
    page.keyboard.press("PageUp")
    tap = page.get_by_role("button", name="Tap", exact=False).first
    tap.focus()
    page.keyboard.press("Space")  # starts the clip
    page.get_by_text("Now tap on each beat.").wait_for()
    page.wait_for_function("() => document.querySelector('#clip video').currentTime > 1.2")
    tap_in_time(page, " ", 3)
    page.get_by_text(f"3 of at least {MIN_TAPS} taps.").wait_for()
    page.evaluate("() => document.activeElement.blur()")
    tap_in_time(page, "t", 3)
    page.get_by_text("6 taps: the music will follow them.").wait_for()
    open_section(page, "Beat")
    field = page.locator("#taps textarea, #taps input")
    taps = [float(one) for one in field.input_value().split(",")]
    assert len(taps) == 6
    assert taps == sorted(taps)
    assert 0 <= taps[0] < 3, "times are those of the part"
    assert re.fullmatch(r"[\d.]+ BPM", page.locator(".tapper .bpm").inner_text())
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("5 taps: the music will follow them.").wait_for()
    assert len(field.input_value().split(",")) == 5
    page.get_by_role("button", name="Play with clicks").click()
    page.locator(".tapper[data-clicks]").wait_for()
    page.wait_for_function("() => Number(document.querySelector('.tapper').dataset.clicks) === 5")
    page.get_by_role("button", name="Clear taps").click()
    page.get_by_text("Press Tap or the key T once").wait_for()
    assert field.input_value() == ""
    page.locator("#taps textarea, #taps input").press("t")
    assert field.input_value() == "t", "in a field, T is a letter"


def tap_in_time(page: Page, key: str, count: int) -> None:
    """Press a key at regular intervals, which the browser keeps better than this process."""
    page.evaluate(
        "async ([key, count]) => { for (let tap = 0; tap < count; tap++) {"
        " (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown',"
        " {key, bubbles: true, cancelable: true}));"
        " await new Promise((done) => setTimeout(done, 300)); } }",
        [key, count],
    )


def test_files_outside_the_limits_are_not_sent(page: Page, clips: dict[str, Path]) -> None:
    sent = uploads(page)
    page.get_by_text("2 to 120 s, up to 500 MB").wait_for()
    page.locator("#clip input[type=file]").set_input_files(str(clips["short"]))
    page.locator("#status").get_by_text("lasts 1.2 s, but at least 2 s are needed").wait_for()
    page.evaluate(DROP_HUGE, ["huge.mp4", LIMITS.max_bytes + 40_000_000])
    said = page.locator("#status").get_by_text("The file huge.mp4 has 540 MB, but at most 500 MB")
    said.wait_for()
    assert not sent
    page.get_by_role("button", name="Groove, loft").click()
    page.locator("#clip video[src]").wait_for()
    press(page, "Generate")
    said.wait_for(state="hidden")
    press(page, "Stop")
    status_says(page, "Stopped")


def test_a_song_that_is_too_short_is_not_sent(page: Page, clips: dict[str, Path]) -> None:
    sent = uploads(page)
    page.get_by_role("tab", name="Music to dance").click()
    page.get_by_text("3 s to 10 minutes, up to 500 MB").wait_for()
    page.locator("#song input[type=file]").set_input_files(str(clips["short"]))
    page.locator("#dance-status").get_by_text("lasts 1.2 s, but at least 3 s are needed").wait_for()
    assert not sent


def test_a_sound_and_its_levels_show_the_same(page: Page) -> None:
    open_section(page, "For researchers")

    def ticked() -> list[str]:
        boxes = page.locator("#levels label:has(input:checked)").all_inner_texts()
        return [text.strip().split(":")[0] for text in boxes]

    page.get_by_text("hop 128").wait_for()
    assert ticked() == ["Studio"]
    page.get_by_label("Compare all", exact=False).check()
    page.locator("#levels label:has(input:checked)").nth(2).wait_for()
    assert ticked() == ["Studio", "High", "Low"]
    page.locator("#levels").get_by_label("Studio:", exact=False).uncheck()
    page.wait_for_function("() => !document.querySelector('#sound input:checked')")
    page.locator("#levels").get_by_label("Low:", exact=False).uncheck()
    page.locator("#sound label.selected, #sound label:has(input:checked)").first.wait_for()
    assert "Neural high" in page.locator("#sound label:has(input:checked)").inner_text()


def test_styles_say_what_they_are_like_and_can_be_heard(page: Page) -> None:
    page.get_by_text("Hear the styles").click()
    for style in STYLES.values():
        row = page.locator(f"#styles [data-style={style.name}]")
        said = f"{style.mood}, {style.tempo_range[0]} to {style.tempo_range[1]} BPM"
        assert said in row.inner_text()
    page.get_by_role("button", name="Hear a sample of House").click()
    page.locator("#styles button[aria-pressed=true]").wait_for()
    page.get_by_role("button", name="Hear a sample of Krump").click()
    assert page.locator("#styles button[aria-pressed=true]").count() == 1
    page.locator("#styles [data-style=krump] input").check()
    page.wait_for_function(
        "() => document.querySelector('input[aria-label=\"Style\"]')?.value === 'Krump'"
    )


def test_an_error_goes_with_the_next_start(page: Page) -> None:
    press(page, "Generate")
    error = page.locator("#status").get_by_text("Choose a clip first")
    error.wait_for()
    assert page.get_by_test_id("toast-body").count() == 0, "it is said in one place"
    choose_example(page)
    press(page, "Generate")
    error.wait_for(state="hidden")
    page.locator("#status [role=progressbar]").wait_for()
    press(page, "Stop")
    status_says(page, "Stopped")


def test_two_clicks_lead_to_a_result_that_plays_without_scrolling(page: Page) -> None:
    page.get_by_role("button", name="Salsa, busy street").click()
    page.locator("#clip video[src]").wait_for()
    shares = []
    press(page, "Generate")
    bar = page.locator("#status [role=progressbar]")
    title = page.locator("#status .title")
    while title.inner_text() != "Done":
        if bar.is_visible():
            shares.append(int(bar.get_attribute("aria-valuenow") or 0))
        assert title.inner_text() != "That did not work", page.locator("#status").inner_text()
        page.wait_for_timeout(200)
    assert shares == sorted(shares), "one bar, which never goes back"
    assert page.evaluate("scrollY") == 0
    player = page.locator("#results video:visible").first
    box, top = player.bounding_box(), page.locator("#go").bounding_box()
    assert box is not None
    assert top is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= top["y"], "the bar does not cover the player"
    assert top["y"] + top["height"] <= 900
    page.wait_for_function(
        "() => { const video = document.querySelector('#results video');"
        " return video.readyState >= 2 && video.duration > 9; }"
    )
    player.evaluate("video => video.play()")
    page.wait_for_function("() => document.querySelector('#results video').currentTime > 0.3")


def test_without_a_rhythm_the_page_offers_to_tap_it_and_likely_tempi(
    page: Page, clips: dict[str, Path]
) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(clips["still"]))
    page.locator("#tapper").wait_for()
    open_section(page, "Beat")
    press(page, "Find the beat")
    status_says(page, "Done")
    box = page.locator("#beat-box")
    box.get_by_text("No rhythm was found. Tap the beat, or try a tempo:").wait_for()
    tempi = box.get_by_role("button", name=re.compile(r"Try \d+ BPM"))
    assert tempi.count() >= 2
    press(page, "Tap the beat")
    page.wait_for_function("() => document.activeElement.classList.contains('tap')")
    page.keyboard.press("Space")
    page.get_by_text("Now tap on each beat.").wait_for()
    page.locator("#clip video").evaluate("video => video.pause()")
    label = tempi.first.inner_text()
    tempi.first.click()
    status_says(page, re.compile("Waiting|Getting|Reading|Finding"))
    status_says(page, "Done")
    assert label.removeprefix("Try ") in page.locator(".rhythm").inner_text()
