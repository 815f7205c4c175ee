"""Files that people keep: sound, videos, beat plots, report, and all of them in one ZIP."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import COMPACT
from d2m.generation.generate import Soundtrack
from d2m.media.atomic_write import replacing
from d2m.media.audio_file import write_wav
from d2m.perception.dance import Dance
from d2m.rendering.beat_plot import beat_plot
from d2m.rendering.beat_video import beat_overlay
from d2m.rendering.mux import mux
from d2m.rendering.report import report, write_report
from d2m.rendering.side_by_side import side_by_side

KINDS = {
    "mp4": ".mp4",
    "wav": ".wav",
    "png": ".png",
    "dark": ".dark.png",
    "beats": ".beats.mp4",
}
"""Ends of file names by kind: the clip with its music, the music, the beat plot on a light
and on a dark ground, and the clip with both kinds of beats under it."""
_LONGEST_NAME = 60  # bytes; file systems end at 255 for the whole name


@dataclass(frozen=True, kw_only=True)
class Package:
    """What a whole job leaves beside each level's files.

    Parameters
    ----------
    report
        All facts, as JSON.
    archive
        All files in one ZIP.
    comparisons
        Videos with both levels side by side, by the level that is heard; none of one level.
    """

    report: Path
    archive: Path
    comparisons: dict[str, Path]


def write_soundtrack(
    dance: Dance, soundtrack: Soundtrack, folder: Path, name: str, tell: Progress = silent
) -> Soundtrack:
    """Write the files of one level's music into a folder.

    Their names carry clip, style, seed (or weights that have none) and level, such as
    ``clip.house.seed3.high.mp4``; see `KINDS`.

    Parameters
    ----------
    dance, soundtrack
        The music and what it was made for.
    folder
        Made if it is missing.
    name
        First part of the file names.
    tell
        Told of the stage.

    Returns
    -------
    Soundtrack
        The same with ``paths`` and ``alt_text``.
    """
    level, settings = soundtrack.level.name, soundtrack.settings
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{stem_of(soundtrack, name)}.{level}"
    kinds = [kind for kind in KINDS if kind != "beats" or settings.overlay]
    paths = {kind: folder / f"{stem}{KINDS[kind]}" for kind in kinds}
    tell(f"Writing the files ({level})", 0.0)
    with timed(soundtrack.seconds, "write"):
        write_wav(paths["wav"], soundtrack.audio)
        mux(dance.video, soundtrack.audio, paths["mp4"], original_gain=settings.original)
    with timed(soundtrack.seconds, "plot"):
        alt_text = _draw(dance, soundtrack, paths, f"{name}, {level}")
    if settings.overlay:
        stage = f"Drawing the beats ({level})"
        with timed(soundtrack.seconds, "overlay"):
            beat_overlay(
                paths["mp4"],
                paths["beats"],
                dance_beats_s=dance.rhythm.beats_s,
                music_beats_s=soundtrack.music_beats_s,
                progress=lambda share: tell(stage, share),
            )
    return replace(soundtrack, paths=paths, alt_text=alt_text)


def pack(
    dance: Dance, soundtracks: list[Soundtrack], folder: Path, name: str, tell: Progress = silent
) -> Package:
    """Write what belongs to a whole job: report, comparison, and everything in one ZIP.

    Parameters
    ----------
    dance, soundtracks
        What was made; at least one.
    folder, name
        As for `write_soundtrack`.
    tell
        Told of the stage.
    """
    stem = stem_of(soundtracks[0], name)
    comparisons = _compare(dance, soundtracks, folder / stem, tell)
    path, archive = folder / f"{stem}.report.json", folder / f"{stem}.zip"
    tell("Packing the files", 0.0)
    write_report(path, report(dance, soundtracks, name))
    files = [path, *comparisons.values()]
    files += [file for track in soundtracks for file in track.paths.values()]
    with replacing(archive) as temporary, zipfile.ZipFile(temporary, "w") as package:
        for file in files:  # all are compressed already
            package.write(file, file.name)
    return Package(report=path, archive=archive, comparisons=comparisons)


def stem_of(soundtrack: Soundtrack, name: str) -> str:
    """Return what the names of all files of a job begin with."""
    plain = re.sub(r"[^\w-]+", "_", name).strip("_")
    plain = plain.encode()[:_LONGEST_NAME].decode(errors="ignore") or "clip"
    settings = soundtrack.settings
    piece = f"seed{settings.seed}" if settings.weights == COMPACT else settings.weights
    return f"{plain}.{soundtrack.style.name}.{piece}"


def _compare(
    dance: Dance, soundtracks: list[Soundtrack], stem: Path, tell: Progress
) -> dict[str, Path]:
    """Put two levels side by side, each with its own sound."""
    if len(soundtracks) != 2:
        return {}
    left, right = soundtracks
    names = left.level.name, right.level.name
    targets = [stem.with_name(f"{stem.name}.side-by-side.{name}.mp4") for name in names]
    side_by_side(
        left.paths["mp4"],
        right.paths["mp4"],
        (targets[0], targets[1]),
        dance_beats_s=dance.rhythm.beats_s,
        music_beats_s=(left.music_beats_s, right.music_beats_s),
        captions=(names[0].capitalize(), names[1].capitalize()),
        progress=lambda share: tell("Putting both side by side", share),
    )
    return dict(zip(names, targets, strict=True))


def _draw(dance: Dance, soundtrack: Soundtrack, paths: dict[str, Path], title: str) -> str:
    return beat_plot(
        paths["png"],
        title=f"{title}, {soundtrack.style.label}",
        duration_s=dance.clip.duration_s,
        motion_envelope=dance.rhythm.envelope,
        envelope_rate=dance.rhythm.envelope_rate,
        dance_beats_s=dance.rhythm.beats_s,
        audio=soundtrack.audio,
        music_beats_s=soundtrack.music_beats_s,
        dark=paths["dark"],
    )
