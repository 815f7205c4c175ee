"""The commands ``compare``, ``systems`` and ``own-dances`` of ``python -m d2m evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.errors import DataError
from d2m.core.output_folder import usable_output

MaybePath = Optional[Path]  # noqa: UP045 (typer evaluates it at run time, on Python 3.10 too)
Cache = Annotated[
    MaybePath,
    typer.Option(help="Folder for the analyses of clips.", show_default="a temporary one"),
]
Processes = Annotated[int, typer.Option(help="Number of processes.", min=1, max=2)]
Reference = Annotated[
    MaybePath,
    typer.Option(
        help="Folder with the music that belongs to the clips, a file for each.",
        exists=True,
        file_okay=False,
    ),
]


def own_dances_command(
    out: Annotated[Path, typer.Option(help="Folder for clips/ and reference/.")],
    number: Annotated[int, typer.Option(help="Number of dances.", min=1)] = 10,
) -> None:
    """Write the project's held-out dances with true beats, and the music composed for them."""
    usable_output(out)
    from d2m.benchmark.comparison.own_dances import write_own_dances

    names = write_own_dances(out, number)
    typer.echo(f"{len(names)} dances are in {out}.")


def systems_command(
    clips: Annotated[
        Path, typer.Option(help="Folder of clips and .npz dances.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder; SYSTEM/CLIP.wav is written.")],
    system: Annotated[
        str,
        typer.Option(
            help="all, or a list of studio, high, low, dance2music, foley-music, cmt, random, "
            "cmt-retrieval, codec-high, codec-low."
        ),
    ] = "all",
    reference: Reference = None,
    cache: Cache = None,
    weights: Annotated[
        Path, typer.Option(help="Folder of the weights.", show_default=False)
    ] = CHECKPOINTS,
    seed: Annotated[int, typer.Option(help="Added to the seed of each clip.", min=0)] = 0,
    processes: Processes = 2,
) -> None:
    """Write the music of the project's systems and of the baselines for clips."""
    usable_output(out)
    from d2m.benchmark.comparison.system_outputs import (
        SystemsConfig,
        systems_named,
        write_systems,
    )

    config = SystemsConfig(
        clips=clips,
        systems=systems_named(system),
        out=out,
        reference=reference,
        weights=weights,
        cache=cache,
        seed=seed,
        processes=processes,
    )
    problems = write_systems(config)
    for name, problem in problems.items():
        typer.echo(f"{name}: {problem}", err=True)
    typer.echo(f"The music is in {out}." if not problems else f"{len(problems)} files are missing.")
    if problems:
        raise typer.Exit(1)


def compare_command(
    out: Annotated[Path, typer.Option(help="Folder for report.html and its files.")] = Path(
        "comparison"
    ),
    clips: Annotated[
        MaybePath,
        typer.Option(
            help="Folder of clips and .npz dances; without it, the project's own dances are "
            "compared with all systems.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    system: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="NAME=FOLDER with a file for each clip; may be repeated."),
    ] = None,
    reference: Reference = None,
    beats: Annotated[
        MaybePath,
        typer.Option(help="Annotated beats: a JSON file or a folder of text files.", exists=True),
    ] = None,
    cache: Cache = None,
    number: Annotated[int, typer.Option(help="Own dances without --clips.", min=2)] = 10,
    seed: Annotated[int, typer.Option(help="Seed of bootstrap, noise and music.", min=0)] = 0,
    processes: Processes = 2,
) -> None:
    """Compare the music of several systems for the same clips, beside trivial music."""
    folders = _system_folders(system or [])
    _check_options(clips, folders, bool(reference or beats))
    usable_output(out)
    from d2m.benchmark.comparison.comparing import ComparisonConfig, compare_systems
    from d2m.benchmark.comparison.comparison_report import write_comparison

    if clips is None:
        from d2m.benchmark.comparison.own_comparison import prepare_own_comparison

        config = prepare_own_comparison(out, number=number, seed=seed, processes=processes)
    else:
        config = ComparisonConfig(
            clips=clips,
            systems=folders,
            out=out,
            reference=reference,
            beats=beats,
            cache=cache,
            seed=seed,
            processes=processes,
        )
    typer.echo(write_comparison(compare_systems(config)))


def _check_options(clips: Path | None, folders: dict[str, Path], has_more: bool) -> None:
    if clips is None and (folders or has_more):
        raise typer.BadParameter("--system, --reference and --beats need --clips.")
    if clips is not None and not folders:
        raise typer.BadParameter("Give a system, such as --system mine=FOLDER.")


def _system_folders(given: list[str]) -> dict[str, Path]:
    """Return the folders of systems by name.

    Raises
    ------
    DataError
        If an option is not ``NAME=FOLDER``, or a name is given twice.
    """
    folders: dict[str, Path] = {}
    for one in given:
        name, mark, folder = one.partition("=")
        if not mark or not name.strip() or not folder:
            raise DataError(f"{one!r} is no system: give --system NAME=FOLDER.")
        if name.strip() in folders:
            raise DataError(f"The system {name.strip()!r} is given twice: give each another name.")
        folders[name.strip()] = Path(folder)
    return folders
