"""Compare systems that made music for the same clips: read, pair, measure, sum up."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from d2m.benchmark.comparison.clip_comparison import ClipTask, ComparedPiece, compare_clip
from d2m.benchmark.comparison.clip_processes import MOST_PROCESSES, run_for_clips
from d2m.benchmark.comparison.compared_dance import ComparedDance, read_compared_dance
from d2m.benchmark.comparison.dance_files import find_dances
from d2m.benchmark.comparison.pairing import PairedFile, pair_files
from d2m.benchmark.comparison.trivial_music import TRIVIAL_ROWS, another_clip
from d2m.benchmark.real_beats import TrueBeats, read_true_beats
from d2m.core.errors import D2MError, DataError
from d2m.core.file_names import plain_name
from d2m.pipeline import DanceToMusic

PLAYERS_FOLDER = "media"
"""Name of the folder with the copies for players, next to the report."""
_MAX_NAME = 40  # characters of a system's name


@dataclass(frozen=True, kw_only=True)
class ComparisonConfig:
    """What to compare.

    Parameters
    ----------
    clips
        Folder of the clips and dance files.
    systems
        Folder of each system's music, by its name.
    out
        Folder for the report.
    reference
        Folder of the music that belongs to the clips; by default their own sound.
    beats
        Annotated beats of clips, see `d2m.benchmark.real_beats`.
    cache
        Folder for the analyses of clips; a temporary one by default.
    seed
        Seed of the bootstrap, of the noise and of the choice of other clips.
    processes
        Number of processes that measure; 1 measures in this process.
    about
        Sentences for the report on where clips and music come from.
    """

    clips: Path
    systems: dict[str, Path]
    out: Path
    reference: Path | None = None
    beats: Path | None = None
    cache: Path | None = None
    seed: int = 0
    processes: int = MOST_PROCESSES
    about: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """The result of a comparison.

    Parameters
    ----------
    config
        What was compared.
    dances
        The clips by name.
    pieces
        What was measured of each piece, in the order of clips and systems.
    unread
        Clips that could not be read, and why.
    videos
        Names of the small copies of clips, next to those of the music, by clip.
    """

    config: ComparisonConfig
    dances: dict[str, ComparedDance]
    pieces: tuple[ComparedPiece, ...]
    unread: dict[str, str] = field(default_factory=dict)
    videos: dict[str, str] = field(default_factory=dict)

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems, as given."""
        return tuple(self.config.systems)

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the systems, then of the trivial rows."""
        return (*self.config.systems, *TRIVIAL_ROWS)

    def pieces_of(self, row: str) -> list[ComparedPiece]:
        """Return the pieces of a system or trivial row that could be measured."""
        return [one for one in self.pieces if one.system == row and not one.problem]


def compare_systems(config: ComparisonConfig) -> Comparison:
    """Compare systems.

    Raises
    ------
    DataError
        If a folder or the beats can't be read, a name can't be used, or no clip can be read.
    JobError
        If a process that measures was stopped.
    """
    check_system_names(config.systems)
    paths = find_dances(config.clips)
    files = {name: pair_files(paths, folder) for name, folder in config.systems.items()}
    references = pair_files(paths, config.reference) if config.reference else {}
    by_file = {path.name: path for path in paths.values()}
    given = read_true_beats(config.beats, by_file) if config.beats else {}
    temporary = nullcontext(config.cache) if config.cache else tempfile.TemporaryDirectory()
    measured: dict[str, list[ComparedPiece]] = {}
    with temporary as cache:
        dances, unread = _read_dances(paths, given, Path(cache))
        tasks = list(_tasks(config, dances, files, references))
        videos = {task.dance.name: _copied_video(task) for task in tasks if task.dance.video}
        with tqdm(total=len(tasks), desc="music", unit="clip") as bar:
            for pieces in run_for_clips(compare_clip, tasks, config.processes):
                measured[pieces[0].clip] = pieces
                bar.update()
    found = tuple(piece for name in dances for piece in measured[name])
    return Comparison(config=config, dances=dances, pieces=found, unread=unread, videos=videos)


def check_system_names(systems: Mapping[str, object]) -> None:
    """Make sure that the names of systems can stand in tables and file names.

    Raises
    ------
    DataError
        If there is no system, or a name is empty, too long or that of a trivial row.
    """
    if not systems:
        raise DataError("No system is given: give --system NAME=FOLDER.")
    for name in systems:
        if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
            raise DataError(f"A system needs a name of 1 to {_MAX_NAME} characters, not {name!r}.")
        if name in TRIVIAL_ROWS:
            raise DataError(f"{name!r} is the name of a row that every report has: choose another.")
    if len({plain_name(name, "system") for name in (*systems, *TRIVIAL_ROWS)}) < len(systems) + len(
        TRIVIAL_ROWS
    ):
        raise DataError("Two systems have almost the same name: let them differ in a letter.")


def _read_dances(
    paths: dict[str, Path], given: dict[str, TrueBeats], cache: Path
) -> tuple[dict[str, ComparedDance], dict[str, str]]:
    pipeline = DanceToMusic(cache=cache)
    dances: dict[str, ComparedDance] = {}
    unread: dict[str, str] = {}
    for name, path in tqdm(paths.items(), desc="dances", unit="clip"):
        found = _read_dance(path, pipeline, given.get(path.name))
        if isinstance(found, ComparedDance):
            dances[name] = found
        else:
            unread[name] = found
    if not dances:
        first = next(iter(unread.values()))
        raise DataError(f"None of the {len(paths)} clips can be read. The first: {first}")
    return dances, unread


def _read_dance(
    path: Path, pipeline: DanceToMusic, annotated: TrueBeats | None
) -> ComparedDance | str:
    """Return a dance, or why it can't be read."""
    try:
        return read_compared_dance(path, pipeline, annotated)
    except D2MError as error:
        return str(error)


def _tasks(
    config: ComparisonConfig,
    dances: dict[str, ComparedDance],
    files: dict[str, dict[str, PairedFile]],
    references: dict[str, PairedFile],
) -> Iterator[ClipTask]:
    """Yield what is to be measured for each clip."""
    own = {name: references.get(name) or _own_sound(dance) for name, dance in dances.items()}
    others = another_clip([name for name in dances if own[name].path], config.seed)
    for number, (name, dance) in enumerate(dances.items()):
        yield ClipTask(
            dance=dance,
            files={system: paired[name] for system, paired in files.items()},
            reference=own[name],
            other=own[others[name]].path if name in others else None,
            players=config.out / PLAYERS_FOLDER,
            label=f"{number + 1:03d}-{plain_name(name, 'clip')}",
            seed=(config.seed, number, 14),
        )


def _copied_video(task: ClipTask) -> str:
    """Copy the small video of a clip next to the players' sound; return its name."""
    assert task.dance.video is not None
    name = f"{task.label}.mp4"
    task.players.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(task.dance.video, task.players / name)
    return name


def _own_sound(dance: ComparedDance) -> PairedFile:
    problem = "" if dance.own_music else "The clip has no reference and no sound of its own."
    return PairedFile(path=dance.own_music, problem=problem)
