import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from d2m.benchmark.benchmark_report import write_benchmark_report
from d2m.benchmark.document import (
    AudioClips,
    BulletList,
    Heading,
    Paragraph,
    Table,
    as_html,
    as_markdown,
)
from d2m.core.levels import SAMPLE_RATE

BLOCKS = [
    Heading(text="A & B", depth=1),
    Paragraph(text="x < y"),
    BulletList(items=("one", "two")),
    Table(head=("", "n"), rows=(("a|b", "1"), ("c", "2"))),
]


def test_markdown():
    assert as_markdown(BLOCKS) == (
        "# A & B\n\nx < y\n\n- one\n- two\n\n|  | n |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 2 |\n"
    )


def test_html_escapes_text():
    page = as_html(BLOCKS, "<T>")
    assert "<title>&lt;T&gt;</title>" in page
    assert "<h1>A &amp; B</h1>" in page
    assert "<p>x &lt; y</p>" in page
    assert "<tr><td>a|b</td><td>1</td></tr>" in page


def test_audio_is_embedded_in_html_only():
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    block = AudioClips(title="pieces", clips={"original": tone})
    assert as_markdown([block]) == ""
    found = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', as_html([block], "t"))
    assert found
    decoded, rate = soundfile.read(io.BytesIO(base64.b64decode(found[1])))
    assert rate == SAMPLE_RATE
    assert len(decoded) == pytest.approx(len(tone), rel=0.15)
    assert np.abs(np.fft.rfft(decoded[:SAMPLE_RATE])).argmax() == pytest.approx(440, abs=3)


def test_a_report_is_complete(hand_made, tmp_path):
    markdown, html = write_benchmark_report(hand_made, tmp_path / "report")
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
    for plot in re.findall(r"!\[[^\]]+\]\((.+?)\)", text):
        Image.open(markdown.parent / plot).verify()
    assert "three, <made> by hand." in text
    assert "0123456789ab" in text
    assert "does not separate original from shuffled" in text
    page = html.read_text()
    assert page.count("data:image/png;base64,") == 3
    assert page.count("<audio") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    numbers = json.loads((tmp_path / "report" / "results.json").read_text())
    assert numbers["levels"]["high"]["figures"]["mel_ratio"] == 1.1


def test_the_report_counts_the_goals_reached(hand_made, tmp_path):
    markdown, _ = write_benchmark_report(hand_made, tmp_path)
    counts = re.search(r"(\d+) of (\d+) reached\.", markdown.read_text())
    assert counts
    assert markdown.read_text().count("| reached |") == int(counts[1])
    assert markdown.read_text().count("| missed |") == int(counts[2]) - int(counts[1])
