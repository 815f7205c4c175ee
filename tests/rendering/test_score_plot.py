"""The picture of a score."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from d2m.rendering.palette import DARK, LIGHT
from d2m.rendering.plot_style import AXES_LEFT, AXES_RIGHT
from d2m.rendering.score_lanes import stem_lanes
from d2m.rendering.score_plot import SECTION_COLOURS, STEM_COLOURS, draw_score_plot
from d2m.score.instruments import CRASH, KICK
from d2m.score.notes import SECTION_NAMES, STEMS, Section
from tests.rendering.plain_score import note, plain_score, track

WIDTH = 1200
MARGIN = 160
"""Column (px) that is right of the names of the rows."""


def pixels(path: Path, colour: str) -> np.ndarray:
    """Return where an image has exactly this colour (H, W)."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return (np.asarray(Image.open(path).convert("RGB")) == wanted).all(axis=-1)


def time_of(column: float, duration_s: float) -> float:
    """Return the time (s) of a column of the picture (px)."""
    return (column / WIDTH - AXES_LEFT) / (AXES_RIGHT - AXES_LEFT) * duration_s


def span_s(path: Path, colour: str, duration_s: float) -> tuple[float, float]:
    """Return the time of the first and of the last pixel of a colour (s)."""
    found = np.flatnonzero(pixels(path, colour)[:, MARGIN:].any(axis=0)) + MARGIN
    return time_of(found.min(), duration_s), time_of(found.max() + 1, duration_s)


def test_sections_and_notes_are_at_their_times(tmp_path):
    path = tmp_path / "score.png"
    text = draw_score_plot(path, score=plain_score())
    image = Image.open(path)
    assert (image.format, image.width) == ("PNG", WIDTH)
    sections, stems = SECTION_COLOURS["light"], STEM_COLOURS["light"]
    assert span_s(path, sections["intro"], 8.0) == pytest.approx((0.5, 2.5), abs=0.04)
    assert span_s(path, sections["drop"], 8.0) == pytest.approx((2.5, 8.0), abs=0.04)
    assert span_s(path, stems["lead"], 8.0) == pytest.approx((3.0, 5.5), abs=0.04)
    assert span_s(path, stems["effects"], 8.0) == pytest.approx((0.5, 2.5), abs=0.04)
    assert "Deep house in D minor, 120 BPM" in text
    assert "intro 0.5 to 2.5 s, drop 2.5 to 8.0 s" in text
    assert "bass, Synth bass (14 notes)" in text
    assert "meets 1 hit of the dancer" in text


def test_the_time_axis_is_that_of_the_beat_plot(tmp_path):
    from d2m.rendering.beat_plot import draw_beat_plot

    lanes, beats = tmp_path / "lanes.png", tmp_path / "beats.png"
    score = plain_score(
        tracks=(track("bass", note(4.0, 0.1, 38)),), hits_s=np.empty(0), sections=()
    )
    draw_score_plot(lanes, score=score)
    draw_beat_plot(
        beats,
        title="Dance",
        duration_s=8.0,
        motion_envelope=np.zeros(240),
        envelope_rate=30.0,
        dance_beats_s=np.array([4.0]),
        audio=np.zeros(0, np.float32),
        music_beats_s=np.empty(0),
    )
    onset = np.flatnonzero(pixels(lanes, STEM_COLOURS["light"]["bass"])[:, MARGIN:].any(axis=0))
    beat = np.flatnonzero(pixels(beats, LIGHT.dance)[150:250, MARGIN:].any(axis=0))
    assert abs(onset.min() - beat.mean()) < 4


def test_higher_notes_are_higher_and_drums_have_rows():
    lead, bass = plain_score().tracks[3], plain_score().tracks[1]
    score = plain_score(
        tracks=(track("drums", note(1, 0.1, CRASH, 127), note(1, 0.1, KICK, 30)), bass, lead)
    )
    drums, _, melody = stem_lanes(score)
    low, high = melody.lanes[0].boxes[:, 2]
    assert low < high
    crash, kick = drums.lanes[0].boxes
    assert kick[3] <= crash[2], "the kick is below the cymbals"
    assert kick[3] - kick[2] < crash[3] - crash[2], "louder hits are higher"
    for one in (drums, melody):
        assert (one.lanes[0].boxes[:, 2:] >= 0).all()
        assert (one.lanes[0].boxes[:, 2:] <= 1 + 1e-9).all()


def test_each_track_has_a_lane_and_silent_stems_have_none():
    score = plain_score()
    pad = track("chords", note(0.5, 4, 50), name="pad", part="pad", instrument="synth_pad")
    silent = track("lead")
    tracks = (*(one for one in score.tracks if one.stem != "lead"), pad, silent)
    stems = {one.stem: one for one in stem_lanes(replace(score, tracks=tracks))}
    assert list(stems) == ["drums", "bass", "chords", "effects"]
    assert len(stems["chords"].lanes) == 2
    assert stems["chords"].names == ("Electric piano", "Synth pad")
    assert stems["effects"].names == ()


def test_the_dark_picture_shows_the_same(tmp_path):
    light, dark, alone = (tmp_path / f"{name}.png" for name in ("light", "dark", "alone"))
    score = plain_score()
    assert draw_score_plot(light, score=score, dark=dark) == draw_score_plot(alone, score=score)
    assert light.read_bytes() == alone.read_bytes()
    assert Image.open(light).size == Image.open(dark).size
    assert not pixels(dark, LIGHT.background).any()
    for colours, key in ((SECTION_COLOURS, "drop"), (STEM_COLOURS, "lead")):
        assert span_s(dark, colours["dark"][key], 8.0) == pytest.approx(
            span_s(light, colours["light"][key], 8.0), abs=0.02
        )


@pytest.mark.parametrize(("ground", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_text_in_colours_has_enough_contrast(ground, palette):
    def luminance(colour: str) -> float:
        shares = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    assert set(SECTION_COLOURS[ground]) == set(SECTION_NAMES)
    assert set(STEM_COLOURS[ground]) == set(STEMS)
    for colour in (*SECTION_COLOURS[ground].values(), *STEM_COLOURS[ground].values()):
        dark, light = sorted((luminance(colour), luminance(palette.background)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour


@pytest.mark.parametrize(
    "changes",
    [
        {"tracks": (), "hits_s": np.empty(0)},
        {"sections": ()},
        {"beats_s": np.empty(0), "downbeats_s": np.empty(0), "tracks": ()},
        {"sections": (Section(name="groove", start_s=3.0, end_s=3.01, energy=0.5),)},
        {"sub_genre": "$x_{$ house"},
    ],
)
def test_odd_scores_are_drawn(tmp_path, changes):
    path = tmp_path / "score.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = draw_score_plot(path, score=plain_score(**changes))
    assert Image.open(path).width == WIDTH
    assert "nan" not in text


def test_many_instruments_and_short_sections_stay_in_the_picture(tmp_path):
    path = tmp_path / "score.png"
    labels = ("vibraphone", "muted_guitar", "nylon_guitar", "strings", "fm_piano", "orchestra_hit")
    chords = [
        track("chords", note(1, 1, 60), name=name, instrument=name) for name in (*labels, "organ")
    ]
    sections = tuple(
        Section(name=SECTION_NAMES[k % 6], start_s=k * 0.25, end_s=(k + 1) * 0.25, energy=0.5)
        for k in range(32)
    )
    draw_score_plot(path, score=plain_score(tracks=tuple(chords), sections=sections))
    ink = np.asarray(Image.open(path).convert("L")) < 100
    assert not ink[:, :4].any()
    assert not ink[:, -4:].any()


def test_two_minutes_with_many_notes_are_drawn(tmp_path):
    beats = np.arange(0.5, 119.5, 0.5)
    hats = [note(float(t + k / 16), 0.05, 42, 60 + k) for t in beats for k in np.arange(0, 8, 0.25)]
    score = plain_score(120.0)
    score = replace(score, tracks=(*score.tracks[1:], track("drums", *hats)))
    assert sum(len(one.notes) for one in score.tracks) > 7000
    path = tmp_path / "score.png"
    draw_score_plot(path, score=score)
    assert (
        len({*map(int, np.flatnonzero(pixels(path, STEM_COLOURS["light"]["bass"]).any(axis=0)))})
        > 500
    )
