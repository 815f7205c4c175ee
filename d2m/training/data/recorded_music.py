"""Recorded music beside the composed pieces, so that codecs know more than the studio's sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.audio.waveform import mono_at
from d2m.core.errors import DataError
from d2m.training.data.composed_pieces import write_track

MUSIC_FOLDER = Path("/usr/share/games")
"""Folder that the Debian packages below install their music in."""
PERMISSIVE_MUSIC: dict[str, tuple[str, ...]] = {
    **{f"noiz2sa-{n}": (f"noiz2sa/sounds/stg{n}.ogg",) for n in ("0", "00", "1", "2", "3", "5")},
    **{f"torus-trooper-{n}": (f"torus-trooper/sounds/musics/tt{n}.ogg",) for n in (1, 2, 3)},
    **{
        f"sectoid-{title}": tuple(
            f"fretsonfire/data/songs/sectoid/{title}/{part}.ogg" for part in ("song", "guitar")
        )
        for title in ("Escape from chaosland", "Feelings", "Metal madness")
    },
}
"""Recorded music under the BSD and MIT licences, as paths in `MUSIC_FOLDER` of the Debian
packages noiz2sa-data, torus-trooper-data and fretsonfire-songs-sectoid. The files of a track
are its parts, which sound together."""
HELD_OUT_MUSIC: dict[str, tuple[str, ...]] = {
    "noiz2sa-4": ("noiz2sa/sounds/stg4.ogg",),
    "torus-trooper-4": ("torus-trooper/sounds/musics/tt4.ogg",),
    "sectoid-War of freedom": tuple(
        f"fretsonfire/data/songs/sectoid/War of freedom/{part}.ogg" for part in ("song", "guitar")
    ),
}
"""Recorded music of the same packages that no training hears."""


def add_permissive_music(folder: Path, root: Path = MUSIC_FOLDER) -> None:
    """Add `PERMISSIVE_MUSIC` and `HELD_OUT_MUSIC` to a corpus folder.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    root
        Folder that the paths of the tracks start from.

    Raises
    ------
    DataError
        If a file is missing.
    """
    add_music(folder, root, PERMISSIVE_MUSIC, held_out=False)
    add_music(folder, root, HELD_OUT_MUSIC, held_out=True)


def add_music(
    folder: Path, root: Path, tracks: dict[str, tuple[str, ...]], *, held_out: bool
) -> None:
    """Add recorded music to a corpus folder, skipping tracks already there.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    root
        Folder that the paths of the tracks start from.
    tracks
        For each name, the files whose sum is the track.
    held_out
        Whether no training may hear them.

    Raises
    ------
    DataError
        If a file is missing.
    """
    import soundfile

    for name, files in tracks.items():
        stem = name.lower().replace(" ", "-")
        path = folder / ("held_out" if held_out else "train") / f"music-{stem}.flac"
        if path.is_file():
            continue
        parts = []
        for file in files:
            if not (root / file).is_file():
                raise DataError(f"The music {file} is missing: install its Debian package.")
            audio, rate = soundfile.read(root / file, dtype="float32", always_2d=True)
            parts.append(mono_at(np.asarray(audio.T, dtype=np.float32), int(rate)))
        length = max(len(part) for part in parts)
        track = np.sum([np.pad(part, (0, length - len(part))) for part in parts], axis=0)
        write_track(path, track)
