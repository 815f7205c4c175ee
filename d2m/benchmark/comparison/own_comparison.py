"""The comparison as shipped: the project's own dances, its systems, and the baselines."""

from __future__ import annotations

from pathlib import Path

from d2m.benchmark.comparison.comparing import ComparisonConfig
from d2m.benchmark.comparison.own_dances import (
    CLIPS_FOLDER,
    OWN_DANCES_ABOUT,
    REFERENCE_FOLDER,
    write_own_dances,
)
from d2m.benchmark.comparison.system_outputs import SYSTEM_NAMES, SystemsConfig, write_systems
from d2m.core.errors import DataError

SYSTEMS_FOLDER = "systems"
"""Folder of the systems' music."""


def prepare_own_comparison(
    out: Path, *, number: int, seed: int = 0, processes: int = 2
) -> ComparisonConfig:
    """Write own dances and the music of all systems; what is there already is kept.

    Parameters
    ----------
    out
        Folder of the comparison.
    number
        Number of dances.
    seed
        Seed of the music and of the comparison.
    processes
        Number of processes, 1 or 2.

    Returns
    -------
    ComparisonConfig
        What to compare. A system that has no file at all, such as one whose weights are not
        installed, is left out, and the report says why.

    Raises
    ------
    DataError
        If no system could make music, or the folder holds other dances.
    """
    names = write_own_dances(out, number)
    clips, made = out / CLIPS_FOLDER, out / SYSTEMS_FOLDER
    others = sorted({path.stem for path in clips.glob("*.npz")} - set(names))
    if others:
        raise DataError(
            f"{clips} holds other dances, such as {others[0]}: choose another folder for --out, or "
            "the number of dances that it was made for."
        )
    problems = write_systems(
        SystemsConfig(
            clips=clips,
            systems=SYSTEM_NAMES,
            out=made,
            reference=out / REFERENCE_FOLDER,
            seed=seed,
            processes=processes,
        )
    )
    present = [one for one in SYSTEM_NAMES if any((made / one).glob("*.wav"))]
    if not present:
        raise DataError(f"No system could make music. The first: {next(iter(problems.values()))}")
    about = [
        OWN_DANCES_ABOUT,
        "All systems read the movement alone, but for the codecs' copies of the reference; the row "
        "studio plays other songs than the reference.",
    ]
    for name in SYSTEM_NAMES:
        if name not in present:
            reason = next(text for key, text in problems.items() if key.startswith(f"{name}/"))
            about.append(f"The system {name} is left out: {reason}")
    return ComparisonConfig(
        clips=clips,
        systems={name: made / name for name in present},
        out=out,
        reference=out / REFERENCE_FOLDER,
        seed=seed,
        processes=processes,
        about=tuple(about),
    )
