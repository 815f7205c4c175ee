"""Where the results of a batch are stored: a folder, or a bucket through fsspec.

The files of a clip appear complete or not at all, whenever the program is killed. On a disk they
are written under another name and renamed. A bucket can't rename a folder, so there the row of
the clip, which says that it is finished, is written after its other files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, Any

from d2m.core.output_folder import usable_output
from d2m.jobs.batch.file_systems import file_system, is_remote, local_path

ROW_NAME = "row.json"
"""The file of a finished clip that says how it went."""
_PARTS = ".parts"
"""Folder of files and folders that are not complete yet, in the folder of the results."""


class Storage(ABC):
    """Stores the results of a batch. Names of files are relative to the target."""

    @abstractmethod
    def read_text(self, name: str) -> str | None:
        """Return the content of a text file, or None if there is none."""

    @abstractmethod
    def write_text(self, name: str, text: str) -> None:
        """Write a text file, complete or not at all, in place of one that was there."""

    @abstractmethod
    def write_file(self, name: str, path: Path) -> None:
        """Copy a file from the disk, complete or not at all, in place of one that was there."""

    @abstractmethod
    def publish(self, folder: Path, clip_id: str) -> None:
        """Copy all files of a folder into the folder of a clip, in place of what was there.

        Parameters
        ----------
        folder
            The files, on the disk, with `ROW_NAME` among them.
        clip_id
            Identifier of the clip, a safe file name.
        """

    @abstractmethod
    def append_line(self, name: str, line: str) -> None:
        """Append a line to a text file. Only one process may append to a file."""

    @abstractmethod
    def flush(self) -> None:
        """Store the appended lines, where that did not happen at once."""

    @abstractmethod
    def list_ids(self) -> set[str]:
        """Return the identifiers of the clips that are finished: those that have a row."""


def open_storage(target: str) -> Storage:
    """Return the storage of a target.

    Parameters
    ----------
    target
        Folder, which is created if it is missing, or URL such as ``s3://bucket/results``.

    Raises
    ------
    OutputError
        If no files can be written into the folder.
    SettingsError
        If the driver of the URL is not installed.
    """
    if is_remote(target):
        return BucketStorage(target)
    folder = usable_output(local_path(target))
    folder.mkdir(parents=True, exist_ok=True)
    return FolderStorage(folder)


class FolderStorage(Storage):
    """Stores results in a folder, also one that several machines share.

    Parameters
    ----------
    folder
        An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: set[str] = set()

    def read_text(self, name: str) -> str | None:
        """Return the content of a text file, as `Storage.read_text` does."""
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, as `Storage.write_text` does."""
        part = self._part(name) / Path(name).name
        part.write_text(text, encoding="utf-8")
        self._rename_file(part, name)

    def write_file(self, name: str, path: Path) -> None:
        """Copy a file from the disk, as `Storage.write_file` does."""
        part = self._part(name) / Path(name).name
        shutil.copyfile(path, part)
        self._rename_file(part, name)

    def publish(self, folder: Path, clip_id: str) -> None:
        """Copy all files of a folder, as `Storage.publish` does."""
        part = self._part(clip_id)
        for path in sorted(folder.iterdir()):
            shutil.copyfile(path, part / path.name)
            _store_safely(part / path.name)
        target = self._folder / clip_id
        if target.exists():
            target.rename(self._part(f"{clip_id}.old") / "files")
        part.rename(target)
        self._remove_parts(f"{clip_id}.old")

    def append_line(self, name: str, line: str) -> None:
        """Append a line, as `Storage.append_line` does, and wait until the disk has it."""
        path = self._folder / name
        if name not in self._checked:
            _remove_torn_line(path)
            self._checked.add(name)
        with path.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())
            os.fsync(file.fileno())

    def flush(self) -> None:
        """Do nothing, since each line is stored at once."""

    def list_ids(self) -> set[str]:
        """Return the finished clips, as `Storage.list_ids` does."""
        with os.scandir(self._folder) as entries:
            return {one.name for one in entries if (self._folder / one.name / ROW_NAME).is_file()}

    def _part(self, name: str) -> Path:
        """Return a new folder for a file or folder that is not complete yet.

        Those of the same name that a killed process left are removed.
        """
        self._remove_parts(name)
        while True:
            parts = self._folder / _PARTS
            part = parts / f"{_flat(name)}~{uuid.uuid4().hex}"
            try:
                parts.mkdir(exist_ok=True)
                part.mkdir()
            except (FileNotFoundError, FileExistsError):
                continue  # another worker has just removed the empty folder
            return part

    def _rename_file(self, part: Path, name: str) -> None:
        _store_safely(part)
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        self._remove_parts(name)

    def _remove_parts(self, name: str) -> None:
        parts = self._folder / _PARTS
        with contextlib.suppress(OSError):  # it is missing, others use it, or have removed it
            for path in parts.iterdir():
                if path.name.rpartition("~")[0] == _flat(name):
                    shutil.rmtree(path, ignore_errors=True)
            parts.rmdir()


class BucketStorage(Storage):
    """Stores results in a bucket, or in any other file system that fsspec knows.

    Appended lines are collected in a temporary file, since objects can't be appended to; each
    `flush` stores the whole file.

    Parameters
    ----------
    target
        URL, such as ``s3://bucket/results``.
    """

    def __init__(self, target: str) -> None:
        self._system, root = file_system(target)
        self._root = root.rstrip("/")
        self._appended: dict[str, IO[Any]] = {}

    def read_text(self, name: str) -> str | None:
        """Return the content of a text file, as `Storage.read_text` does."""
        try:
            return str(self._system.cat_file(f"{self._root}/{name}").decode())
        except FileNotFoundError:
            return None

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, as `Storage.write_text` does."""
        self._system.pipe_file(f"{self._root}/{name}", text.encode())

    def write_file(self, name: str, path: Path) -> None:
        """Copy a file from the disk, as `Storage.write_file` does."""
        self._system.put_file(str(path), f"{self._root}/{name}")

    def publish(self, folder: Path, clip_id: str) -> None:
        """Copy all files of a folder, as `Storage.publish` does; the row last."""
        self._remove(clip_id)
        names = sorted((path.name for path in folder.iterdir()), key=lambda n: (n == ROW_NAME, n))
        for name in names:
            self.write_file(f"{clip_id}/{name}", folder / name)

    def append_line(self, name: str, line: str) -> None:
        """Append a line, as `Storage.append_line` does; `flush` stores it."""
        if name not in self._appended:
            self._appended[name] = file = tempfile.NamedTemporaryFile()  # noqa: SIM115
            file.write((self.read_text(name) or "").encode())
        self._appended[name].write(f"{line}\n".encode())

    def flush(self) -> None:
        """Store the files with their appended lines."""
        for name, file in self._appended.items():
            file.flush()
            self.write_file(name, Path(file.name))

    def list_ids(self) -> set[str]:
        """Return the finished clips, as `Storage.list_ids` does."""
        self._system.invalidate_cache()
        paths = (path.split("/") for path in self._system.find(self._root, maxdepth=2))
        return {parts[-2] for parts in paths if parts[-1] == ROW_NAME}

    def _remove(self, clip_id: str) -> None:
        """Remove what an earlier or killed run stored for a clip; its row first."""
        self._system.invalidate_cache()
        found = self._system.find(f"{self._root}/{clip_id}")
        for path in sorted(found, key=lambda path: not path.endswith(f"/{ROW_NAME}")):
            self._system.rm_file(path)


def _flat(name: str) -> str:
    """Return a name without folders, for a file that is not complete yet."""
    return name.replace("/", "~")


def _store_safely(path: Path) -> None:
    """Wait until the disk has the content of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove_torn_line(path: Path) -> None:
    """Remove the end of a file after its last newline: a process was killed while it wrote."""
    try:
        with path.open("rb+") as file:
            if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
    except FileNotFoundError:
        return
