import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from d2m.rendering.beat_plot import draw_beat_plot
from d2m.rendering.palette import DARK, LIGHT
from d2m.rendering.plot_style import legible
from d2m.rendering.spectrogram_plot import draw_spectrogram

RATE = 22_050
DURATION_S = 8.0
DANCE_S = np.arange(0.4, 8.0, 0.5)


def drum(times_s) -> np.ndarray:
    audio = np.zeros(int(DURATION_S * RATE), dtype=np.float32)
    hit = np.random.default_rng(3).standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    for time_s in times_s:
        start = int(time_s * RATE)
        audio[start : start + 2000] += 0.4 * hit[: len(audio) - start].astype(np.float32)
    return audio


def draw(path: Path, **changes) -> str:
    settings = {
        "title": "Dance",
        "duration_s": DURATION_S,
        "motion_envelope": 1 + np.cos(2 * np.pi * 2 * (np.arange(240) / 30 - 0.4)),
        "envelope_rate": 30.0,
        "dance_beats_s": DANCE_S,
        "audio": drum(DANCE_S),
        "sample_rate": RATE,
        "music_beats_s": DANCE_S + 0.03,
    }
    return draw_beat_plot(path, **{**settings, **changes})


def pixels(path: Path, colour: str) -> np.ndarray:
    """Return where an image has exactly this colour (H, W)."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return (np.asarray(Image.open(path).convert("RGB")) == wanted).all(axis=-1)


def columns(mask: np.ndarray) -> int:
    """Return the number of separate runs of columns in which a mask is set."""
    there = mask.any(axis=0).astype(int)
    return int((np.diff(np.concatenate([[0], there])) == 1).sum())


def test_every_match_is_drawn_between_the_rows(tmp_path):
    path = tmp_path / "beats.png"
    text = draw(path)
    image = Image.open(path)
    assert image.format == "PNG"
    assert image.width == 1200
    assert image.getpixel((1, 1))[:3] == (255, 255, 255)
    right = slice(160, None)  # without the names of the rows
    dance, match, music = (
        np.flatnonzero(pixels(path, colour)[:, right].any(axis=1))
        for colour in (LIGHT.dance, LIGHT.match, LIGHT.music)
    )
    assert dance.max() <= match.min() + 2
    assert match.max() <= music.min() + 2
    assert columns(pixels(path, LIGHT.match)[:, right]) == len(DANCE_S)
    assert "16 beats (120 BPM)" in text
    assert "16 match within 70 ms (F-measure 1.00)" in text


def test_beats_without_match_are_not_joined(tmp_path):
    path = tmp_path / "beats.png"
    music = DANCE_S.copy()
    music[::2] += 0.2
    text = draw(path, music_beats_s=music)
    assert columns(pixels(path, LIGHT.match)[:, 160:]) == 8
    assert "8 match within 70 ms (F-measure 0.50)" in text


def test_the_f_measure_agrees_with_the_metric(tmp_path):
    from d2m.metrics.beats import beat_f_measure

    music = np.arange(0.45, 8.0, 0.47)
    text = draw(tmp_path / "beats.png", music_beats_s=music)
    shown = float(re.search(r"F-measure ([\d.]+)\)", text).group(1))
    assert shown == pytest.approx(beat_f_measure(music, DANCE_S), abs=0.005)


@pytest.mark.parametrize(
    "changes",
    [
        {"music_beats_s": np.empty(0), "audio": np.zeros(RATE, dtype=np.float32)},
        {"dance_beats_s": np.empty(0), "motion_envelope": np.zeros(240)},
        {"dance_beats_s": np.array([1.0]), "motion_envelope": np.full(240, np.nan)},
        {"audio": np.empty(0, dtype=np.float32), "motion_envelope": np.empty(0)},
    ],
)
def test_silence_and_missing_movement_are_drawn(tmp_path, changes):
    path = tmp_path / "beats.png"
    text = draw(path, **changes)
    assert Image.open(path).width == 1200
    assert "nan" not in text


def test_one_beat_has_no_tempo(tmp_path):
    text = draw(tmp_path / "beats.png", dance_beats_s=np.array([1.0]))
    assert "1 beat (no tempo)" in text


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_enough_contrast(palette):
    def luminance(colour: str) -> float:
        shares = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    def contrast(colour: str) -> float:
        levels = sorted((luminance(colour), luminance(palette.background)))
        return (levels[1] + 0.05) / (levels[0] + 0.05)

    for colour in (palette.dance, palette.music, palette.match, palette.faint):
        assert contrast(colour) >= 3.0
    for colour in (palette.ink, palette.dance_text, palette.music_text, palette.match_text):
        assert contrast(colour) >= 4.5


def test_the_dark_plot_shows_the_same(tmp_path):
    light, dark, alone = (tmp_path / f"{name}.png" for name in ("light", "dark", "alone"))
    assert draw(light, dark=dark) == draw(alone)
    assert light.read_bytes() == alone.read_bytes()
    assert Image.open(light).size == Image.open(dark).size
    assert pixels(dark, DARK.background).mean() > 0.3
    assert not pixels(dark, LIGHT.background).any()
    assert columns(pixels(dark, DARK.match)[:, 160:]) == len(DANCE_S)


def test_the_spectrogram_has_the_time_axis_of_the_beats(tmp_path):
    path = tmp_path / "beats.png"
    audio = np.random.default_rng(0).normal(0, 0.1, int(DURATION_S * RATE))
    audio[: 4 * RATE] = 0
    draw(
        path,
        audio=audio,
        motion_envelope=np.zeros(240),
        dance_beats_s=np.array([4.0]),
        music_beats_s=np.array([6.0]),
    )
    light = np.asarray(Image.open(path).convert("L"), float)[650:880].mean(axis=0)
    starts = 170 + int(np.argmax(np.diff(light[170:700])))
    beat = np.flatnonzero(pixels(path, LIGHT.dance)[150:250, 160:].any(axis=0)).mean() + 160
    assert abs(starts - beat) < 5
    assert light[170:starts].max() + 50 < light[starts + 10 : 1100].min()


def test_many_beats_can_be_told_apart(tmp_path):
    path = tmp_path / "beats.png"
    beats = np.arange(0.2, 60.0, 0.5)
    music = beats + np.where(np.arange(120) % 10 == 3, 0.2, 0.02)
    draw(
        path,
        duration_s=60.0,
        motion_envelope=np.ones(1800),
        dance_beats_s=beats,
        music_beats_s=music,
        audio=np.tile(drum(DANCE_S), 8)[: 60 * RATE],
    )
    assert columns(pixels(path, LIGHT.match)[:, 160:]) == 108
    rows = pixels(path, LIGHT.music)[:, 160:]
    assert max(columns(rows[at : at + 1]) for at in range(380, 450)) == 120


def test_any_title_fits(tmp_path):
    path = tmp_path / "beats.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(path, title="\N{DANCER} $x_{$ 日本 춤\n" + "W" * 200 + " low")
    ink = (np.asarray(Image.open(path).convert("L"))[:50] < 100).any(axis=0)
    assert ink[300:900].any()
    assert not ink[:8].any()
    assert not ink[-8:].any()


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("新舞蹈 練習.mp4, House", "新舞蹈 練習.mp4, House"),
        ("ダンス, 춤 연습", "ダンス, 춤 연습"),
        ("cafe\N{COMBINING ACUTE ACCENT} Танец Χορός", "café Танец Χορός"),
        ("my \N{DANCER}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\n clip", "my clip"),
    ],
)
def test_titles_in_any_language_are_drawn_without_boxes(tmp_path, title, shown, caplog):
    assert legible(title) == shown
    with warnings.catch_warnings():  # Matplotlib warns of a character that it draws as a box
        warnings.simplefilter("error")
        draw(tmp_path / "beats.png", title=title)
    assert not caplog.records


def test_a_tone_is_drawn_in_its_band(tmp_path):
    def brightest_row(hertz: float) -> int:
        path = tmp_path / f"{hertz:.0f}.png"
        tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE)
        assert "2.0 s" in draw_spectrogram(path, title="Tone", audio=tone)
        frame = np.asarray(Image.open(path).convert("L"), dtype=float)
        return 220 + int(frame[220:590, 300:900].mean(axis=1).argmax())

    rows = [brightest_row(hertz) for hertz in (200, 1000, 4000)]
    assert rows[0] > rows[1] + 50 > rows[2] + 100


def test_silence_has_a_spectrogram(tmp_path):
    text = draw_spectrogram(tmp_path / "s.png", title="Silence", audio=np.zeros(RATE))
    assert "peak 0.00" in text


def test_pyplot_is_not_imported(tmp_path):
    code = (
        "import sys, numpy as np; from pathlib import Path;"
        "from d2m.rendering import beat_plot, spectrogram_plot;"
        "assert 'matplotlib' not in sys.modules and 'librosa' not in sys.modules;"
        "spectrogram_plot.draw_spectrogram(Path(sys.argv[1]), title='t', audio=np.ones(4096));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "s.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.png").exists()


def test_hits_are_marked_in_the_row_of_the_dance(tmp_path):
    path, bare = tmp_path / "hits.png", tmp_path / "bare.png"
    text = draw(path, hits_s=np.array([1.3, 2.8, 5.1]))
    draw(bare)
    assert "triangles at 3 hits" in text
    changed = (np.asarray(Image.open(path)) != np.asarray(Image.open(bare))).any(axis=-1)
    assert columns(changed[:, 160:]) == 3
    assert np.flatnonzero(changed.any(axis=1)).max() < 320  # above the row of matches


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, "from the movement"),
        ({"clock": "sound"}, "from the clip's own sound"),
        ({"clock": "taps"}, "tapped"),
        ({"unsure": True}, "a guess"),
    ],
)
def test_the_plot_says_where_the_beats_come_from(tmp_path, changes, source):
    assert f"16 beats (120 BPM), {source}," in draw(tmp_path / "beats.png", **changes)


def test_a_score_against_a_guess_is_unsure(tmp_path):
    text = draw(tmp_path / "beats.png", clock="sound", unsure=True)
    assert "16 match within 70 ms (F-measure 1.00, unsure)" in text
    text = draw(tmp_path / "beats.png", is_phase_weak=True)
    assert "from the movement, and" in text
    assert "16 match within 70 ms (F-measure 1.00, unsure)" in text


@pytest.mark.parametrize("count", [16, 120], ids=["few beats", "many beats"])
def test_steady_beats_that_nobody_dances_have_no_score_and_no_matches(tmp_path, count):
    found, steady, dark = (tmp_path / f"{name}.png" for name in ("found", "steady", "dark"))
    beats = np.linspace(0.1, 7.9, count)
    changes = {"dance_beats_s": beats, "music_beats_s": beats, "tempo_bpm": 110.0}
    changes["motion_envelope"] = np.zeros(240)
    draw(found, **changes)
    text = draw(steady, unsure=True, has_rhythm=False, dark=dark, **changes)
    assert "a steady 110 BPM, not the dancer's" in text
    assert "no beat score" in text
    assert "match within" not in text
    assert "F-measure" not in text
    right = slice(160, None)
    for path, palette in ((steady, LIGHT), (dark, DARK)):
        assert not pixels(path, palette.match)[:, right].any()
        assert not pixels(path, palette.dance)[100:380, right].any()
        assert pixels(path, palette.music)[:, right].any()
    rows = slice(100, 380)
    assert pixels(found, LIGHT.dance)[rows, right].any()
    assert (
        pixels(steady, LIGHT.faint)[rows, right].sum()
        > pixels(found, LIGHT.faint)[rows, right].sum()
    )


def test_the_only_tempo_is_that_of_the_dance(tmp_path):
    text = draw(tmp_path / "beats.png", music_beats_s=DANCE_S[::2], tempo_bpm=111.46)
    assert re.findall(r"[\d.]+ BPM", text) == ["111.5 BPM"]
    assert "the beats that a tracker hears in it below; 8 match" in text
    assert "heard" not in text  # how many it hears in a short piece is no fact
