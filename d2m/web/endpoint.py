"""The public HTTP endpoint ``/generate``, whose parameters are made from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from inspect import Parameter, Signature
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError
from d2m.core.events import ResultFiles, SoundtrackSummary
from d2m.core.levels import levels_named
from d2m.core.setting_fields import parse_form, setting_fields
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import Finished, JobObserver
from d2m.web.result_cards import FILE_ORDER


def error_toast(error: D2MError) -> gr.Error:
    """Return a Gradio error with the sentence of an error, escaped because Gradio reads HTML."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


class FileCollector(JobObserver[list[str]]):
    """Collects the files of a job in the order in which the endpoint returns them."""

    def __init__(self) -> None:
        self._files: list[str] = []

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> list[str]:
        """Add the files of one level and return all files so far."""
        paths = soundtrack.paths
        self._files += [str(paths[kind]) for kind in FILE_ORDER if kind in paths]
        return self._files

    def on_files(self, files: ResultFiles) -> list[str]:
        """Add the report and the ZIP and return all files."""
        self._files += [str(files.report), str(files.archive)]
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
        the music, and a beat plot. A beat video follows the plot if it is asked for, and a
        video with the coded pictures of the clip if they are HEVC, VP9 or AV1. Then a report
        (JSON), and everything in one ZIP.
        """
        collector = FileCollector()
        try:
            levels_named(levels)
            with pool.events(clip, levels, parse_form(settings, form)) as events:
                for event in events:
                    yield event.notify(collector) or gr.skip()
        except D2MError as error:
            raise error_toast(error) from None

    names = ["clip", "levels", *(one.parameter for one in setting_fields(settings))]
    generate.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return generate
