"""The clips of a batch, each with its identifier, levels and settings."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from d2m.core.errors import SettingsError
from d2m.core.file_names import plain_name
from d2m.core.levels import levels_named
from d2m.core.setting_fields import Kind, SettingField, setting_fields
from d2m.core.settings import Settings
from d2m.jobs.batch.clip_files import fetch_clip, list_clips
from d2m.jobs.batch.clip_row import BatchClip
from d2m.jobs.batch.file_systems import is_remote, local_path
from d2m.jobs.batch.manifest import ManifestLine, is_manifest, read_manifest

_PLACES = ("path", "url")
_COLUMNS = (*_PLACES, "id", "level")
_MAX_MANIFEST_BYTES = 1 << 30
"""Largest manifest that is downloaded (bytes); chosen by hand: millions of lines take less."""
_ID = re.compile(r"[\w-][\w.-]{0,99}")
_RESERVED = "results."
"""Beginning of the names of files in the target that hold the rows."""
_HASH_DIGITS = 8
"""Hexadecimal digits that tell clips of one name apart; chosen by hand."""
_SWITCH_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def clips_of(source: str, *, levels: str, settings: Settings, target: str) -> list[BatchClip]:
    """List the clips of a batch.

    Parameters
    ----------
    source
        Folder, pattern, manifest, or URL, see `d2m.jobs.batch.clip_files.list_clips` and
        `d2m.jobs.batch.manifest.read_manifest`. Paths in a manifest are relative to it.
    levels, settings
        Those of clips for which a manifest says nothing else.
    target
        Where the results go: files in it are no clips.

    Returns
    -------
    list of BatchClip
        With different identifiers, made from the names of the files unless a manifest gives them.

    Raises
    ------
    SettingsError
        If the source can't be used as a whole: it is missing or empty, a column is unknown, or
        two lines have the same identifier. A single value that can't be used is told in the
        ``problem`` of its clip.
    """
    names = _level_names(levels)
    usual = BatchClip(id="", source="", levels=names, settings=settings)
    if is_manifest(source):
        clips = _manifest_clips(source, usual)
    else:
        inside = os.path.join(_absolute(target), "")  # noqa: PTH118
        found = [one for one in list_clips(source) if not one.startswith(inside)]
        if not found:
            raise SettingsError(f"All clips of {source} are results: choose another source.")
        clips = [replace(usual, source=one) for one in found]
    return _identified(clips)


def _level_names(levels: str) -> str:
    """Return levels by their own names, so that equal choices are equal texts."""
    return ",".join(level.name for level in levels_named(levels))


def _absolute(place: str) -> str:
    return place if is_remote(place) else str(local_path(place).absolute())


def _manifest_clips(source: str, usual: BatchClip) -> list[BatchClip]:
    with tempfile.TemporaryDirectory(prefix="d2m-manifest-") as folder:
        path = local_path(source)
        if is_remote(source):
            path = fetch_clip(source, Path(folder), _MAX_MANIFEST_BYTES)
        lines, columns = read_manifest(path)
    if not lines:
        raise SettingsError(f"The manifest {source} has no lines: write one for each clip.")
    _check_columns(columns)
    parent = str(PurePosixPath(_absolute(source)).parent) if not is_remote(source) else ""
    base = source.rpartition("/")[0] if is_remote(source) else parent
    return [_clip_of(line, base, usual) for line in lines]


def _check_columns(columns: Sequence[str]) -> None:
    known = [*_COLUMNS, *(field.name for field in setting_fields(Settings))]
    for name in columns:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "rename or remove it."
            raise SettingsError(f"The manifest has an unknown column {name!r}: {hint}")
    if not set(columns) & {*_PLACES}:
        raise SettingsError("The manifest has no column path or url: name the clips in one.")


def _clip_of(line: ManifestLine, base: str, usual: BatchClip) -> BatchClip:
    """Return the clip of a line of a manifest; what can't be used becomes its problem."""
    values = dict(line.values)
    given_id = str(values.pop("id", ""))
    if given_id and (not _ID.fullmatch(given_id) or given_id.startswith(_RESERVED)):
        raise SettingsError(
            f"The id {given_id!r} in {line.place} can't name a folder: use letters, digits, -, _ "
            "and dots, but not first, and 100 characters at most."
        )
    place = str(values.pop("path", "") or values.get("url", ""))
    values.pop("url", None)
    if place and not is_remote(place):
        # Not resolved: a link is what the person named.
        place = base + "/" + place if is_remote(base) else os.path.join(base, local_path(place))  # noqa: PTH118
        place = place if is_remote(place) else os.path.normpath(place)
    clip = replace(usual, id=given_id, source=place or line.place)
    if not place:
        return replace(clip, problem=f"There is no path in {line.place} of the manifest: add one.")
    try:
        levels = values.pop("level", None)
        names = clip.levels if levels is None else _level_names(str(levels))
        return replace(clip, levels=names, settings=_changed(clip.settings, values))
    except SettingsError as error:
        return replace(clip, problem=str(error))


def _changed(settings: Settings, values: dict[str, Any]) -> Settings:
    fields = {field.name: field for field in setting_fields(Settings)}
    given = {name: _parsed(fields[name], value) for name, value in values.items()}
    return replace(settings, **given)


def _parsed(field: SettingField, value: Any) -> Any:
    """Return a value of a manifest as a setting: a text in CSV, of any type elsewhere."""
    if field.kind is Kind.SWITCH:
        word = str(value).lower()
        if word not in _SWITCH_WORDS:
            raise SettingsError(f"The setting {field.name} is {value!r}: choose true or false.")
        return _SWITCH_WORDS[word]
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if field.kind is Kind.INTEGER:
        # Tables with gaps hold whole numbers as 3.0.
        return field.parse(re.sub(r"\.0*$", "", str(value)))
    return field.parse(value)


def _identified(clips: list[BatchClip]) -> list[BatchClip]:
    """Give an identifier to each clip that has none.

    Clips with files of one name get a hash after it, all of them, so that the identifiers don't
    depend on the order of the list.
    """
    named = [clip.id or plain_name(_stem(clip.source), "clip") for clip in clips]
    counts = Counter(name.casefold() for name in named)  # some disks take A and a for the same
    done = [
        clip
        if clip.id
        else replace(
            clip, id=name if counts[name.casefold()] == 1 else f"{name}-{_fingerprint(clip)}"
        )
        for clip, name in zip(clips, named, strict=True)
    ]
    seen: dict[str, BatchClip] = {}
    for clip in done:
        other = seen.setdefault(clip.id.casefold(), clip)
        if other is not clip:
            raise SettingsError(
                f"Two clips have the id {clip.id}: give each line of the manifest another id."
                if other.source != clip.source
                else f"{clip.source} is listed twice in the same way: remove one of the lines."
            )
    return done


def _stem(source: str) -> str:
    return PurePosixPath(unquote(urlsplit(source).path) if is_remote(source) else source).stem


def _fingerprint(clip: BatchClip) -> str:
    facts = json.dumps([clip.source, clip.levels, clip.choices, clip.problem], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:_HASH_DIGITS]
