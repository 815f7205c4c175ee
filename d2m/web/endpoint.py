"""The public HTTP endpoints ``/generate`` and ``/dance``, made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.data_classes import FileData
from gradio.utils import get_upload_folder

from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import D2MError
from d2m.core.levels import DEFAULT_LEVELS, levels_named
from d2m.core.setting_fields import parse_form, setting_fields
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import AnyJob, DanceJob, Job
from d2m.web.job_answers import job_answers
from d2m.web.job_progress import JobPart, dance_parts, music_parts
from d2m.web.parameter_schema import LEVELS_SCHEMA, Schema, field_schema
from d2m.web.served_files import ServedFiles, served_file

_FILE: Schema = {"type": "object", "description": "A file with its url"}
_COMMON: Schema = {
    "status": {"type": "string", "enum": ["waiting", "running", "done"]},
    "queue": {"type": "object", "description": "While it waits: jobs_ahead, seconds"},
    "progress": {"type": "object", "description": "stage, stage_share, share, seconds_left"},
}
_RESULT: Schema = {
    "report": _FILE,
    "archive": _FILE,
    "seconds": {"type": "number", "description": "Time that the job took"},
}
_DANCE = {"type": "object", "description": "tempo_bpm, has_rhythm, clock, styles, warnings, …"}
_TAKE = {"type": "object", "description": "level, variation, song, style, scores, files, …"}
MUSIC_ANSWER: Schema = {
    "type": "object",
    "properties": {
        **_COMMON,
        "dance": _DANCE,
        "takes": {"type": "array", "items": _TAKE},
        "comparisons": {"type": "object", "description": "Videos by the level that plays"},
        **_RESULT,
    },
}
"""Schema of the answer of ``/generate``; docs/api.md describes all fields."""
DANCE_ANSWER: Schema = {
    "type": "object",
    "properties": {
        **_COMMON,
        "song": {"type": "object", "description": "tempo_bpm, has_beat, beats, warnings, …"},
        "choreography": {"type": "object", "description": "style, seed, figures, files, …"},
        **_RESULT,
    },
}
"""Schema of the answer of ``/dance``."""


def error_toast(error: D2MError) -> gr.Error:
    """Return a Gradio error with the sentence of an error, escaped because Gradio reads HTML."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


def requested_music(clip: str | None, levels: str, settings: Settings) -> tuple[Job, list[JobPart]]:
    """Return the job that a program asks for, and what it does.

    Raises
    ------
    SettingsError
        If no clip is given, or there are no such levels.
    """
    made = levels_named(str(levels))  # an analysis alone has no files
    return Job.requested(clip, str(levels), settings), music_parts(made, settings)


def requested_dance(
    song: str | None, start_pose: str | None, settings: DanceSettings
) -> tuple[DanceJob, list[JobPart]]:
    """Return the job that a program asks for, and what it does.

    Raises
    ------
    SettingsError
        If no song is given.
    """
    return DanceJob.requested(song, start_pose, settings), dance_parts(settings)


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

        Answers with progress and what is new while the job runs, and in the end with one
        document: the analysis of the dance, the takes with their scores and files, a report and
        a ZIP with everything.
        """
        yield from _answers(
            pool, lambda: requested_music(_named(clip), levels, parse_form(settings, form))
        )

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

        Answers with progress and what is new while the job runs, and in the end with one
        document: the analysis of the song, the dance with its figures and files, a report and a
        ZIP with everything.
        """
        yield from _answers(
            pool,
            lambda: requested_dance(
                _named(song), _named(start_pose), parse_form(DanceSettings, form)
            ),
        )

    names = ["song", "start_pose", *(one.parameter for one in setting_fields(DanceSettings))]
    return _with_parameters(dance, names)


def add_endpoints(pool: WorkerPool, settings: type[Settings], options: dict[str, Any]) -> None:
    """Add both endpoints to the page that is being built.

    Parameters
    ----------
    pool
        Runs the jobs.
    settings
        The dataclass whose fields become parameters of ``/generate``.
    options
        Options of event handlers that run jobs.
    """
    with gr.Column(visible=False):
        button = gr.Button()
        levels = _parameter("Levels", LEVELS_SCHEMA, DEFAULT_LEVELS)
        clip, song = _file_parameter("Dance clip", "clip.mp4"), _file_parameter("Song", "song.mp3")
        pose = _file_parameter("Photo or clip of the pose that the dance begins in", "photo.jpg")
        for name, function, inputs, schema in (
            (
                "generate",
                endpoint(pool, settings),
                [clip, levels, *_inputs(settings)],
                MUSIC_ANSWER,
            ),
            ("dance", dance_endpoint(pool), [song, pose, *_inputs(DanceSettings)], DANCE_ANSWER),
        ):
            button.click(function, inputs, Api(None, schema, "Answer"), api_name=name, **options)


def _parameter(label: str, schema: Schema, example: Any = None) -> Api:
    """Return a parameter, which the list of endpoints explains.

    Gradio's own class stays: it takes others for components that bring files for the page.
    """
    shown = {**schema, "additional_description": schema["description"]}
    parameter = Api(schema.get("default"), shown, label)
    parameter.example_payload = lambda: example  # type: ignore[method-assign]
    return parameter


def _file_parameter(label: str, example: str) -> Api:
    """Return a parameter that is an uploaded file."""
    file = {"path": example, "url": example, "meta": {"_type": "gradio.FileData"}}
    schema = {**FileData.model_json_schema(), "description": f"{label}."}
    return _parameter(label, schema, file)


def _answers(
    pool: WorkerPool, requested: Callable[[], tuple[AnyJob, Sequence[JobPart]]]
) -> Iterator[Any]:
    """Run a job, and yield what is known of it."""
    files = ServedFiles(Path(get_upload_folder()))
    try:
        yield from job_answers(pool, requested(), files.serve)
    except D2MError as error:
        raise error_toast(error) from None


def _named(file: Any) -> str | None:
    """Return the uploaded file that a call names."""
    path = file.get("path") if isinstance(file, dict) else file
    return served_file(path, Path(get_upload_folder()))


def _inputs(settings: Any) -> list[Api]:
    """Return a parameter for each setting."""
    return [
        _parameter(one.title, schema, schema["default"])
        for one in setting_fields(settings)
        if (schema := field_schema(one))
    ]


def _with_parameters(function: Any, names: list[str]) -> Any:
    """Give a function named parameters, all but the first optional, which the API shows."""
    kind, first = Parameter.POSITIONAL_OR_KEYWORD, names[0]
    function.__signature__ = Signature(
        [
            Parameter(name, kind, default=Parameter.empty if name == first else None)
            for name in names
        ]
    )
    return function
