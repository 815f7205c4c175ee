"""A job that changes the balance of finished music and the clip's own sound.

The web process imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class RemixJob:
    """Another balance of finished music and the clip's own sound, without generating it again.

    Parameters
    ----------
    clip
        The clip that the music was made for.
    music
        WAV file of the music.
    settings
        Those of the first job, with the new ``original`` and ``ducking``.
    out
        Folder for the video, as for `d2m.jobs.messages.Job`.
    """

    subject: ClassVar[str] = "clip"
    safe_format: ClassVar[str] = "MP4 with H.264"
    clip: Path
    music: Path
    settings: Settings = field(default_factory=Settings)
    out: Path = Path()

    @classmethod
    def requested(
        cls, clip: str | None, music: str | None, settings: Settings, folders: Sequence[Path]
    ) -> RemixJob:
        """Return the job that a visitor asks for.

        Parameters
        ----------
        clip, music, settings
            As for the job.
        folders
            Folders in which the visitor's files may be, such as those of uploads and results.

        Raises
        ------
        SettingsError
            If the clip or its music is not, or no longer, in one of the folders.
        """
        files = [_file_within(path, folders) for path in (clip, music)]
        return cls(clip=files[0], music=files[1], settings=settings)

    def within(self, keep: Callable[[Path], Path], out: Path) -> RemixJob:
        """Return the job with its inputs where they are kept, and another folder for the video."""
        return replace(self, clip=keep(self.clip), music=keep(self.music), out=out)

    @property
    def target(self) -> Path:
        """The video to write: its name tells the balance, such as ``clip.high.original50.mp4``."""
        balance = f"original{round(100 * self.settings.original)}"
        ducked = ".ducked" if self.settings.ducking else ""
        return self.out / f"{self.music.stem}.{balance}{ducked}.mp4"


def _file_within(path: str | None, folders: Sequence[Path]) -> Path:
    """Return a file that is in one of some folders, without links; `SettingsError` otherwise."""
    file = Path(path or "").resolve()
    if not file.is_file() or not any(file.is_relative_to(one.resolve()) for one in folders):
        raise SettingsError(
            "The clip or its music is no longer on the server: generate the music again."
        )
    return file
