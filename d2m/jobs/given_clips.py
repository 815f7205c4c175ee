"""The clips that a command is given: files, folders and patterns, done one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import typer

from d2m.core.console import error_sentence, print_event
from d2m.core.errors import D2MError
from d2m.jobs.batch.clip_files import list_clips

_WILDCARDS = "*?["


def given_clips(sources: list[Path], out: Path) -> list[Path]:
    """Return the clips that a person names, each once.

    Parameters
    ----------
    sources
        Files; folders, of which the video files directly in them are taken; and patterns such as
        ``clips/*.mp4``, which shells pass on if they are quoted.
    out
        Folder for the results: files in it are no clips.

    Raises
    ------
    SettingsError
        If there is no clip in a folder, or none of a pattern.
    """
    found: list[Path] = []
    for source in sources:
        is_pattern = any(sign in str(source) for sign in _WILDCARDS) and not source.exists()
        if source.is_dir() or is_pattern:
            listed = [Path(clip) for clip in list_clips(str(source))]
            found += [clip for clip in listed if out.absolute() not in clip.parents]
        else:
            found.append(source)
    return list(dict.fromkeys(found))


def result_folders(clips: list[Path], out: Path) -> list[Path]:
    """Return the folder for the results of each clip.

    Parameters
    ----------
    clips
        The clips.
    out
        Folder for the results of one clip. Several have folders in it that are named after them:
        without the ending of the file where that is clear, and with a number where it is needed.
    """
    if len(clips) == 1:
        return [out]
    # Some disks take A and a for the same.
    stems = Counter(clip.stem.casefold() for clip in clips)
    names = [clip.stem if stems[clip.stem.casefold()] == 1 else clip.name for clip in clips]
    seen: Counter[str] = Counter()
    folders = []
    for name in names:
        seen[name.casefold()] += 1
        number = seen[name.casefold()]
        folders.append(out / (name if number == 1 else f"{name}-{number}"))
    return folders


def do_each_clip(
    clips: list[Path],
    out: Path,
    work: Callable[[Path, Path], None],
    *,
    quiet: bool = False,
    as_json: bool = False,
) -> None:
    """Do some work on each clip; one that can't be used does not stop the others.

    Parameters
    ----------
    clips
        The clips.
    out
        Folder for the results, see `result_folders`.
    work
        Receives a clip and its folder.
    quiet
        Print no line for each clip.
    as_json
        Print errors as events.

    Raises
    ------
    typer.Exit
        With status 1, if any clip can't be used.
    """
    failed = 0
    for number, (clip, folder) in enumerate(zip(clips, result_folders(clips, out), strict=True), 1):
        if len(clips) > 1 and not quiet and not as_json:
            typer.echo(f"{clip.name} ({number} of {len(clips)})", err=True)
        try:
            work(clip, folder)
        except (D2MError, OSError) as error:
            failed += 1
            _tell(clip, error, as_json=as_json)
    if failed:
        if len(clips) > 1 and not as_json:
            typer.echo(f"d2m: {failed} of {len(clips)} clips have no music.", err=True)
        raise typer.Exit(1)


def _tell(clip: Path, error: D2MError | OSError, *, as_json: bool) -> None:
    """Print why a clip can't be used."""
    sentence = error_sentence(error)
    if as_json:
        print_event("error", {"source": clip, "message": sentence})
    else:
        typer.echo(f"d2m: {sentence}", err=True)
