"""The report: results as Markdown, as one HTML file, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from d2m.benchmark.d2mgan_comparison import ABLATIONS, comparison
from d2m.benchmark.dances import CLOCK, OWN_CLOCK
from d2m.benchmark.document import (
    Block,
    Grid,
    Heading,
    Picture,
    Points,
    Sounds,
    Text,
    as_html,
    as_markdown,
)
from d2m.benchmark.goals import goals
from d2m.benchmark.measure import OTHER_DANCE, REVERSED, ZEROED
from d2m.benchmark.metric_table import (
    BEAT_METRICS,
    CHANGE_METRICS,
    CODEC,
    CODEC_METRICS,
    DANCE_METRICS,
    FIT_METRICS,
    GENERATED,
    GENRE_METRICS,
    HEARD,
    ORIGINAL,
    RANDOM,
    RULE,
    SCORE_METRICS,
    SHUFFLED,
    TRUE,
    Metric,
    Rows,
)
from d2m.benchmark.plots import accents_picture, goals_picture, mel_picture
from d2m.benchmark.results import LevelResults, Results, as_json
from d2m.benchmark.tables import blind, definitions, goal_grid, score_grid

TITLE = "How good the bundled weights are"
ORDER = (GENERATED, HEARD, TRUE, OWN_CLOCK, CLOCK, CODEC, ORIGINAL, SHUFFLED, RANDOM)
_FIT_ROWS = (*ORDER, ZEROED, REVERSED, OTHER_DANCE)


def write_report(results: Results, folder: Path) -> tuple[Path, Path]:
    """Write ``README.md`` with its pictures, ``report.html`` and ``results.json``.

    Returns
    -------
    markdown, html
        Paths of the two reports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blocks = list(_blocks(results, folder))
    numbers = json.dumps(as_json(results), indent=1, allow_nan=False) + "\n"
    written = {
        "README.md": as_markdown(blocks),
        "report.html": as_html(blocks, TITLE),
        "results.json": numbers,
    }
    for name, text in written.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder / "README.md", folder / "report.html"


def _blocks(results: Results, folder: Path) -> list[Block]:
    wanted = goals(results)
    reached = sum(goal.reached for goal in wanted)
    blocks: list[Block] = [
        Heading(text=TITLE, depth=1),
        Text(
            text="Written by `python -m d2m evaluate`. Numbers are means over pieces ± their "
            "standard error. Rows below the generated music say what the numbers are worth: the "
            "original music, music of other takes, and random codes decoded."
        ),
        Heading(text="Goals"),
        Text(text=f"{reached} of {len(wanted)} reached."),
        goal_grid(wanted),
        Picture(path=folder / "goals.png", alt_text=goals_picture(folder / "goals.png", wanted)),
    ]
    for name, found in results.levels.items():
        blocks += _level(name, found, results)
    blocks += [
        Heading(text="Beside the paper"),
        Text(
            text="The same scores as published (Zhu et al., ECCV 2022) on the paper's data, "
            "beside ours on our own songs and dances: not the same task, and genres are told by "
            f"VGGish there and by {results.genres_by} here, among songs of which there are only "
            "sixty."
        ),
        comparison(results),
        Text(
            text="The paper also judges by listeners, and leaves out parts of its method in turn; "
            "for those numbers see the paper. What the training here can leave out likewise: "
            f"{', '.join(ABLATIONS)}. No such training is part of this report."
        ),
        *_seen_and_heard(results, folder),
        Heading(text="What was measured"),
        Points(items=tuple(f"{name}: {fact}" for name, fact in results.facts.items())),
        Grid(
            head=("weights", "bytes", "SHA-256"),
            rows=tuple(
                (name, f"{file['bytes']:,}", file["sha256"])
                for name, file in results.weights.items()
            ),
        ),
        Heading(text="Definitions"),
        Points(items=_definitions()),
    ]
    return blocks


def _level(name: str, found: LevelResults, results: Results) -> list[Block]:
    figures = found.figures
    blocks: list[Block] = [
        Heading(text=f"Level {name}"),
        Heading(text=f"Codec on songs that no training heard, {name}", depth=3),
        score_grid(CODEC_METRICS, found.codec, ORDER),
        *_note(CODEC_METRICS, found.codec),
        Text(
            text=f"The codes use {100 * figures['codebook_used']:.0f} % of the codebook's 2,048 "
            f"entries, with a perplexity of {figures['codebook_perplexity']:.0f}."
        ),
    ]
    for title, metrics in (
        ("Fit to the original and to the dance", FIT_METRICS),
        ("Beats against the dance's true beats, true clock given", BEAT_METRICS),
        ("Beats coverage and hit against the original", SCORE_METRICS),
        (f"Genre accuracy, by {results.genres_by}", GENRE_METRICS),
    ):
        blocks += [
            Heading(text=f"{title}, {name}", depth=3),
            score_grid(metrics, found.music, _FIT_ROWS),
            *_note(metrics, found.music),
        ]
        if metrics is FIT_METRICS:
            ratio = f"Log-mel L1 of the generated music is {figures['mel_ratio']:.2f} times the "
            blocks.append(Text(text=f"{ratio}codec's own."))
        if metrics is GENRE_METRICS:
            share = f"{100 * figures['genre_unseen']:.0f} % of the originals' segments"
            text = f"Of songs that are not among the originals, it is right for {share}."
            blocks.append(Text(text=f"{results.genres_note} {text}".strip()))
    blocks += [
        Heading(text=f"What changes the music, {name}", depth=3),
        score_grid(CHANGE_METRICS, found.changes),
        Text(
            text="All-zero movement occurs in training only where it was hidden on purpose; "
            "movement reversed in time, and that of another dance, are ordinary movement."
        ),
    ]
    for kind, rows in found.dances.items():
        blocks += [
            Heading(text=f"Music composed for {kind}, {name}", depth=3),
            Text(
                text="End to end as for a clip, but for the pose network: joints with jitter at "
                "30 fps, rhythm, style, generator, cleaning. Against the dance's true beats, "
                "but for one row; "
                "shuffled music is what was composed for another of these dances."
            ),
            score_grid(DANCE_METRICS, rows, ORDER),
        ]
    blocks += [*_diversity(name, found), *_speed(name, found)]
    return blocks


def _diversity(name: str, found: LevelResults) -> list[Block]:
    def cell(kind: str, unit: str) -> str:
        value, unlike = (found.figures[f"diversity_{one}_{unit}"] for one in (kind, "originals"))
        return f"{value:.2f} ({100 * value / unlike:.0f} %)" if unlike else f"{value:.2f}"

    titles = {
        "seeds": "one dance, one style, four seeds",
        "styles": "one dance, four styles",
        "originals": "originals of unlike songs",
    }
    rows = tuple((text, cell(key, "embedding"), cell(key, "mel")) for key, text in titles.items())
    return [
        Heading(text=f"Diversity, {name}", depth=3),
        Text(
            text="Mean distance between pieces of 10 s, and its share of the distance between "
            "originals of unlike songs: Euclidean between embeddings, and log-mel L1 moment by "
            "moment. Two seeds of a style may choose the same song."
        ),
        Grid(head=("", "embedding", "log-mel L1"), rows=rows),
    ]


def _speed(name: str, found: LevelResults) -> list[Block]:
    return [
        Heading(text=f"Speed, {name}", depth=3),
        Text(
            text=f"10 s of music, generated and decoded on two threads, take "
            f"{found.figures['speed_s']:.2f} s (median of five; best "
            f"{found.figures['speed_best_s']:.2f} s). Other work on the machine counts in."
        ),
    ]


def _seen_and_heard(results: Results, folder: Path) -> list[Block]:
    curves = {}
    for level, found in results.levels.items():
        for row in (ORIGINAL, GENERATED, SHUFFLED):
            if row in found.curves:
                curves[f"{row}, {level}" if row == GENERATED else row] = found.curves[row]
    blocks: list[Block] = []
    if curves:
        path = folder / "accents.png"
        blocks += [
            Heading(text="How the music answers hits of the body"),
            Picture(path=path, alt_text=accents_picture(path, curves)),
        ]
    path = folder / "mel.png"
    blocks += [
        Heading(text="Original, codec, generated"),
        Picture(path=path, alt_text=mel_picture(path, results.excerpts)),
        *(Sounds(title=one.title, sounds=one.sounds) for one in results.excerpts),
    ]
    return blocks


def _note(metrics: tuple[Metric, ...], rows: Rows) -> list[Block]:
    note = "† can't tell original from shuffled or random music, see the definitions."
    return [Text(text=note)] if blind(metrics, rows) else []


def _definitions() -> tuple[str, ...]:
    metrics = (
        *CODEC_METRICS,
        *FIT_METRICS[1:],
        *DANCE_METRICS,
        *SCORE_METRICS,
        *GENRE_METRICS,
        *CHANGE_METRICS,
    )
    return (*definitions(metrics), RULE)
