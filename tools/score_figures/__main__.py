"""Measure the studio version of the music on many dances, and print the figures as Markdown.

    PYTHONPATH=. python -m tools.score_figures dances --count 40 --before
    PYTHONPATH=. python -m tools.score_figures dances --clips FOLDER --pictures FOLDER
    PYTHONPATH=. python -m tools.score_figures songs --seeds 50
    PYTHONPATH=. python -m tools.score_figures speed

``dances`` makes a piece for each dance and measures how it fits the dance and how it sounds.
``songs`` makes many songs for one dance and measures how different they are, and whether their
style can be told, by `d2m.models.music_tagger`.
``speed`` times all stages and measures the memory. ``--json FILE`` keeps all single values.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from tqdm import tqdm

from d2m.core.styles import STYLES
from d2m.generation.studio import StudioModel
from tools.score_figures.dance_figures import (
    beat_figures,
    hit_figures,
    score_figures,
    section_figures,
)
from tools.score_figures.dances import MeasuredDance, load_dances
from tools.score_figures.goals import (
    BALANCE_GOALS,
    FIT_GOALS,
    FORM_GOALS,
    SCORE_GOALS,
    SOUND_GOALS,
    goal_table,
    table,
)
from tools.score_figures.pictures import draw_piece
from tools.score_figures.pieces import (
    Piece,
    click_track,
    fitted,
    network_model,
    network_piece,
    noise,
    studio_piece,
)
from tools.score_figures.sound_figures import Figures, ending_figures, sound_figures

STUDIO_ROW, OTHER_ROW = "studio version", "studio version of another dance"
BEFORE_ROW, CLICK_ROW, NOISE_ROW = "level high", "click track on the grid", "noise"
"""Titles of the rows."""

LENGTHS_S = (10.0, 120.0)
"""Lengths of the pieces that are timed (s)."""

app = typer.Typer(add_completion=False, help=__doc__)
OptionalFolder = Annotated[Optional[Path], typer.Option(exists=True, file_okay=False)]  # noqa: UP045
JsonFile = Annotated[Optional[Path], typer.Option("--json", help="File for all values.")]  # noqa: UP045


@app.command()
def dances(
    clips: OptionalFolder = None,
    count: Annotated[int, typer.Option(help="Number of dances in all.")] = 40,
    style: Annotated[str, typer.Option(help="A style, auto, or each in turn.")] = "each",
    seed: Annotated[int, typer.Option(help="Seed of the first song.")] = 0,
    before: Annotated[bool, typer.Option(help="Also measure level high.")] = False,
    trivial: Annotated[bool, typer.Option(help="Also measure trivial music.")] = True,
    cache: OptionalFolder = None,
    pictures: Annotated[Optional[Path], typer.Option(help="Folder for pictures.")] = None,  # noqa: UP045
    json_file: JsonFile = None,
) -> None:
    """Measure one piece for each of many dances."""
    found = load_dances(clips, count, None if style == "each" else style, cache)
    model, network = StudioModel.from_pretrained(), network_model() if before else None
    rows: dict[str, list[tuple[MeasuredDance, Figures]]] = {}
    previous: Piece | None = None
    for index, dance in enumerate(tqdm(found, unit="dance")):
        piece = studio_piece(model, dance.conditioning, seed + index)
        made = {STUDIO_ROW: piece}
        if network is not None:
            made[BEFORE_ROW] = network_piece(network, dance.conditioning, seed + index)
        if trivial:
            made |= {
                CLICK_ROW: click_track(dance.conditioning),
                NOISE_ROW: noise(dance.conditioning),
            }
            if previous is not None:
                made[OTHER_ROW] = fitted(previous, dance.conditioning.duration_s)
            previous = piece
        for row, one in made.items():
            rows.setdefault(row, []).append((dance, piece_figures(one, dance)))
        if pictures is not None:
            draw(piece, dance, pictures / f"{index:02d}_{dance.style}.png")
    for line in dance_report(rows):
        typer.echo(line)
    if json_file is not None:
        values = {
            row: [{"dance": d.name, "kind": d.kind, "style": d.style, **f} for d, f in some]
            for row, some in rows.items()
        }
        json_file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


@app.command()
def songs(
    seeds: Annotated[int, typer.Option(help="Songs of each style.")] = 50,
    arrays: Annotated[Optional[Path], typer.Option(help="File for embeddings (.npz).")] = None,  # noqa: UP045
    json_file: JsonFile = None,
) -> None:
    """Measure how different songs are, and whether their style can be told."""
    from tools.score_figures.song_report import song_report

    lines, values = song_report(StudioModel.from_pretrained(), range(seeds), arrays)
    for line in lines:
        typer.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


@app.command()
def speed(
    lengths_s: Annotated[list[float], typer.Option("--length", help="Lengths (s).")] = LENGTHS_S,
    style: Annotated[str, typer.Option(help="The style.")] = "house",
) -> None:
    """Time all stages, warm, and measure the memory of a new process."""
    from tools.score_figures.timing import fresh_memory, warm_seconds

    model = StudioModel.from_pretrained()
    times: dict[str, dict[str, Any]] = {
        f"{length:g} s": warm_seconds(model, style, length) for length in lengths_s
    }
    columns = {key: f"{key} (s)" for row in times.values() for key in row}
    memory = {f"{length:g} s": fresh_memory(length) for length in lengths_s}
    for line in (
        f"## Time of a piece, warm, style {style}", "", *table(times, columns), "",
        "## Memory and time in a new process", "",
        *table(memory, {"before_mb": "before (MB)", "loaded_mb": "more when loaded (MB)",
                        "extra_mb": "more at its peak (MB)", "load_s": "load (s)",
                        "first_s": "load and first piece (s)"}),
    ):  # fmt: skip
        typer.echo(line)


def piece_figures(piece: Piece, dance: MeasuredDance) -> Figures:
    """Measure a piece in every way that needs no other piece."""
    conditioning = dance.conditioning
    figures = beat_figures(piece, conditioning) | hit_figures(piece, conditioning)
    figures |= section_figures(piece, conditioning)
    figures |= sound_figures(piece.audio, piece.sample_rate, conditioning.duration_s)
    if piece.score is not None:
        figures |= score_figures(piece.score)
        end_s, duration_s = piece.score.end_s, conditioning.duration_s
        figures |= ending_figures(piece.audio, piece.sample_rate, end_s, duration_s)
    return {name: float(value) for name, value in figures.items()}


def dance_report(rows: dict[str, list[tuple[MeasuredDance, Figures]]]) -> list[str]:
    """Return the figures as Markdown: by kind of music, then of the studio version by style."""
    by_row = {row: [figures for _, figures in some] for row, some in rows.items()}
    by_style: dict[str, list[Figures]] = {}
    by_kind: dict[str, list[Figures]] = {}
    for dance, figures in rows[STUDIO_ROW]:
        by_style.setdefault(dance.style, []).append(figures)
        by_kind.setdefault(dance.kind, []).append(figures)
    styles = {style: by_style[style] for style in STYLES if style in by_style}
    lines = []
    for title, goals in (
        ("Fit to the dance", FIT_GOALS),
        ("Form", FORM_GOALS),
        ("Score", SCORE_GOALS),
        ("Sound", SOUND_GOALS),
        ("Spectral balance", BALANCE_GOALS),
    ):
        lines += [f"## {title}", ""]
        some = {STUDIO_ROW: by_row[STUDIO_ROW]} if goals in (FORM_GOALS, SCORE_GOALS) else by_row
        lines += [*goal_table(some, goals), ""]
        lines += ["Studio version by style and by kind of dance:", ""]
        lines += [*goal_table(styles | by_kind, goals), ""]
    return lines


def draw(piece: Piece, dance: MeasuredDance, path: Path) -> None:
    """Draw a piece with a title that says what it is."""
    score = piece.score
    about = f"{score.sub_genre}, {score.key}, {score.tempo_bpm:.0f} BPM" if score else ""
    draw_piece(piece, dance.conditioning, f"{dance.style}: {about}; {dance.name}", path)


if __name__ == "__main__":
    app()
