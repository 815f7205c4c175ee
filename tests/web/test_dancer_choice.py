"""Choosing whom the music follows: what a click in the filmstrip changes, and what is said."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from d2m.core.person_areas import PersonArea
from d2m.web import result_html
from d2m.web.dancer_choice import DancerChoice
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.settings_form import SettingsForm
from tests.web.summaries import dance_summary

AREAS = (
    PersonArea(number=1, left=10, top=10, right=110, bottom=200),
    PersonArea(number=2, left=90, top=60, right=150, bottom=190),
    PersonArea(number=1, left=310, top=10, right=410, bottom=200),
)
TWO = dance_summary(people=2, followed=(1,), strip_areas=AREAS)


class Clicked:
    """The line under the filmstrip of one page, whose pictures can be clicked."""

    def __init__(self, status: JobStatus) -> None:
        self._statuses = JobStatuses()
        self.status = self._statuses.create(None)
        self.status.dance = status.dance
        with gr.Blocks():
            self.widget = SettingsForm([]).widgets["dancer"]
            self.choice = DancerChoice(self.widget, self._statuses, gr.Image())

    def click(self, x: float, y: float) -> dict[Any, Any]:
        data = gr.SelectData(None, {"index": [x, y], "value": None})
        return self.choice.choose(gr.Request(session_hash=None), data)


@pytest.mark.parametrize(
    ("place", "number"),
    [((140, 100), 2), ((100, 100), 2), ((50, 100), 1), ((400, 100), 1)],
    ids=["second", "in front", "first", "first, later"],
)
def test_a_click_chooses_the_person_at_that_place(place: tuple[int, int], number: int) -> None:
    page = Clicked(JobStatus(dance=TWO))
    updates = page.click(*place)
    assert updates[page.widget] == str(number)
    assert page.status.is_dancer_chosen
    button = updates[page.choice.button]
    assert button.visible == (number == 2)
    if number == 2:
        assert "The next run follows dancer 2." in updates[page.choice.note]
        assert button.value == "Follow dancer 2 now"
    else:
        assert "To follow another dancer, click" in updates[page.choice.note]


@pytest.mark.parametrize("dance", [TWO, dance_summary(), None], ids=["beside", "solo", "new clip"])
def test_a_click_beside_everybody_changes_nothing(dance: Any) -> None:
    page = Clicked(JobStatus(dance=dance))
    updates = page.click(250, 100)
    assert updates == {page.widget: gr.skip()}
    assert not page.status.is_dancer_chosen


def test_one_of_all_can_be_chosen() -> None:
    together = dance_summary(people=2, followed=(1, 2), strip_areas=AREAS)
    assert "To follow one of them, click" in result_html.followed_dancer(together)
    page = Clicked(JobStatus(dance=together))
    assert page.click(50, 100)[page.choice.button].visible


def test_a_solo_clip_has_no_line() -> None:
    page = Clicked(JobStatus())
    for dance, visible in ((dance_summary(followed=(1,)), False), (TWO, True)):
        updates = page.choice.shown(dance)
        assert updates[page.choice.row].visible is visible
        assert bool(updates[page.choice.note]) is visible
        assert updates[page.choice.button].visible is False


@pytest.mark.parametrize("clicked", [True, False])
def test_another_clip_takes_back_the_click(clicked: bool) -> None:
    page = Clicked(JobStatus(dance=TWO))
    if clicked:
        page.click(140, 100)
    updates = page.choice.forget(gr.Request(session_hash=None))
    assert updates == {page.widget: "auto" if clicked else gr.skip()}
    assert not page.status.is_dancer_chosen
