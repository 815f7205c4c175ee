"""Choosing whom the music follows: a click on a person in the filmstrip, and a button to go on."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary
from d2m.core.person_areas import person_at
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.web.job_status import JobStatuses
from d2m.web.result_html import chosen_dancer, followed_dancer
from d2m.web.setting_widgets import PRIVATE, Update

_DEFAULT = next(one.default for one in setting_fields(Settings) if one.name == "dancer")


class DancerChoice:
    """A line under the filmstrip of several people: who is followed, and how to change that.

    Parameters
    ----------
    widget
        The widget of the setting in the form, which can be used without a mouse.
    statuses
        What the jobs of each page found.
    strip
        The filmstrip.
    """

    def __init__(self, widget: Any, statuses: JobStatuses, strip: gr.Image) -> None:
        self._widget, self._statuses = widget, statuses
        with gr.Row(visible=False, elem_id="dancer") as self.row:
            self.note = gr.HTML(padding=False)
            self.button = gr.Button("Run again", size="sm", min_width=120, visible=False)
        outputs = [self._widget, self.note, self.button]
        strip.select(self.choose, None, outputs, queue=False, **PRIVATE)

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [self.row, self.note, self.button]

    def choose(self, request: gr.Request, click: gr.SelectData) -> Update:
        """Follow the person at a pixel of the strip (px) from the next run on."""
        status = self._statuses.get(request.session_hash)
        dance, place = status.dance, click.index
        number = None
        if dance is not None and isinstance(place, list | tuple) and len(place) == 2:
            number = person_at(dance.strip_areas, float(place[0]), float(place[1]))
        if dance is None or number is None:
            return {self._widget: gr.skip()}
        status.is_dancer_chosen = True
        is_other = dance.followed != (number,)
        return {
            self._widget: str(number),
            self.note: chosen_dancer(number) if is_other else followed_dancer(dance),
            self.button: gr.Button(f"Follow dancer {number} now", visible=is_other),
        }

    def connect_clip(self, clip: Any) -> None:
        """Take back the choice when another clip is chosen, because it belongs to the last one."""
        clip.change(self.forget, None, [self._widget], queue=False, **PRIVATE)

    def forget(self, request: gr.Request) -> Update:
        """Take back a choice that was made in the filmstrip."""
        status = self._statuses.get(request.session_hash)
        was_chosen, status.is_dancer_chosen = status.is_dancer_chosen, False
        return {self._widget: _DEFAULT if was_chosen else gr.skip()}

    def pending(self, again: bool) -> Update:
        """Return the updates that disable the button; without an analysis there is no line."""
        return {
            self.row: gr.skip() if again else gr.Row(visible=False),
            self.button: gr.Button(interactive=False),
        }

    def shown(self, dance: DanceSummary) -> Update:
        """Return the updates for a new analysis."""
        return {
            self.row: gr.Row(visible=dance.people > 1),
            self.note: followed_dancer(dance) if dance.people > 1 else "",
            self.button: gr.Button(visible=False),
        }
