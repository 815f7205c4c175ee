"""The results that the server keeps for a while, so that a page can show them again.

Each result has a folder of its own, whose name can't be guessed, and two keys: its owner's, which
may delete it, and one for a link to share, which may only show it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from d2m.core.settings import Settings

MAX_TAKES = 1000
"""Results that a server remembers (count); each takes a few kilobytes of memory, and the limits on
the disk bound their files. Chosen by hand."""
_KEY_BYTES = 16
"""Random bytes of a key: 128 bits can't be guessed."""


def _key() -> str:
    return secrets.token_urlsafe(_KEY_BYTES)


@dataclass(kw_only=True)
class StoredTake:
    """One result, and where its files are.

    Parameters
    ----------
    folder
        Holds its files, and nothing else.
    until
        When it is deleted (seconds since the epoch).
    settings
        The settings of its job, with its seed.
    facts
        What the page shows of it, ready for JSON, by name.
    paths
        Its files by kind.
    clip
        The clip that it was made for; None if that is gone.
    key
        Key of its owner.
    share_key
        Key of the link to share.
    """

    folder: Path
    until: float
    settings: Settings
    facts: dict[str, Any]
    paths: dict[str, Path] = field(default_factory=dict)
    clip: Path | None = None
    key: str = field(default_factory=_key)
    share_key: str = field(default_factory=_key)
    _old_video: Path | None = None

    def take_in(self, paths: Mapping[str, Path]) -> None:
        """Keep files of the job, by kind; files of the same kind are replaced.

        Raises
        ------
        OSError
            If the disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for kind, path in paths.items():
            self.paths[kind] = _kept(path, self.folder / path.name)

    def replace_video(self, path: Path) -> None:
        """Keep another video, and that before it, which a page may still play; no older ones.

        Raises
        ------
        OSError
            If the disk is full.
        """
        before = self.paths.get("mp4")
        self.take_in({"mp4": path})
        if before == self.paths["mp4"]:
            return
        if self._old_video is not None and self._old_video != self.paths["mp4"]:
            self._old_video.unlink(missing_ok=True)
        self._old_video = before


class TakeStore:
    """The results of a server, by their keys; old ones go when their files do.

    Parameters
    ----------
    folder
        Where the folders of the results are made.
    keep_s
        Time for which a result is kept (s).
    most
        Most results that are kept (count); beyond it the oldest goes.
    now
        Returns the time (seconds since the epoch).
    """

    def __init__(
        self,
        folder: Path,
        keep_s: float,
        most: int = MAX_TAKES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._keep_s, self._most, self._now = folder, keep_s, most, now
        self._takes: dict[str, StoredTake] = {}
        self._owners: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(
        self,
        paths: Mapping[str, Path],
        facts: dict[str, Any],
        settings: Settings,
        clip: Path | None = None,
    ) -> StoredTake:
        """Keep a result.

        Parameters
        ----------
        paths
            Its files by kind; they are linked, so the job's own may be removed.
        facts, settings
            As for `StoredTake`.
        clip
            The clip that it was made for.

        Raises
        ------
        OSError
            If the disk is full.
        """
        take = StoredTake(
            folder=self._folder / _key(),
            until=self._now() + self._keep_s,
            settings=settings,
            facts=facts,
        )
        take.take_in(paths)
        if clip is not None:
            # Not beside the results: whoever sees these may not see what the clip's sound holds.
            with contextlib.suppress(OSError):
                own = self._folder / _key()
                own.mkdir(parents=True)
                take.clip = _kept(clip, own / clip.name)
        with self._lock:
            self._takes[take.key] = take
            self._owners[take.share_key] = take.key
            all_takes = list(self._takes.values())
        surplus = max(0, len(all_takes) - self._most)
        for number, one in enumerate(all_takes):
            if number < surplus or self._now() >= one.until:
                self._remove(one)
        return take

    def get(self, key: str) -> StoredTake | None:
        """Return the result of an owner's key; None if it is gone."""
        with self._lock:
            take = self._takes.get(key)
        if take is None:
            return None
        video = take.paths.get("mp4")
        if self._now() >= take.until or video is None or not video.is_file():
            self._remove(take)
            return None
        return take

    def shared(self, share_key: str) -> StoredTake | None:
        """Return the result of a shared link; None if it is gone."""
        with self._lock:
            key = self._owners.get(share_key)
        return self.get(key) if key else None

    def delete(self, key: str) -> bool:
        """Delete a result and its files; return whether the owner's key was right."""
        take = self.get(key)
        if take is not None:
            self._remove(take)
        return take is not None

    def __len__(self) -> int:
        """Return how many results are remembered, whether or not their files still exist."""
        return len(self._takes)

    def _remove(self, take: StoredTake) -> None:
        with self._lock:
            self._takes.pop(take.key, None)
            self._owners.pop(take.share_key, None)
        shutil.rmtree(take.folder, ignore_errors=True)
        if take.clip is not None:
            shutil.rmtree(take.clip.parent, ignore_errors=True)


def _kept(path: Path, target: Path) -> Path:
    """Return a hard link to a file, or a copy where that is impossible."""
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)
    return target
