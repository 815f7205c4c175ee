"""The report of the benchmark, as Markdown, as one HTML file, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from d2m.benchmark.d2mgan_comparison import ABLATIONS, comparison_table
from d2m.benchmark.document import (
    AudioClips,
    Block,
    BulletList,
    Heading,
    Paragraph,
    Plot,
    Reference,
    Table,
    as_html,
    as_markdown,
)
from d2m.benchmark.goals import goals
from d2m.benchmark.metric_table import (
    AGAINST_ESTIMATE,
    BEAT_METRICS,
    CHANGE_METRICS,
    CODEC,
    CODEC_METRICS,
    DANCE_METRICS,
    ESTIMATE_ALONE,
    ESTIMATED_BEATS,
    FIT_METRICS,
    GENERATED,
    GENRE_METRICS,
    MARK_RULE,
    ORIGINAL,
    OTHER_DANCE,
    RANDOM,
    REVERSED,
    SCORE_METRICS,
    SHUFFLED,
    TRUE_BEATS,
    ZEROED,
    Metric,
    Rows,
)
from d2m.benchmark.plots import plot_accents, plot_goals, plot_spectrograms
from d2m.benchmark.results import LevelResults, Results, as_json
from d2m.benchmark.tables import definitions, goals_table, scores_table, uninformative

TITLE = "Evaluation of the bundled weights"
RHYTHM_REPORT = "rhythm.md"
"""Report of the beats of real dances, written by `python -m d2m evaluate rhythm`."""
RHYTHM_SENTENCE = (
    "Beats of procedural dancers are no goal, because they move on the beat by rules that people "
    "do not follow. Goals for the beats of real people:"
)
_ROW_ORDER = (
    GENERATED,
    ESTIMATED_BEATS,
    TRUE_BEATS,
    AGAINST_ESTIMATE,
    ESTIMATE_ALONE,
    CODEC,
    ORIGINAL,
    SHUFFLED,
    RANDOM,
    ZEROED,
    REVERSED,
    OTHER_DANCE,
)


def write_benchmark_report(results: Results, folder: Path) -> tuple[Path, Path]:
    """Write ``README.md`` with its plots, ``report.html`` and ``results.json``.

    Parameters
    ----------
    results
        Results of a benchmark run.
    folder
        Folder for the files; created if it does not exist.

    Returns
    -------
    markdown, html
        Paths of the two reports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blocks = _document(results, folder)
    numbers = json.dumps(as_json(results), indent=1, allow_nan=False) + "\n"
    texts = {
        "README.md": as_markdown(blocks),
        "report.html": as_html(blocks, TITLE),
        "results.json": numbers,
    }
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder / "README.md", folder / "report.html"


def _document(results: Results, folder: Path) -> list[Block]:
    blocks: list[Block] = [
        Heading(text=TITLE, depth=1),
        Paragraph(
            text="Written by `python -m d2m evaluate`. Values are means over pieces ± the standard "
            "error. The rows below the generated music are references: the original music, the "
            "original music of other pieces, and decoded random codes."
        ),
        *_goals(results, folder),
    ]
    for name, found in results.levels.items():
        blocks += _level(name, found, results)
    blocks += [
        Heading(text="Comparison with D2M-GAN"),
        Paragraph(
            text="The scores that Zhu et al. (ECCV 2022) published for their data, and the same "
            "scores of the bundled weights on the songs and dances of this project. The data and "
            "the genre embedding differ, so the values are not directly comparable: genres are "
            f"recognised by VGGish there and by {results.embedding_title} here, among sixty songs."
        ),
        comparison_table(results),
        Paragraph(
            text="The paper also reports a listening test and ablations. Training in this project "
            f"can leave out the same parts: {', '.join(ABLATIONS)}. This report contains no such "
            "ablation."
        ),
        *_plots_and_audio(results, folder),
        Heading(text="What was measured"),
        BulletList(items=tuple(f"{name}: {fact}" for name, fact in results.facts.items())),
        Table(
            head=("weights", "bytes", "SHA-256"),
            rows=tuple(
                (name, f"{file['bytes']:,}", file["sha256"])
                for name, file in results.weights.items()
            ),
        ),
        Heading(text="Definitions"),
        BulletList(items=_definitions()),
    ]
    return blocks


def _goals(results: Results, folder: Path) -> list[Block]:
    found = goals(results)
    reached = sum(goal.reached for goal in found)
    path = folder / "goals.png"
    blocks: list[Block] = [
        Heading(text="Goals"),
        Paragraph(text=f"{reached} of {len(found)} reached."),
        goals_table(found),
        Plot(path=path, alt_text=plot_goals(path, found)),
    ]
    if (folder / RHYTHM_REPORT).is_file():
        blocks.append(Reference(text=RHYTHM_SENTENCE, file=RHYTHM_REPORT))
    return blocks


def _level(name: str, found: LevelResults, results: Results) -> list[Block]:
    figures = found.figures
    return [
        Heading(text=f"Level {name}"),
        *_scores(f"Codec on unseen songs, {name}", CODEC_METRICS, found.codec),
        Paragraph(
            text=f"The codes use {100 * figures['codebook_used']:.0f} % of the 2,048 codebook "
            f"entries, with a perplexity of {figures['codebook_perplexity']:.0f}."
        ),
        *_scores(f"Fit to the original and to the dance, {name}", FIT_METRICS, found.music),
        Paragraph(
            text=f"The log-mel L1 of the generated music is {figures['mel_ratio']:.2f} times that "
            "of the codec."
        ),
        *_scores(f"Beats of music generated on the true beats, {name}", BEAT_METRICS, found.music),
        *_scores(f"Beats coverage and beats hit, {name}", SCORE_METRICS, found.music),
        *_scores(f"Genre accuracy, {name}", GENRE_METRICS, found.music),
        Paragraph(
            text=f"Embedding: {results.embedding_title}. {results.embedding_note}".strip()
            + f" It recognises the genre of {100 * figures['genre_unseen']:.0f} % of the original "
            "segments of unseen songs."
        ),
        Heading(text=f"Influence of the inputs, {name}", depth=3),
        scores_table(CHANGE_METRICS, found.changes),
        Paragraph(
            text="In training, movement is all zero only where it was masked. Reversed movement "
            "and the movement of another dance are ordinary inputs."
        ),
        *(block for kind, rows in found.dances.items() for block in _dances(name, kind, rows)),
        *_diversity(name, found),
        *_speed(name, found),
    ]


def _scores(title: str, metrics: tuple[Metric, ...], rows: Rows) -> list[Block]:
    blocks: list[Block] = [
        Heading(text=title, depth=3),
        scores_table(metrics, rows, _ROW_ORDER),
    ]
    if uninformative(metrics, rows):
        blocks.append(
            Paragraph(
                text="† does not separate original from shuffled or random music, see the "
                "definitions."
            )
        )
    return blocks


def _dances(name: str, kind: str, rows: Rows) -> list[Block]:
    return [
        Heading(text=f"Music for {kind}, {name}", depth=3),
        Paragraph(
            text="The whole pipeline except for the pose network: joints with jitter at 30 fps, "
            "rhythm, style, generator, post-processing. Beats are scored against the true beats of "
            "the dance, except in the row that names the estimate as its reference. Shuffled music "
            "was generated for another of these dances."
        ),
        scores_table(DANCE_METRICS, rows, _ROW_ORDER),
    ]


def _diversity(name: str, found: LevelResults) -> list[Block]:
    def cell(kind: str, unit: str) -> str:
        value, songs = (found.figures[f"diversity_{one}_{unit}"] for one in (kind, "originals"))
        return f"{value:.2f} ({100 * value / songs:.0f} %)" if songs else f"{value:.2f}"

    titles = {
        "seeds": "one dance, one style, four seeds",
        "styles": "one dance, four styles",
        "originals": "originals of different songs",
    }
    rows = tuple((text, cell(key, "embedding"), cell(key, "mel")) for key, text in titles.items())
    return [
        Heading(text=f"Diversity, {name}", depth=3),
        Paragraph(
            text="Mean distance between pieces of 10 s, and its ratio to the mean distance between "
            "originals of different songs. Distances are Euclidean between genre embeddings, and "
            "log-mel L1 at equal times. Two seeds of a style may choose the same song."
        ),
        Table(head=("", "embedding", "log-mel L1"), rows=rows),
    ]


def _speed(name: str, found: LevelResults) -> list[Block]:
    return [
        Heading(text=f"Speed, {name}", depth=3),
        Paragraph(
            text="Generating and decoding 10 s of music on two threads takes "
            f"{found.figures['speed_s']:.2f} s (median of five runs, fastest "
            f"{found.figures['speed_best_s']:.2f} s). Other load on the machine adds to it."
        ),
    ]


def _plots_and_audio(results: Results, folder: Path) -> list[Block]:
    curves = {}
    for level, found in results.levels.items():
        for row in (ORIGINAL, GENERATED, SHUFFLED):
            if row in found.curves:
                curves[f"{row}, {level}" if row == GENERATED else row] = found.curves[row]
    blocks: list[Block] = []
    if curves:
        path = folder / "accents.png"
        blocks += [
            Heading(text="Onset strength around accents of the dance"),
            Plot(path=path, alt_text=plot_accents(path, curves)),
        ]
    path = folder / "mel.png"
    blocks += [
        Heading(text="Original, decoded and generated music"),
        Plot(path=path, alt_text=plot_spectrograms(path, results.excerpts)),
        *(AudioClips(title=one.title, clips=one.clips) for one in results.excerpts),
    ]
    return blocks


def _definitions() -> tuple[str, ...]:
    metrics = (
        *CODEC_METRICS,
        *FIT_METRICS[1:],
        *DANCE_METRICS,
        *SCORE_METRICS,
        *GENRE_METRICS,
        *CHANGE_METRICS,
    )
    return (*definitions(metrics), MARK_RULE)
