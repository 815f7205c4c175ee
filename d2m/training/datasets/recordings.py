"""The recordings of a data set: which there are, in which split, and their files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from d2m.core.errors import DataError
from d2m.training.d2mgan.dataset import SPLITS
from d2m.training.datasets.copy_index import CopyIndex, MissingFiles, read_names

AIST_CAMERA = "c01"
"""Camera (front) of the published lists of D2M-GAN."""
AIST_SPLIT_FILES = {"train": "crossmodal_train.txt", "test": "crossmodal_test.txt"}
"""AIST++'s lists of the cross-modal split, which D2M-GAN uses: songs of the test split occur in no
dance of the training split."""
AIST_ANNOTATIONS = "https://google.github.io/aistplusplus_dataset/download.html (annotations)"
"""Where the splits, the ignore list and the motions are published."""
AIST_VIDEOS = "https://aistdancedb.ongaaccel.jp/database_download/ (AIST Dance Video DB)"
"""Where the videos and the music are published."""
D2MGAN_REPOSITORY = "https://github.com/L-YeZhu/D2M-GAN (folder dataset)"
"""Where the published lists are."""
TIKTOK_VIDEOS = "https://github.com/L-YeZhu/D2M-GAN (section 3.2; not released there so far)"
"""Where the TikTok videos are announced."""
SOUND_ENDINGS = (".wav", ".flac", ".mp3")
"""Endings of music files, the preferred ones first."""
FILM_ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
"""Endings of videos, the preferred ones first."""
_SONG = re.compile(r"m[A-Z]{2}\d")
_SEGMENT = re.compile(r"(?P<name>.+)_seg(?P<number>[1-9]\d*)")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A dance with its music.

    Parameters
    ----------
    name
        Beginning of the names of its segments.
    split
        ``"train"`` or ``"test"``.
    motion
        Its SMPL motion (AIST++); None where key points are found in the video.
    video, sound
        The video, and the music; either may be missing. Without music, the video's sound is used.
    listed
        Numbers of the published segments; empty if all whole segments are used.
    """

    name: str
    split: str
    motion: Path | None
    video: Path | None
    sound: Path | None
    listed: frozenset[int] = frozenset()

    @property
    def music(self) -> Path | None:
        """File with the music."""
        return self.sound or self.video


@dataclass(frozen=True, kw_only=True)
class DataCopy:
    """What was found of a data set.

    Parameters
    ----------
    recordings
        All recordings of both splits, those without files too.
    missing
        Files that are missing, by kind.
    """

    recordings: tuple[Recording, ...]
    missing: tuple[MissingFiles, ...]


def find_aist(index: CopyIndex) -> DataCopy:
    """Find the recordings of AIST++'s cross-modal split, from the front camera.

    Raises
    ------
    DataError
        If the copy has no lists of the split, or none of the motions.
    """
    lists = {split: index.find(name) for split, name in AIST_SPLIT_FILES.items()}
    absent = [AIST_SPLIT_FILES[split] for split, path in lists.items() if path is None]
    if absent:
        raise DataError(
            f"{' and '.join(absent)} missing under {index.root.name}: unpack AIST++'s annotations "
            f"there, with the folders splits and motions, from {AIST_ANNOTATIONS}."
        )
    ignored_file = index.find("ignore_list.txt")
    ignored = set(read_names(ignored_file)) if ignored_file else set()
    recordings = [
        _aist_recording(index, name, split)
        for split, path in lists.items()
        if path is not None
        for name in read_names(path)
        if name not in ignored
    ]
    if not any(one.motion for one in recordings):
        raise DataError(
            f"None of the {len(recordings)} motions of the split is under {index.root.name}: "
            f"expected motions/gBR_sBM_cAll_d04_mBR0_ch01.pkl and so on, from {AIST_ANNOTATIONS}."
        )
    missing = [
        *_missing_motions(recordings),
        *_missing_videos(recordings, AIST_VIDEOS, "Their dances are left out of training."),
        *_missing_music(recordings),
    ]
    if ignored_file is None:
        missing.append(
            MissingFiles(
                kind="lists of faulty motions",
                names=("ignore_list.txt",),
                wanted=1,
                source=AIST_ANNOTATIONS,
                consequence="Faulty motions are used too.",
            )
        )
    return DataCopy(recordings=tuple(recordings), missing=tuple(missing))


def find_tiktok(index: CopyIndex, *, whole: bool = False) -> DataCopy:
    """Find the videos that the published TikTok lists name.

    Parameters
    ----------
    index
        The copy, with the lists of D2M-GAN.
    whole
        Whether all of each video is used, and not the listed segments (of two seconds) alone.

    Raises
    ------
    DataError
        If a list is missing or none of the videos is there.
    """
    recordings = []
    for split in SPLITS:
        name = f"tiktok_audio_{split}_segment.txt"
        path = index.find(name)
        if path is None:
            raise DataError(
                f"{name} is missing under {index.root.name}: copy the published lists there from "
                f"{D2MGAN_REPOSITORY}."
            )
        listed: dict[str, set[int]] = {}
        for line in read_names(path):
            match = _SEGMENT.fullmatch(PurePosixPath(line).stem)
            if match is None:
                raise DataError(f"{path.name} names {line[:60]}: expected NAME_segN.wav.")
            listed.setdefault(match["name"], set()).add(int(match["number"]))
        recordings += [
            Recording(
                name=one,
                split=split,
                motion=None,
                video=index.find_any(one, FILM_ENDINGS),
                sound=None,
                listed=frozenset() if whole else frozenset(numbers),
            )
            for one, numbers in listed.items()
        ]
    if not any(one.video for one in recordings):
        raise DataError(
            f"None of the {len(recordings)} listed videos is under {index.root.name}: expected "
            f"{recordings[0].name}.mp4 and so on, from {TIKTOK_VIDEOS}."
        )
    missing = _missing_videos(recordings, TIKTOK_VIDEOS, "They are left out.")
    return DataCopy(recordings=tuple(recordings), missing=tuple(missing))


def _aist_recording(index: CopyIndex, name: str, split: str) -> Recording:
    """Return a recording by AIST++'s name of its dance, such as gBR_sBM_cAll_d04_mBR0_ch01."""
    if not re.fullmatch(r"g[A-Z]{2}_s\w+_cAll_\w+", name):
        raise DataError(f"A list of the split names {name[:60]}: expected names of AIST++.")
    shown = name.replace("cAll", AIST_CAMERA)
    song = _song(name)
    return Recording(
        name=shown,
        split=split,
        motion=index.find(f"{name}.pkl", parent="motions"),
        video=index.find_any(shown, FILM_ENDINGS),
        sound=index.find_any(song, SOUND_ENDINGS) if song else None,
    )


def _missing_motions(recordings: list[Recording]) -> list[MissingFiles]:
    names = [f"{one.name}.pkl" for one in recordings if one.motion is None]
    return _missing("motions", names, len(recordings), AIST_ANNOTATIONS, "They are left out.")


def _missing_videos(
    recordings: list[Recording], source: str, consequence: str
) -> list[MissingFiles]:
    names = [f"{one.name}.mp4" for one in recordings if one.video is None]
    return _missing("videos", names, len(recordings), source, consequence)


def _missing_music(recordings: list[Recording]) -> list[MissingFiles]:
    """Return the songs of dances that have neither their song nor a video with its sound."""
    without = {f"{_song(one.name)}.wav" for one in recordings if one.music is None}
    songs = {_song(one.name) for one in recordings}
    return _missing("songs", sorted(without), len(songs), AIST_VIDEOS, "Their dances are left out.")


def _song(name: str) -> str:
    """Return the song in a name of AIST++, such as mBR0; empty if there is none."""
    return next((part for part in name.split("_") if _SONG.fullmatch(part)), "")


def _missing(
    kind: str, names: list[str], wanted: int, source: str, consequence: str
) -> list[MissingFiles]:
    if not names:
        return []
    return [
        MissingFiles(
            kind=kind, names=tuple(names), wanted=wanted, source=source, consequence=consequence
        )
    ]
