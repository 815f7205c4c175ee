"""Write the files of a whole job once its videos can be played: all that people can wait for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from d2m.core.events import Observer, ResultFiles
from d2m.core.levels import HopLevel
from d2m.core.parallel import run_at_once, usable_cores
from d2m.core.progress import Progress
from d2m.generation.soundtrack import Soundtrack
from d2m.media.archive import write_archive
from d2m.perception.dance import Dance
from d2m.rendering.report import report, write_report
from d2m.rendering.side_by_side import write_side_by_side
from d2m.rendering.write_results import stem_of, with_overlay, write_details, write_overlay


def write_job_files(
    dance: Dance,
    soundtracks: list[Soundtrack],
    folder: Path,
    name: str,
    observer: Observer[Any] | None = None,
) -> ResultFiles:
    """Write plots, stems, the comparison, beat videos, the report, and everything in one ZIP.

    The files are named by the first variation, and the comparison is that of its levels.

    Parameters
    ----------
    dance, soundtracks
        The dance and its music, at least one piece, as
        `d2m.rendering.write_results.write_video` returned it; the first variation comes first.
    folder, name
        As for `d2m.rendering.write_results.write_video`.
    observer
        Receives the progress, and the details of each piece.
    """
    events = observer or Observer[None]()
    stem = stem_of(soundtracks[0], name)
    pair = _pair(soundtracks)
    comparisons = {
        one.level.name: folder / f"{stem}.side-by-side.{one.level.name}.mp4" for one in pair
    }
    # Matplotlib's settings are those of the process: one plot is drawn at a time.
    drawing = Lock()
    first, *others = (partial(_draw, dance, one, name, drawing) for one in soundtracks)
    tasks: list[Callable[[Progress], Soundtrack | None]] = [
        first,
        *([partial(_compare, pair, tuple(comparisons.values()))] if pair else []),
        *others,
        *(partial(write_overlay, one) for one in soundtracks if one.settings.overlay),
    ]
    known = {_piece(one): one.paths for one in soundtracks}
    detailed: dict[tuple[str, int], Soundtrack] = {}
    with closing(run_at_once(tasks, events.on_progress, threads=usable_cores())) as ended:
        for _, drawn in ended:
            if drawn is not None:
                detailed[_piece(drawn)] = drawn
                events.on_details(drawn.details(known=known[_piece(drawn)]))
    complete = [with_overlay(detailed[piece]) for piece in known]
    events.on_progress("Packing the files", 0.0)
    report_path, archive = folder / f"{stem}.report.json", folder / f"{stem}.zip"
    write_report(report_path, report(dance, complete, name))
    files = [report_path, *comparisons.values()]
    files += [file for one in complete for file in one.paths.values()]
    write_archive(archive, files)
    beat_videos = {
        one.level.name: one.paths["beats"]
        for one in complete
        if one.variation == 1 and "beats" in one.paths
    }
    return ResultFiles(
        report=report_path, archive=archive, comparisons=comparisons, beat_videos=beat_videos
    )


def _pair(soundtracks: list[Soundtrack]) -> list[Soundtrack]:
    """Return the first variation of both hop levels; nothing if one of them was not made."""
    pair = [one for one in soundtracks if isinstance(one.level, HopLevel) and one.variation == 1]
    return pair if len(pair) == 2 else []


def _piece(soundtrack: Soundtrack) -> tuple[str, int]:
    """Return what tells a piece from the others of its job: its level and its variation."""
    return soundtrack.level.name, soundtrack.variation


def _draw(
    dance: Dance, soundtrack: Soundtrack, name: str, drawing: Lock, progress: Progress
) -> Soundtrack:
    """Write the details of a piece."""
    with drawing:
        return write_details(dance, soundtrack, name, progress)


def _compare(pair: list[Soundtrack], targets: tuple[Path, ...], progress: Progress) -> None:
    """Write videos with both hop levels side by side, one with the music of each."""
    left, right = pair
    write_side_by_side(
        left.paths["mp4"],
        right.paths["mp4"],
        (targets[0], targets[1]),
        dance_beats_s=left.found_beats_s,
        music_beats_s=(left.music_beats_s, right.music_beats_s),
        captions=(left.level.name.capitalize(), right.level.name.capitalize()),
        progress=lambda share: progress("Writing the comparison", share),
    )
