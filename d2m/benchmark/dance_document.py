"""The report on dances: ``dance.md`` and ``dance.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from d2m.benchmark.dance_rows import METHOD_ROWS, REAL_ROW
from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Table, as_markdown
from d2m.benchmark.goals import Goal
from d2m.benchmark.json_values import json_ready
from d2m.benchmark.ratio_intervals import estimate
from d2m.benchmark.tables import goals_table

PAPER_COLUMNS = {
    "fid": "FID",
    "coverage": "beat coverage",
    "hit": "beat hit",
    "downbeats_met": "downbeats met",
    "diversity": "diversity",
    "multimodality": "multimodality",
}
"""Titles of the figures of the paper, and of the downbeats, by key."""
LATER_COLUMNS = {
    "alignment_music": "BAS, music beats",
    "alignment_dance": "BAS, kinematic beats",
    "fid_k": "FID_k",
    "fid_g": "FID_g",
    "div_k": "Div_k",
    "div_g": "Div_g",
}
"""Titles of the figures of later papers, by key."""
MOVEMENT_COLUMNS = {
    "foot_slide": "foot slide (px a frame)",
    "limb_deviation": "deviation of limb lengths",
    "fast_acceleration": "acceleration, 95th percentile (torso lengths/s²)",
    "join_acceleration": "acceleration at joins (torso lengths/s²)",
}
"""Titles of the figures of the movement itself, by key."""
PERCENT_KEYS = ("coverage", "hit", "downbeats_met", "limb_deviation")
PUBLISHED = (
    ("real dances", "5.9", "39.3 %", "51.6 %", "-", "53.5", "-"),
    ("Dancing to Music", "12.8", "39.4 %", "65.1 %", "-", "53.2", "47.8"),
    ("without composition", "14.8", "37.8 %", "72.4 %", "-", "49.7", "51.4"),
    ("LSTM", "73.8", "1.4 %", "0.8 %", "-", "24.5", "-"),
    ("Aud-MoCoGAN", "21.7", "23.9 %", "54.8 %", "-", "45.8", "27.3"),
)
"""Table 1 of the paper (Lee et al., NeurIPS 2019)."""
OURS = next(iter(METHOD_ROWS))
_MOST_SLIDE_PX, _MOST_DEVIATION = 2.0, 0.03
_TRIP_KEYS = ("beat_f", "heard_f")

_DIFFERENCES = (
    "The data are not the paper's, so no figure here can be compared with a published one; rows "
    "can be compared with each other. The paper has 71 hours of ballet, zumba and hip-hop out of "
    "videos of people, found by a pose estimator. Here, *real dances* are procedural dances of "
    "the kind that the networks learned from, in the style, at the tempo and on the beats of the "
    "song, of seeds that no training used. Songs are composed by this project's studio for other "
    "dancers, with seeds that no training heard."
)
_DEFINITIONS = (
    "beat coverage: kinematic beats over beats of the music. beat hit: share of the kinematic "
    "beats within ±100 ms of a beat of the music; the paper does not state its tolerance. "
    "Kinematic beats are found in all rows by one detector (Eq. 1-2) on 14 joints, as the camera "
    "sees them, at 15 fps. It measures a decrease by the dance's own motion, so the small "
    "movements of the LSTM count as much as large ones. The beats of the music are those that it "
    "was composed on; dancers are told only those that are found in its sound. Beats within 0.25 s "
    "of either end do not count.",
    "downbeats met: share of the first beats of bars within ±100 ms of a kinematic beat. Not in "
    "the paper.",
    "FID: Frechet distance of features of an action classifier that was trained on the styles, as "
    "in the paper; its training dances are the networks'. Features are of windows of 4.3 s (the "
    "paper: clips of 5 to 10 s) of the first dance to each song, so all rows have equally many; "
    "they are compared with the windows of all dances of another set of real ones. It is too "
    "large for few windows, so compare it with that of real dances.",
    "diversity: mean distance of these features over 200 random pairs among 50 dances (fewer "
    "where a row has fewer). multimodality: mean distance of all pairs of the dances to one song, "
    "mean over songs. Both are of the window in the middle of a dance. Rows without randomness "
    "have no multimodality.",
    "BAS: Beat Alignment Score, sigma 50 ms; over the beats of the music as Bailando defines it, "
    "over the kinematic beats as FACT does. Its kinematic beats are minima of the mean speed of "
    "14 joints in space, smoothed over 5 frames at 60 fps; published figures use 24 joints of SMPL "
    "on AIST++ (real 0.237, FACT 0.221, Bailando 0.233, EDGE 0.233, Lodge 0.242).",
    "FID_k, FID_g, Div_k, Div_g: kinetic features (Onuma et al. 2008) on 13 joints and geometric "
    "ones (Mueller et al. 2005; ankles stand for toes), as z-scores of the reference, of the same "
    "windows; published figures use 24 joints of SMPL and the first 20 s of a dance (real 17.1 / "
    "10.6, FACT 35.4 / 22.1, Bailando 28.2 / 9.6, EDGE 42.2 / 22.1, Lodge 37.1 / 18.8). Div: mean "
    "distance of all pairs of songs.",
    "foot slide: mean step of ankles on the floor at 30 fps, in a picture of 720 lines. deviation "
    "of limb lengths: mean share by which arm and leg bones differ from their median length. "
    "acceleration: mean of all joints, at 30 fps; its 95th percentile in a dance, and the greatest "
    "within two frames of each join of two dance units, mean over the joins.",
    "goals: of the figures, whatever their intervals.",
    "still pose and bobbing metronome show what the figures are worth without any dancing.",
    "Brackets: 95 % intervals by bootstrap over songs. Those of FID, diversity and Div are moved "
    "so that their mean is the figure, because resampled songs repeat.",
)


def write_dance_document(results: Mapping[str, Any], path: Path) -> None:
    """Write the report, and its JSON beside it.

    Parameters
    ----------
    results
        What `d2m.benchmark.dance_evaluation.evaluate_dances` returns.
    path
        The Markdown file; the JSON has its name with the ending ``.json``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = json_ready(dict(results))
    texts = {
        path: as_markdown(dance_blocks(rounded)),
        path.with_suffix(".json"): json.dumps(rounded, indent=1, allow_nan=False) + "\n",
    }
    for target, text in texts.items():
        part = target.with_name(target.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(target)


def dance_blocks(results: Mapping[str, Any]) -> list[Block]:
    """Return the report."""
    rows, songs = results["rows"], results["songs"]
    goals = dance_goals(results)
    count = len(results["round_trip"])
    trips = f" --round-trip {count}" if count else ""
    blocks: list[Block] = [
        Heading(text="Dances for songs", depth=1),
        Paragraph(
            text=f"Written by `python -m d2m evaluate dance --songs {len(songs)} --dances "
            f"{results['dances']}{trips}`. Each FID is of {results['windows']} windows of 4.3 s. "
            f"{_DIFFERENCES}"
        ),
        Heading(text="The figures of the paper"),
        _figures_table(rows, PAPER_COLUMNS),
        Heading(text="Figures of later papers"),
        _figures_table(rows, LATER_COLUMNS),
        Heading(text="The movement itself"),
        _figures_table(rows, MOVEMENT_COLUMNS),
    ]
    if goals:
        reached = f"{sum(goal.reached for goal in goals)} of {len(goals)} reached."
        blocks += [Heading(text="Goals"), Paragraph(text=reached), goals_table(goals)]
    if results["round_trip"]:
        blocks += [Heading(text="Round trip"), *_trip_blocks(results["round_trip"])]
    if results["left_out"]:
        reasons = tuple(f"{title}: {reason}" for title, reason in results["left_out"].items())
        blocks += [Heading(text="Left out"), BulletList(items=reasons)]
    blocks += [
        Heading(text="Published figures"),
        Paragraph(text="Table 1 of the paper, on its own data, which are not public:"),
        Table(head=("", *PAPER_COLUMNS.values()), rows=PUBLISHED),
        Heading(text="Songs"),
        BulletList(items=tuple(_song_line(song) for song in songs)),
        Heading(text="Definitions"),
        BulletList(items=_DEFINITIONS),
    ]
    return blocks


def dance_goals(results: Mapping[str, Any]) -> list[Goal]:
    """Return the goals of the full method that there are figures for."""
    rows = results["rows"]
    if OURS not in rows or REAL_ROW not in rows:
        return []
    ours = {key: one["value"] for key, one in rows[OURS].items()}
    spread = rows[REAL_ROW]["diversity"]["value"]
    shares = {"beat hit": ("hit", 0.9), "downbeats met": ("downbeats_met", 0.8)}
    goals = [
        Goal(title=title, level=OURS, value=ours[key], low=least, percent=True)
        for title, (key, least) in shares.items()
        if key in ours
    ]
    goals += [
        Goal(title=f"{key} over the diversity of real dances", level=OURS, low=0.9, percent=True,
             value=ours[key] / max(spread, 1e-9))
        for key in ("diversity", "multimodality")
        if key in ours
    ]  # fmt: skip
    titles = list(METHOD_ROWS)[:3]
    for better, worse in pairwise(titles):
        if better in rows and worse in rows:
            share = rows[better]["fid"]["value"] / max(rows[worse]["fid"]["value"], 1e-9)
            title = f"FID of {better} over that of {worse}"
            goals.append(Goal(title=title, level="", value=share, high=1.0))
    return [*goals, *_movement_goals(ours, rows[REAL_ROW])]


def _movement_goals(ours: Mapping[str, float], real: Mapping[str, Any]) -> list[Goal]:
    """Return the goals of feet, limbs and joins."""
    goals = [
        Goal(title="foot slide", level=OURS, value=ours["foot_slide"], high=_MOST_SLIDE_PX,
             unit="px a frame"),
        Goal(title="deviation of limb lengths", level=OURS, value=ours["limb_deviation"],
             high=_MOST_DEVIATION, percent=True),
    ]  # fmt: skip
    if "join_acceleration" in ours:
        share = ours["join_acceleration"] / max(real["fast_acceleration"]["value"], 1e-9)
        title = "acceleration at joins over the 95th percentile of real dances"
        goals.append(Goal(title=title, level=OURS, value=share, high=1.0))
    return goals


def _figures_table(rows: Mapping[str, Any], columns: Mapping[str, str]) -> Table:
    """Return figures with their intervals; n counts songs."""
    lines = []
    for title, figures in rows.items():
        n = max(one["n"] for one in figures.values())
        lines.append((title, str(n), *(_cell(figures.get(key), key) for key in columns)))
    return Table(head=("", "n", *columns.values()), rows=tuple(lines))


def _cell(one: Mapping[str, float] | None, key: str) -> str:
    if one is None:
        return "-"
    value, lower, upper = (_number(one[name], key) for name in ("value", "lower", "upper"))
    unit = " %" if key in PERCENT_KEYS else ""
    return f"{value}{unit} ({lower} to {upper})"


def _number(value: float, key: str) -> str:
    if key in PERCENT_KEYS:
        return f"{100 * value:.1f}"
    return f"{value:.3f}" if key.startswith("alignment") else f"{value:.2f}"


def _trip_blocks(trips: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return what came back from the other direction."""
    found = (estimate([float(trip[key]) for trip in trips]) for key in _TRIP_KEYS)
    beat_f, heard_f = (_cell(asdict(one) if one else None, "beat_f") for one in found)
    text = (
        "Dances of the first songs were drawn, and the other direction made new music for the "
        "videos, from the picture alone. Tempo within 2 % of the song's: "
        f"{sum(trip['tempo_met'] for trip in trips)} of {len(trips)}. Beats of the new music "
        f"against the song's, F within 70 ms: {beat_f}; those that librosa hears in it: {heard_f}."
    )
    lines = tuple(
        (trip["title"], f"{trip['tempo_bpm']:.1f}", *(f"{trip[k]:.2f}" for k in _TRIP_KEYS))
        for trip in trips
    )
    head = ("", "tempo of the new music (BPM)", "beat F", "beat F, heard")
    return [Paragraph(text=text), Table(head=head, rows=lines)]


def _song_line(song: Mapping[str, Any]) -> str:
    return (
        f"{song['title']}; found {song['found_tempo_bpm']:.0f} BPM, beat F "
        f"{song['found_beat_f']:.2f}."
    )
