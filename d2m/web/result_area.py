"""The results of a job on the page, and how its events change them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import Level
from d2m.core.settings import Settings
from d2m.jobs.messages import Job, JobObserver
from d2m.jobs.worker_slot import resources_or_refuse
from d2m.web.beat_buttons import BeatButtons
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.result_cards import AnalysisCard, ComparisonCard, KeepCard
from d2m.web.setting_widgets import Update
from d2m.web.stem_mixer import stem_mixer
from d2m.web.take import detail_facts, shown_take, summary_facts
from d2m.web.take_player import player_message, take_player, take_plots
from d2m.web.take_store import StoredTake, TakeStore


class ResultArea:
    """The player of all results, and the cards of the last job.

    Parameters
    ----------
    widgets
        The widgets of the form, by the name of the setting.
    statuses
        What the jobs of each page found.
    store
        Keeps the results.
    example
        A finished result for the first visit, as `d2m.web.take_player.take_player` takes it.
    """

    def __init__(
        self,
        widgets: dict[str, Any],
        statuses: JobStatuses,
        store: TakeStore,
        example: dict[str, Any] | None = None,
    ) -> None:
        self.store = store
        self.player = take_player(example)
        self.keep = KeepCard()
        self._analysis = AnalysisCard(widgets["dancer"], widgets["style"], statuses)
        self.dancer, self.styles = self._analysis.dancer, self._analysis.styles
        self.beat = BeatButtons(widgets, statuses, self._analysis.clock)
        stem_mixer()
        take_plots()
        self._comparison = ComparisonCard()

    @property
    def outputs(self) -> list[Any]:
        """The widgets that show the results of a job."""
        return [
            self.player,
            *self._analysis.outputs,
            *self.beat.outputs,
            *self.keep.outputs,
            *self._comparison.outputs,
        ]

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `pending` changes."""
        return [
            *self._analysis.outputs,
            *self.beat.outputs,
            *self.keep.cleared_widgets,
            *self._comparison.cleared_widgets,
        ]

    @property
    def buttons(self) -> list[Any]:
        """The buttons that start a job with a change, which `ready` enables."""
        return [*self.beat.buttons, *self.styles.buttons, self.dancer.button]

    def pending(self, levels: tuple[Level, ...], again: bool) -> Update:
        """Return the updates that clear the last analysis and keep the places of the next.

        Parameters
        ----------
        levels
            The levels that were asked for.
        again
            Whether the same clip gets another beat; its analysis then stays until the next.
        """
        return {
            **self._analysis.pending(again),
            **self.beat.pending(),
            **self.keep.pending(levels),
            **self._comparison.hidden(),
        }

    def ready(self, status: JobStatus) -> Update:
        """Return the updates that enable the buttons after a job."""
        return {
            **self.beat.ready(status),
            **self.styles.ready(),
            self.dancer.button: gr.Button(interactive=True),
        }

    def pressed(self) -> Iterator[Any]:
        """Yield an event for each button that makes the last music again with a change."""
        yield from self.beat.pressed()
        yield from self.styles.pressed()
        yield self.dancer.button.click

    def places(self, levels: tuple[Level, ...], again: bool) -> set[Any]:
        """Return the parts that wait for a result; those that are left are hidden in the end."""
        # After a correction that failed, the buttons are needed for the way back.
        box = set() if again else {self.beat.box}
        return {self._analysis.column, *box, *([self.keep.row] if levels else [])}

    def observer(self, status: JobStatus, job: Job) -> JobObserver[Update]:
        """Return the observer that turns the events of a job into updates.

        Parameters
        ----------
        status
            Its settings and its analysis are remembered in it for the buttons.
        job
            The job.
        """
        status.settings = job.settings
        return _ResultObserver(self, status, job)

    def dance_shown(self, status: JobStatus, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates that show the analysis of a job."""
        status.dance = dance
        return {
            **self._analysis.shown(status, dance, settings),
            **self.beat.shown(status, dance, settings),
        }

    def takes_shown(self, takes: list[StoredTake]) -> Update:
        """Return the update that shows all results of a job so far."""
        return {self.player: player_message(takes=[shown_take(take) for take in takes])}

    def files_shown(self, files: ResultFiles) -> Update:
        """Return the updates that show the comparison and the downloads of a job."""
        return {**self._comparison.shown(files.comparisons), **self.keep.shown(files)}


class _ResultObserver(JobObserver[Update]):
    """Turns the events of one job into updates; its results go into the store."""

    def __init__(self, area: ResultArea, status: JobStatus, job: Job) -> None:
        self._area, self._status, self._job = area, status, job
        self._name = secrets.token_hex(8)
        self._takes: dict[tuple[str, int], StoredTake] = {}

    def on_dance(self, dance: DanceSummary) -> Update:
        """Return the updates that show the analysis."""
        return self._area.dance_shown(self._status, dance, self._job.settings)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> Update:
        """Keep one level's music, and return the update that shows it."""
        settings, dance = self._job.settings, self._status.dance
        facts = summary_facts(soundtrack, settings, self._name)
        facts["sentences"] += self._status.hear(soundtrack)
        if dance is not None:
            facts |= {"hasSound": dance.has_sound, "picture": dance.picture}
        with resources_or_refuse():
            take = self._area.store.add(soundtrack.paths, facts, settings, self._job.clip)
        self._takes[soundtrack.level, soundtrack.variation] = take
        return self._area.takes_shown([*self._takes.values()])

    def on_details(self, details: SoundtrackDetails) -> Update:
        """Keep the plots and stems of one level, and return the update that shows them."""
        take = self._takes[details.level, details.variation]
        with resources_or_refuse():
            take.take_in(details.paths)
        take.facts |= detail_facts(details)
        return self._area.takes_shown([*self._takes.values()])

    def on_files(self, files: ResultFiles) -> Update:
        """Return the updates that show the comparison and the downloads."""
        with resources_or_refuse():
            for level, path in files.beat_videos.items():
                self._takes[level, 1].take_in({"beats": path})
        takes = [*self._takes.values()]
        return {**self._area.takes_shown(takes), **self._area.files_shown(files)}
