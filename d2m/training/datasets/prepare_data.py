"""Prepare a person's copy of AIST++ or of the TikTok data for `train d2mgan`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.availability import missing_keys_of_set
from d2m.core.errors import D2MError, DataError, SettingsError
from d2m.media.atomic_write import atomic_write
from d2m.training.d2mgan.config import SECONDS_CHOICES
from d2m.training.d2mgan.dataset import SEGMENT_FILES, SPLITS
from d2m.training.datasets.own_data import own_folder
from d2m.training.datasets.recorded_segments import (
    segment_path,
    write_sound_and_motion,
    write_visual,
    written_segments,
)
from d2m.training.datasets.recordings import DataCopy, Recording

if TYPE_CHECKING:
    from torch import nn

VISUAL_NEEDED = (
    "Visual features are missing, so the lists of videos are too, and training can't begin: install"
    " the I3D weights with `python -m d2m weights fetch i3d` (see docs/weights.md), and run this"
    " command again."
)
"""What is said where the I3D weights are not installed."""


@dataclass(frozen=True, kw_only=True)
class PreparedData:
    """What was prepared.

    Parameters
    ----------
    folder
        Folder of the lists.
    segments
        Number of listed segments by split.
    failed
        Recordings that could not be used, each with the reason.
    has_visual
        Whether the I3D weights are installed, so the lists of videos are written.
    """

    folder: Path
    segments: dict[str, int]
    failed: dict[str, str]
    has_visual: bool


def prepare_data(
    copy: DataCopy,
    dataset: str,
    out: Path,
    *,
    seconds: int = SECONDS_CHOICES[0],
    checkpoints: Path = CHECKPOINTS,
) -> PreparedData:
    """Write the segments and lists of all recordings whose files are there.

    Recordings that are prepared already are kept, so the same command goes on where it was
    interrupted. Recordings that can't be used are named, and the others go on.

    Parameters
    ----------
    copy
        What was found of the data set.
    dataset
        ``"aist"`` or ``"tiktok"``.
    out
        Folder of the prepared data. Segments of two seconds are in the folder itself, those of N
        seconds in its folder ``sN``.
    seconds
        Length of a segment (s).
    checkpoints
        Checkpoints folder with the I3D weights.

    Raises
    ------
    SettingsError
        If the length is not one of the paper's.
    DataError
        If no recording could be used.
    """
    if seconds not in SECONDS_CHOICES:
        raise SettingsError(f"Segments last {', '.join(map(str, SECONDS_CHOICES))} seconds.")
    folder = own_folder(out, seconds)
    usable = [one for one in copy.recordings if one.music and (one.motion or dataset == "tiktok")]
    if not usable:
        raise DataError("No dance has both its motion and its music: add what is missing.")
    failed: dict[str, str] = {}

    def write(one: Recording) -> None:
        write_sound_and_motion(folder, dataset, one, seconds)

    _each(usable, "motion", (folder, dataset, seconds), write, failed, "music and motion")
    if len(failed) == len(usable):
        name, reason = next(iter(failed.items()))
        raise DataError(f"None of {len(usable)} dances can be used. The first is {name}: {reason}")
    has_visual = not missing_keys_of_set("i3d", checkpoints)
    if has_visual:
        filmed = [one for one in usable if one.video and one.name not in failed]
        _write_visual(filmed, (folder, dataset, seconds), failed, checkpoints)
    segments = {
        split: _write_lists(usable, split, (folder, dataset, seconds), has_visual)
        for split in SPLITS
    }
    return PreparedData(folder=folder, segments=segments, failed=failed, has_visual=has_visual)


def _write_visual(
    recordings: list[Recording],
    place: tuple[Path, str, int],
    failed: dict[str, str],
    checkpoints: Path,
) -> None:
    """Write the visual features of recordings; the network is loaded if there are any to do."""
    from d2m.checkpoints.load_published import load_i3d

    folder, dataset, seconds = place
    network: list[nn.Module] = []

    def write(one: Recording) -> None:
        if not network:
            network.append(load_i3d(checkpoints))
        write_visual(folder, dataset, one, seconds, network[0])

    _each(recordings, "video", place, write, failed, "visual features")


def _each(
    recordings: list[Recording],
    kind: str,
    place: tuple[Path, str, int],
    write: Callable[[Recording], None],
    failed: dict[str, str],
    stage: str,
) -> None:
    """Write the files of the recordings that do not have them yet; note those that fail."""
    folder, dataset, seconds = place
    for one in tqdm(recordings, desc=stage, unit="dance", disable=None):
        if written_segments(folder, dataset, kind, one, seconds):
            continue
        try:
            write(one)
        except D2MError as error:
            failed[one.name] = str(error)


def _write_lists(
    recordings: list[Recording], split: str, place: tuple[Path, str, int], has_visual: bool
) -> int:
    """Write the lists of a split, and return the number of segments in them."""
    folder, dataset, seconds = place
    kinds = SEGMENT_FILES if has_visual else tuple(k for k in SEGMENT_FILES if k != "video")
    names = []
    for one in recordings:
        if one.split == split:
            found = frozenset.intersection(
                *(written_segments(folder, dataset, kind, one, seconds) for kind in kinds)
            )
            numbers = sorted(found & one.listed if one.listed else found)
            names += [f"{one.name}_seg{number}" for number in numbers]
    for kind in SEGMENT_FILES:
        path = folder / f"{dataset}_{kind}_{split}_segment.txt"
        if kind not in kinds or not names:
            path.unlink(missing_ok=True)
            continue
        lines = "".join(
            f"./{segment_path(dataset, kind, split, name, seconds).as_posix()}\n" for name in names
        )
        with atomic_write(path) as part:
            part.write_text(lines, encoding="utf-8")
    return len(names)
