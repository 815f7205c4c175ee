"""Find and check all files of a study before any of them is worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from d2m.benchmark.listening.stimulus_sound import LENGTH_SLACK_S, SoundCuts
from d2m.benchmark.listening.study import CLICK_ANCHOR, COHERENCE, ORIGINAL, QUALITY, SHIFTED
from d2m.benchmark.listening.study_settings import StudySettings
from d2m.checkpoints.safe_load import file_sha256
from d2m.core.errors import DataError
from d2m.media.accepted_formats import AUDIO_ENDINGS, VIDEO_ENDINGS
from d2m.media.clip_limits import ClipLimits
from d2m.media.clip_part import ClipPart
from d2m.media.probe_sandbox import probe_in_sandbox

PICTURE_LIMITS = ClipLimits(min_duration_s=0.5)
"""Limits on the videos of a study; the shortest was chosen by hand, for small trials."""


@dataclass(frozen=True, kw_only=True)
class StimulusSource:
    """The files that one stimulus is made of.

    Parameters
    ----------
    block, item, system
        What it is.
    sound
        File of the sound; None for the click track.
    picture
        The video; None for sound alone.
    start_s
        Where the part of the sound starts (s).
    """

    block: str
    item: str
    system: str
    sound: Path | None
    picture: Path | None
    start_s: float

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, each once."""
        return tuple(dict.fromkeys(path for path in (self.sound, self.picture) if path))


def find_sources(settings: StudySettings) -> tuple[tuple[str, ...], list[StimulusSource]]:
    """Find the files of all stimuli.

    Parameters
    ----------
    settings
        The study.

    Returns
    -------
    items : tuple of str
        The clips that were drawn, by the stems of their names.
    sources : list of StimulusSource
        For all blocks.

    Raises
    ------
    DataError
        If a folder or a file is missing: one sentence that names it.
    """
    outputs = {
        name: _media_files(folder, f"of the system {name}")
        for name, folder in settings.systems.items()
    }
    if not outputs:
        raise DataError("study.toml names no systems: add their folders under [systems].")
    if settings.clips is None:
        pictures = {**next(iter(outputs.values()))}
    else:
        pictures = _media_files(settings.clips, "of the clips", videos=True)
    items = _drawn(settings, sorted(pictures))
    if settings.clips is not None:
        is_own = settings.original is None
        originals = pictures if is_own else _media_files(settings.original, "of the original sound")
        outputs |= {ORIGINAL: originals, SHIFTED: originals}
    used = [name for name in settings.treated if name != CLICK_ANCHOR]
    for name in used:
        _check_present(name, outputs.get(name), items)
    clips = pictures if settings.clips is not None else {}
    return items, [
        _source(settings, block.name, item, system, outputs.get(system, {}), clips)
        for block in settings.blocks
        for system in dict.fromkeys(name for pair in block.treatments for name in pair)
        for item in items
    ]


def _source(
    settings: StudySettings,
    block: str,
    item: str,
    system: str,
    files: Mapping[str, Path],
    clips: Mapping[str, Path],
) -> StimulusSource:
    """Return the files of one stimulus."""
    sound = files.get(item)
    own = sound if sound is not None and _is_video(sound) else None
    picture = own or clips.get(item)
    if block == COHERENCE and picture is None:
        raise DataError(
            f"The block {COHERENCE} shows videos, but {system} has only sound for {item}: name the"
            " folder of the clips in study.toml."
        )
    return StimulusSource(
        block=block,
        item=item,
        system=system,
        sound=sound,
        picture=None if block == QUALITY else picture,
        start_s=settings.start_s + (settings.shift_s if system == SHIFTED else 0.0),
    )


def check_sources(sources: list[StimulusSource], length_s: float, cuts: SoundCuts) -> None:
    """Check that all files can be decoded and are long enough.

    Parameters
    ----------
    sources
        The files.
    length_s
        How much of each is needed (s).
    cuts
        Keeps the sounds that were decoded.

    Raises
    ------
    AudioError, DataError, VideoError
        If one can't be used: one sentence that names it.
    """
    pictures = dict.fromkeys(one.picture for one in sources if one.picture)
    sounds = dict.fromkeys((one.sound, one.start_s) for one in sources if one.sound)
    # Pictures start where their clips do, whatever the shift of the sound.
    start_s = min(one.start_s for one in sources)
    with tqdm(total=len(pictures) + len(sounds), desc="checking", unit="file", disable=None) as bar:
        for picture in pictures:
            _check_picture(picture, start_s, length_s)
            bar.update()
        for sound, sound_start_s in sounds:
            cuts.read(sound, sound_start_s)
            bar.update()


def _check_picture(picture: Path, start_s: float, length_s: float) -> None:
    part = ClipPart(start_s=start_s, length_s=length_s)
    found_s = probe_in_sandbox(picture, PICTURE_LIMITS, part).info.duration_s
    if found_s < length_s - LENGTH_SLACK_S:
        raise DataError(
            f"{picture.name} has only {found_s:.1f} s of picture after {start_s:g} s, but"
            f" {length_s:g} s are needed: choose a shorter length_s."
        )


def hash_sources(sources: list[StimulusSource]) -> dict[Path, str]:
    """Return the SHA-256 of each file."""
    files = dict.fromkeys(path for source in sources for path in source.files)
    return {path: file_sha256(path) for path in files}


def _media_files(folder: Path | None, whose: str, *, videos: bool = False) -> dict[str, Path]:
    """Return the media files of a folder by the stems of their names, sound before video."""
    if folder is None or not folder.is_dir():
        name = folder.name if folder else ""
        raise DataError(f"The folder {name} {whose} does not exist: correct study.toml.")
    endings = VIDEO_ENDINGS if videos else (*VIDEO_ENDINGS, *AUDIO_ENDINGS)
    paths = [path for path in folder.iterdir() if path.suffix[1:].lower() in endings]
    # A later entry replaces an earlier one.
    found = {path.stem: path for path in sorted(paths, key=lambda one: (not _is_video(one), one))}
    if not found:
        raise DataError(f"The folder {folder.name} {whose} has no media files: correct study.toml.")
    return found


def _is_video(path: Path) -> bool:
    ending = path.suffix[1:].lower()
    return ending in VIDEO_ENDINGS and ending not in AUDIO_ENDINGS


def _drawn(settings: StudySettings, names: list[str]) -> tuple[str, ...]:
    """Return the names that are used, drawn with the study's seed."""
    count = settings.number_of_clips or len(names)
    if count > len(names):
        raise DataError(
            f"study.toml asks for {count} clips, but there are {len(names)}: lower number_of_clips."
        )
    chosen = np.random.default_rng([settings.seed, 0]).permutation(len(names))[:count]
    return tuple(names[index] for index in sorted(chosen))


def _check_present(name: str, files: Mapping[str, Path] | None, items: tuple[str, ...]) -> None:
    if files is None:
        raise DataError(f"{name} needs the folder of the clips: name it in study.toml.")
    missing = [item for item in items if item not in files]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DataError(
            f"{name} has no file for the clip {missing[0]}{more}: make it, or draw fewer clips."
        )
