"""The tools that programs find by the Model Context Protocol: their arguments and their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.core.beat_tempo import tempo_text
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import SettingsError
from d2m.core.event_documents import Document
from d2m.core.levels import DEFAULT_LEVELS
from d2m.core.setting_fields import parse_form, setting_fields
from d2m.core.settings import Settings
from d2m.jobs.messages import AnyJob
from d2m.web.endpoint import requested_dance, requested_music
from d2m.web.job_progress import JobPart
from d2m.web.parameter_schema import LEVELS_SCHEMA, Schema, field_schema
from d2m.web.served_files import served_file

_UPLOADED = (
    "Upload it first, as form field `files` of a POST to /gradio_api/upload of this server, such "
    "as `curl -F files=@{file} SERVER/gradio_api/upload`, and give the path that it answers. "
    "Links to files of earlier results on this server work, too; other servers are not asked."
)


@dataclass(frozen=True, kw_only=True)
class JobTool:
    """A tool that runs a job.

    Parameters
    ----------
    name, description
        What programs know it by, and what it does.
    inputs
        Schemas of its arguments for files, the first of which is required, and of others that
        are no settings.
    settings
        The dataclass whose fields are its other arguments.
    request
        Returns the job, and what it does, from the first arguments and the settings.
    """

    name: str
    description: str
    inputs: dict[str, Schema]
    settings: Any
    request: Callable[..., tuple[AnyJob, Sequence[JobPart]]]

    @property
    def schema(self) -> Schema:
        """The schema of its arguments."""
        fields = {one.parameter: field_schema(one) for one in setting_fields(self.settings)}
        return {
            "type": "object",
            "properties": {**self.inputs, **fields},
            "required": [next(iter(self.inputs))],
            "additionalProperties": False,
        }

    def requested(
        self, arguments: dict[str, Any], uploads: Path
    ) -> tuple[AnyJob, Sequence[JobPart]]:
        """Return the job that a call asks for, and what it does.

        Parameters
        ----------
        arguments
            The arguments of the call.
        uploads
            Folder of the files that may be named.

        Raises
        ------
        SettingsError
            If an argument is unknown or can't be used.
        """
        fields = setting_fields(self.settings)
        known = [*self.inputs, *(one.parameter for one in fields)]
        for name in arguments:
            if name not in known:
                raise SettingsError(f"There is no argument {name!r}: use {', '.join(known)}.")
        first = [
            served_file(arguments.get(name), uploads)
            if schema.get("format") == "path"
            else arguments.get(name) or schema["default"]
            for name, schema in self.inputs.items()
        ]
        form = tuple(arguments.get(one.parameter) for one in fields)
        return self.request(*first, parse_form(self.settings, form))


def music_tool(settings: type[Settings] = Settings) -> JobTool:
    """Return the tool that makes music for a clip."""
    return JobTool(
        name="generate_music_for_dance",
        description=(
            "Make new music for a video of a dance: it finds the dancer and the beat, composes a "
            "piece that follows them, and returns links to the video with the music, the music, "
            "its stems, MIDI, beat markers and plots, with scores of how well the beats match. "
            "A clip has 2 to 120 s and at most 500 MB. It takes about as long as the clip."
        ),
        inputs={
            "clip": _file("The video of the dance.", "clip.mp4"),
            "levels": {**LEVELS_SCHEMA, "default": DEFAULT_LEVELS},
        },
        settings=settings,
        request=requested_music,
    )


def dance_tool() -> JobTool:
    """Return the tool that makes a dance for a song."""
    return JobTool(
        name="generate_dance_for_music",
        description=(
            "Make a video of a drawn dancer for a song: it finds the beats, and returns links to "
            "the video, to the joints as NumPy, OpenPose JSON and BVH, and to a beat plot. A song "
            "has 3 s to 10 min; the sound of a video works, too."
        ),
        inputs={
            "song": _file("The song.", "song.mp3"),
            "start_pose": _file("A photo of the pose that the dance begins in.", "photo.jpg"),
        },
        settings=DanceSettings,
        request=requested_dance,
    )


def result_text(result: Document) -> str:
    """Return the result of a job in sentences, with the links that matter most.

    Parameters
    ----------
    result
        The last document of the job, with a link for each file.
    """
    found = result.get("dance") or result["song"]
    lines = [found["sentence"], *found["warnings"]]
    for take in result.get("takes", ()):
        song = f"“{take['song']}”, " if take["song"] else ""
        lines.append(
            f"Level {take['level']}, variation {take['variation']}: {song}{take['style']}, "
            f"{tempo_text(take['tempo_bpm'])}, {take['beat_match']}.\n"
            f"Video: {take['files']['video']}\nMusic: {take['files']['music']}"
        )
        lines.append(take["rights"])
    if dance := result.get("choreography"):
        lines += [f"{dance['style']}.\nVideo: {dance['files']['video']}", dance["rights"]]
    lines += [f"Everything (ZIP): {result['archive']}", f"Report: {result['report']}"]
    lines.append("The links work for an hour.")
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _file(what: str, example: str) -> Schema:
    """Return the schema of an argument for a file."""
    how = _UPLOADED.replace("{file}", example)
    return {"type": "string", "format": "path", "description": f"{what} {how}"}
