"""Measure the levels high and low on songs, dances and tempi that no training met.

    PYTHONPATH=. python -m tools.level_figures --out DIR --pieces 20
    PYTHONPATH=. python -m tools.level_figures --out DIR --libraries DIR --music DIR

It writes ``figures.json`` with all values, ``figures.md``, and a picture of each style with the
spectrograms of the studio version, of each codec's copy, and of the generated music.

``--libraries`` is a folder with the transcriber and the tagger; without it, their rows are left
out. It is made outside the project, once:

    pip install --no-deps --target DIR basic-pitch==0.4.0 onnxruntime flatbuffers musicnn==0.1.0

``--music`` is a folder with recorded music, ``music-*.flac``, mono at 22,050 Hz. ``--before`` is
the ``figures.json`` of an earlier measurement: what recorded music lost then sets its goal.
``--checkpoints`` measures other networks than the bundled ones. Intervals are 95 %, by bootstrap
over pieces (for recorded music, over excerpts). All levels of a piece use its seed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import torch
import typer
from tqdm import tqdm

from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import HOP_LEVELS
from d2m.generation.compact import CompactModel
from tools.level_figures.copy_figures import music_copy_figures
from tools.level_figures.measure import Listeners, measure_piece
from tools.level_figures.pieces import FIRST_NUMBER, unseen_pieces
from tools.level_figures.report import Measured, all_rows, markdown_table, reference_table
from tools.level_figures.speed import speed_figures

OptionalFolder = Annotated[Optional[Path], typer.Option(exists=True, file_okay=False)]  # noqa: UP045
OptionalFile = Annotated[Optional[Path], typer.Option(exists=True, dir_okay=False)]  # noqa: UP045

REFERENCE_COLUMNS = {
    "log_mel": "log-mel L1", "convergence": "spectral convergence", "correlation": "correlation",
    "notes": "notes, full mix (F1)", "tonal_notes": "without drums (F1)",
    "notes_pitch": "pitches (correlation)", "embedding": "tagger's distance",
    "beat_f_librosa": "beat F, librosa", "beat_f_network": "beat F, network",
    "hits_met": "hits met", "accents": "accents",
}  # fmt: skip
"""Titles of the columns for other music, by key."""

METHOD = (
    "Generated music, and the copies it is compared with, are brought to the loudness of the "
    "studio version first; all is mono at 22,050 Hz. Notes are those of at least C3 that "
    "basic-pitch hears. The distance between two songs of a style is that of two songs for the "
    "same dance."
)
"""What must be known of all tables."""

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="Folder for figures and pictures.")],
    pieces: Annotated[int, typer.Option(help="Number of pieces.")] = 20,
    first: Annotated[int, typer.Option(help="Number of the first piece.")] = FIRST_NUMBER,
    libraries: OptionalFolder = None,
    music: OptionalFolder = None,
    before: OptionalFile = None,
    checkpoints: Annotated[Path, typer.Option(help="Folder of the networks.")] = CHECKPOINTS,
    threads: Annotated[int, typer.Option(help="Threads of PyTorch.")] = 1,
    pictures: Annotated[bool, typer.Option(help="Draw spectrograms of each style.")] = True,
    speed: Annotated[bool, typer.Option(help="Measure the time.")] = True,
) -> None:
    """Measure both levels."""
    torch.set_num_threads(threads)
    models = {
        name: CompactModel.from_pretrained(level, folder=checkpoints)
        for name, level in HOP_LEVELS.items()
    }
    try:
        listeners = Listeners.from_folder(libraries)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    out.mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {"pieces": [], "music": [], "speed": {}, "rows": [], "notes": []}
    earlier = json.loads(before.read_text(encoding="utf-8"))["rows"] if before else []
    drawn: set[str] = set()
    for piece in tqdm(unseen_pieces(pieces, first), total=pieces, unit="piece"):
        picture = None
        if pictures and piece.style not in drawn:
            picture = out / f"{piece.style}.png"
        drawn.add(piece.style)
        data["pieces"].append(measure_piece(models, piece, listeners, picture))
        if speed and not data["speed"]:
            data["speed"] = {
                name: speed_figures(models, piece, count)
                for name, count in (("one thread", 1), ("two threads", 2))
            }
        _write(out, data, earlier)
    if music is not None:
        data["music"] = music_copy_figures(models, music, listeners.transcribe)
    _write(out, data, earlier)
    typer.echo((out / "figures.md").read_text(encoding="utf-8"))


def notes_on(measured: Measured) -> list[str]:
    """Return sentences on what was left out, and what must be known to read the figures."""
    lines = []
    some = [figures for one in measured for figures in one["levels"].values()]
    if any("generated_log_mel" not in figures for figures in some):
        lines.append(
            "The generators play songs of their own, not scores: their music can't be compared "
            "with the studio version, so these rows are left out."
        )
    others = sum(figures.get("same_score", 1.0) < 1.0 for figures in some)
    if others:
        lines.append(f"In {others} of {len(some)} cases, the score was not the studio version's.")
    if any("notes_mix" not in figures for figures in some):
        lines.append("Without a folder of libraries, no notes and embeddings were measured.")
    return lines


def report(data: dict[str, Any]) -> list[str]:
    """Return the figures as Markdown."""
    lines = ["## Levels high and low on unseen pieces", "", *markdown_table(data["rows"]), ""]
    lines += [" ".join([METHOD, *data["notes"]]), ""]
    references: dict[str, list[dict[str, float]]] = {}
    for piece in data["pieces"]:
        for title, figures in piece["references"].items():
            references.setdefault(title, []).append(figures)
    lines += ["Other music, against the studio version:", ""]
    lines += [*reference_table(references, REFERENCE_COLUMNS), ""]
    for count, levels in data["speed"].items():
        for level, times in levels.items():
            lines.append(
                f"- {level}, {count}: decodes 10 s in {times['decode_s']:.2f} s "
                f"({times['decode_real_time']:.3f} of real time), generates "
                f"{times['piece_s']:.0f} s in {times['generate_s']:.2f} s "
                f"({times['generate_real_time']:.3f}); the fastest of five."
            )
    return lines


def _write(out: Path, data: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Write what has been measured so far."""
    data["rows"] = all_rows(data["pieces"] + data["music"], earlier)
    data["notes"] = notes_on(data["pieces"])
    (out / "figures.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (out / "figures.md").write_text("\n".join(report(data)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    app()
