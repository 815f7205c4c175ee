"""Buttons that make the music again in another of the styles that suit the dance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary
from d2m.core.settings import Settings
from d2m.core.styles import AUTO
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.setting_widgets import PRIVATE, Update

_OFFERS = 2  # others beside the style that is used: an analysis names three


class StyleOffers:
    """A line under the analysis that offers the other styles.

    Parameters
    ----------
    widget
        The widget of the form that chooses the style.
    statuses
        What the jobs of each page found.
    """

    def __init__(self, widget: Any, statuses: JobStatuses) -> None:
        self._widget, self._statuses = widget, statuses
        with gr.Row(visible=False, elem_id="styles", elem_classes="buttons") as self.row:
            gr.HTML("<p>These styles suit the dance, too:</p>", padding=False)
            self.buttons = [
                gr.Button(f"Style {number}", size="sm", min_width=90, visible=False)
                for number in range(1, _OFFERS + 1)
            ]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [self.row, *self.buttons]

    def pressed(self) -> Iterator[Any]:
        """Connect the buttons to the form; yield an event for each, raised after the change."""
        for number, button in enumerate(self.buttons):
            take = self._handler(number)
            yield button.click(take, None, self._widget, queue=False, **PRIVATE).then

    def pending(self, again: bool) -> Update:
        """Return the updates that disable the buttons, or hide them for another clip."""
        return {
            self.row: gr.skip() if again else gr.Row(visible=False),
            **{button: gr.Button(interactive=False) for button in self.buttons},
        }

    def shown(self, status: JobStatus, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates for a new analysis."""
        used = settings.style if settings.style != AUTO else next(iter(dance.styles), ("", ""))[0]
        others = [(name, label) for name, label in dance.styles if name != used][:_OFFERS]
        status.other_styles = tuple(name for name, _ in others)
        updates: Update = {self.row: gr.Row(visible=bool(others))}
        for number, button in enumerate(self.buttons):
            label = others[number][1] if number < len(others) else ""
            updates[button] = gr.Button(label or button.value, visible=bool(label))
        return updates

    def ready(self) -> Update:
        """Return the updates that enable the buttons after a job."""
        return {button: gr.Button(interactive=True) for button in self.buttons}

    def _handler(self, number: int) -> Callable[..., Any]:
        """Return the handler of a click, which chooses a style in the form."""

        def take(request: gr.Request) -> Any:
            styles = self._statuses.get(request.session_hash).other_styles
            return styles[number] if number < len(styles) else gr.skip()

        return take
