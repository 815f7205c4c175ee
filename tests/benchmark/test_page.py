import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from d2m.benchmark.document import Grid, Heading, Points, Sounds, Text, as_html, as_markdown
from d2m.benchmark.report import write_report
from d2m.core.levels import SAMPLE_RATE

BLOCKS = [
    Heading(text="A & B", depth=1),
    Text(text="x < y"),
    Points(items=("one", "two")),
    Grid(head=("", "n"), rows=(("a|b", "1"), ("c", "2"))),
]


def test_markdown():
    assert as_markdown(BLOCKS) == (
        "# A & B\n\nx < y\n\n- one\n- two\n\n|  | n |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 2 |\n"
    )


def test_html_escapes_what_it_is_told():
    page = as_html(BLOCKS, "<T>")
    assert "<title>&lt;T&gt;</title>" in page
    assert "<h1>A &amp; B</h1>" in page
    assert "<p>x &lt; y</p>" in page
    assert "<tr><td>a|b</td><td>1</td></tr>" in page


def test_sounds_play_in_html_only():
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    block = Sounds(title="takes", sounds={"original": tone})
    assert as_markdown([block]) == ""
    found = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', as_html([block], "t"))
    assert found
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(found[1])))
    assert rate == SAMPLE_RATE
    assert len(heard) == pytest.approx(len(tone), rel=0.15)
    assert np.abs(np.fft.rfft(heard[:SAMPLE_RATE])).argmax() == pytest.approx(440, abs=3)


def test_a_report_is_written_whole(hand_made, tmp_path):
    markdown, html = write_report(hand_made, tmp_path / "report")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "README.md",
        "report.html",
        "results.json",
        "goals.png",
        "accents.png",
        "mel.png",
    }
    text = markdown.read_text()
    for picture in re.findall(r"!\[[^\]]+\]\((.+?)\)", text):
        Image.open(markdown.parent / picture).verify()
    assert "three, <made> by hand." in text
    assert "0123456789ab" in text
    assert "can't tell original from shuffled music" in text
    page = html.read_text()
    assert page.count("data:image/png;base64,") == 3
    assert page.count("<audio") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    numbers = json.loads((tmp_path / "report" / "results.json").read_text())
    assert numbers["levels"]["high"]["figures"]["mel_ratio"] == 1.1


def test_a_report_of_the_bars_says_how_many_goals(hand_made, tmp_path):
    markdown, _ = write_report(hand_made, tmp_path)
    told = re.search(r"(\d+) of (\d+) reached\.", markdown.read_text())
    assert told
    assert markdown.read_text().count("| reached |") == int(told[1])
    assert markdown.read_text().count("| missed |") == int(told[2]) - int(told[1])
