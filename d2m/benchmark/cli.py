"""The commands ``python -m d2m evaluate levels`` and ``python -m d2m evaluate rhythm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.benchmark.comparison.cli import (
    compare_command,
    own_dances_command,
    systems_command,
)
from d2m.benchmark.dance_cli import evaluate_dance_command
from d2m.benchmark.paper_tables.cli import evaluate_tables_command
from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import levels_named
from d2m.core.output_folder import usable_output

# Optional[...] because typer reads it at run time, on Python 3.10 too.
MaybePath = Optional[Path]  # noqa: UP045
MaybeText = Optional[str]  # noqa: UP045

Aist = Annotated[
    MaybePath, typer.Option(help="AIST++ 2-D keypoints packed as .npz (see the docs).")
]
Seed = Annotated[int, typer.Option(help="Seed of the music and of trivial beats.", min=0)]
Weights = Annotated[Path, typer.Option(help="Folder of the weights.", show_default=False)]

evaluate = typer.Typer(no_args_is_help=True, help="Measure levels, beats and dances.")
evaluate.command("dance")(evaluate_dance_command)
evaluate.command("compare")(compare_command)
evaluate.command("systems")(systems_command)
evaluate.command("own-dances")(own_dances_command)
evaluate.command("tables")(evaluate_tables_command)


@evaluate.command("levels")
def evaluate_levels_command(
    pieces: Annotated[int, typer.Option(help="Number of held-out pieces.", min=1)] = 20,
    first: Annotated[int, typer.Option(help="Number of the first piece.", min=0)] = 100,
    out: Annotated[
        MaybePath, typer.Option(help="Folder for levels.md, levels.json and levels.png.")
    ] = None,
    pictures: Annotated[
        MaybePath, typer.Option(help="Folder for spectrograms of each style.")
    ] = None,
    libraries: Annotated[
        MaybePath,
        typer.Option(
            help="Folder with basic-pitch and onnxruntime (see the docs).",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    music: Annotated[
        MaybePath,
        typer.Option(
            help="Folder with recorded music, music-*.flac, mono at 22,050 Hz.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    before: Annotated[
        MaybePath,
        typer.Option(help="levels.json of an earlier measurement.", exists=True, dir_okay=False),
    ] = None,
    weights: Weights = CHECKPOINTS,
    threads: Annotated[int, typer.Option(help="Threads of PyTorch.", min=1)] = 1,
    speed: Annotated[bool, typer.Option(help="Measure the time.")] = True,
) -> None:
    """Measure the levels high and low on songs, dances and tempi that no training met."""
    _check_folders(out, pictures)
    from d2m.benchmark.level_report import levels_markdown
    from d2m.benchmark.levels_evaluation import LevelsConfig, evaluate_levels

    config = LevelsConfig(
        pieces=pieces,
        first=first,
        out=out,
        pictures=pictures,
        libraries=libraries,
        music=music,
        before=before,
        weights=weights,
        threads=threads,
        speed=speed,
    )
    typer.echo(levels_markdown(evaluate_levels(config)))


@evaluate.command("rhythm")
def evaluate_rhythm(
    aist: Aist = None,
    clips: Annotated[MaybePath, typer.Option(help="Folder of dance clips.")] = None,
    beats: Annotated[
        MaybeText,
        typer.Option(
            help="Their annotated beats: a JSON file, a folder of text files, or own-sound for "
            "those of the clips' own sound (see the docs)."
        ),
    ] = None,
    clock: Annotated[str, typer.Option(help="auto, sound, dance or all.")] = "all",
    music: Annotated[
        str,
        typer.Option(help="Levels at which music is made and scored too, such as studio,high."),
    ] = "",
    cache: Annotated[
        MaybePath,
        typer.Option(help="Folder for the analyses of clips.", show_default="a temporary one"),
    ] = None,
    out: Annotated[
        MaybePath, typer.Option(help="Folder for rhythm.md, rhythm.json and rhythm.png.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Measure the beats of real dances: of AIST++ keypoints, or of clips with annotated beats."""
    if aist is None and clips is None:
        raise typer.BadParameter("Give --aist, or --clips with --beats.")
    if (clips is None) != (beats is None):
        raise typer.BadParameter("--clips and --beats belong together: give both.")
    _check_folders(out, cache)
    if aist is not None:
        from d2m.benchmark.aist_rhythm import evaluate_aist

        typer.echo(evaluate_aist(aist).as_text())
    if clips is not None and beats is not None:
        from d2m.benchmark.document import as_markdown
        from d2m.benchmark.real_rhythm import OWN_SOUND, RealRhythmConfig, evaluate_real_rhythm
        from d2m.benchmark.real_rhythm_report import real_rhythm_blocks, write_real_rhythm

        config = RealRhythmConfig(
            clips=clips,
            beats=None if beats == OWN_SOUND else Path(beats),
            clock=clock,
            levels=levels_named(music) if music else (),
            cache=cache,
            seed=seed,
        )
        results = evaluate_real_rhythm(config)
        typer.echo(as_markdown(real_rhythm_blocks(results)))
        if out is not None:
            typer.echo(write_real_rhythm(results, out))


def _check_folders(*folders: Path | None) -> None:
    """Make sure that files can be written into the folders that were given."""
    for folder in folders:
        if folder is not None:
            usable_output(folder)
