"""The public HTTP endpoints ``/generate`` and ``/dance``, made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.dance_events import ChoreographySummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import D2MError
from d2m.core.events import ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import LEVELS_AND_BASELINES, levels_named
from d2m.core.setting_fields import parse_form, setting_fields
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import AnyJob, DanceJob, Finished, Job, JobObserver
from d2m.web.level_card import FILE_ORDER


def error_toast(error: D2MError) -> gr.Error:
    """Return a Gradio error with the sentence of an error, escaped because Gradio reads HTML."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


class FileCollector(JobObserver[list[str]]):
    """Collects the files of a job in the order in which the endpoint returns them."""

    def __init__(self) -> None:
        self._levels: dict[str, dict[str, Path]] = {}
        self._others: list[str] = []

    @property
    def _files(self) -> list[str]:
        """All files so far: those of each level, then the others."""
        levels = [self._levels[name] for name in LEVELS_AND_BASELINES if name in self._levels]
        ordered = [paths[kind] for paths in levels for kind in FILE_ORDER if kind in paths]
        return [*map(str, ordered), *self._others]

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> list[str]:
        """Add the first files of one level and return all files so far."""
        self._levels[soundtrack.level] = dict(soundtrack.paths)
        return self._files

    def on_details(self, details: SoundtrackDetails) -> list[str]:
        """Add the other files of one level and return all files so far."""
        self._levels[details.level] |= details.paths
        return self._files

    def on_choreography(self, choreography: ChoreographySummary) -> list[str]:
        """Add the files of a dance and return all files so far."""
        self._others += [str(path) for kind, path in choreography.paths.items() if kind != "dark"]
        return self._files

    def on_files(self, files: ResultFiles) -> list[str]:
        """Add the beat videos, the report and the ZIP, and return all files."""
        for level, path in files.beat_videos.items():
            self._levels[level]["beats"] = path
        self._others += [str(files.report), str(files.archive)]
        return self._files

    def on_finished(self, finished: Finished) -> list[str]:  # noqa: ARG002
        """Return all files: what the endpoint yields last is its result."""
        return self._files


def endpoint(pool: WorkerPool, settings: type[Settings] = Settings) -> Any:
    """Return the function behind ``/generate``.

    Parameters
    ----------
    pool
        Runs the jobs.
    settings
        The dataclass whose fields become parameters.
    """

    def generate(clip: str | None, levels: str, *form: Any) -> Iterator[Any]:
        """Make music for a dance clip.

        Returns the files. For the studio version: a video with the music, the music, its MIDI
        file, beat markers (CSV), a picture of its score, a beat plot, and the stems drums,
        bass, chords, lead and effects (FLAC). For each other level: a video with the music,
        the music, and a beat plot. A baseline of notes has a MIDI file, too. A beat video
        follows the plot if it is asked for, and a video with the coded pictures of the clip if
        they are HEVC, VP9 or AV1. Then a report (JSON), and everything in one ZIP.
        """
        yield from _files(pool, lambda: _music_job(clip, levels, parse_form(settings, form)))

    names = ["clip", "levels", *(one.parameter for one in setting_fields(settings))]
    return _with_parameters(generate, names)


def dance_endpoint(pool: WorkerPool) -> Any:
    """Return the function behind ``/dance``, whose parameters are `DanceSettings`.

    Parameters
    ----------
    pool
        Runs the jobs.
    """

    def dance(song: str | None, start_pose: str | None, *form: Any) -> Iterator[Any]:
        """Make a dance for a song.

        Returns the files: a video of the dance with the song, the joints as NumPy (NPZ), as
        OpenPose JSON and as motion capture (BVH), a beat plot, NPZ and BVH of each further
        dancer, a report (JSON), and everything in one ZIP.
        """
        yield from _files(
            pool, lambda: DanceJob.requested(song, start_pose, parse_form(DanceSettings, form))
        )

    names = ["song", "start_pose", *(one.parameter for one in setting_fields(DanceSettings))]
    return _with_parameters(dance, names)


def _files(pool: WorkerPool, requested: Callable[[], AnyJob]) -> Iterator[Any]:
    """Run a job, and yield the files that are there."""
    collector = FileCollector()
    try:
        with pool.events(requested()) as events:
            for event in events:
                yield event.notify(collector) or gr.skip()
    except D2MError as error:
        raise error_toast(error) from None


def _music_job(clip: str | None, levels: str, settings: Settings) -> Job:
    levels_named(levels)  # an analysis alone has no files
    return Job.requested(clip, levels, settings)


def _with_parameters(function: Any, names: list[str]) -> Any:
    """Give a function named parameters, which the API shows."""
    function.__signature__ = Signature(
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return function
