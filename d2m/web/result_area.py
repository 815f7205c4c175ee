"""The results of a job on the page, and how its events change them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import BASELINES, HOP_LEVELS, LEVELS_AND_BASELINES, STUDIO, Level
from d2m.core.settings import Settings
from d2m.jobs.messages import JobObserver
from d2m.web.beat_buttons import BeatButtons
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.level_card import LevelCard
from d2m.web.result_cards import AnalysisCard, ComparisonCard, KeepCard
from d2m.web.setting_widgets import Update


class ResultArea:
    """All cards of results, and the buttons between them.

    Parameters
    ----------
    widgets
        The widgets of the form, by the name of the setting.
    statuses
        What the jobs of each page found.
    """

    def __init__(self, widgets: dict[str, Any], statuses: JobStatuses) -> None:
        self._analysis = AnalysisCard(widgets["dancer"], statuses)
        self.dancer = self._analysis.dancer
        self.beat = BeatButtons(widgets, statuses, self._analysis.clock)
        self.keep = KeepCard()
        self._levels = {STUDIO.name: LevelCard(STUDIO.name)}
        with gr.Row(equal_height=False):
            self._levels |= {name: LevelCard(name) for name in HOP_LEVELS}
        self._comparison = ComparisonCard()
        with gr.Row(equal_height=False):
            self._levels |= {name: LevelCard(name) for name in BASELINES}

    @property
    def outputs(self) -> list[Any]:
        """The widgets that show the results of a job."""
        return [
            *self._analysis.outputs,
            *self.beat.outputs,
            *self.keep.outputs,
            *(part for card in self._levels.values() for part in card.outputs),
            *self._comparison.outputs,
        ]

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `pending` changes."""
        return [
            *self._analysis.outputs,
            *self.beat.outputs,
            *self.keep.cleared_widgets,
            *(part for card in self._levels.values() for part in card.cleared_widgets),
            *self._comparison.cleared_widgets,
        ]

    @property
    def tracks(self) -> list[Any]:
        """The music of each level, best first, then that of the baselines."""
        return [card.audio for card in self._levels.values()]

    def pending(self, levels: tuple[Level, ...], again: bool) -> Update:
        """Return the updates that clear the last results and keep the places of the next.

        Parameters
        ----------
        levels
            The levels that were asked for.
        again
            Whether the same clip gets another beat; its analysis then stays until the next.
        """
        updates: Update = {
            **self._analysis.pending(again),
            **self.beat.pending(),
            **self.keep.pending(levels),
            **self._comparison.hidden(),
        }
        for name, card in self._levels.items():
            updates |= card.pending(visible=LEVELS_AND_BASELINES[name] in levels)
        return updates

    def places(self, levels: tuple[Level, ...], again: bool) -> set[Any]:
        """Return the parts that wait for a result; those that are left are hidden in the end."""
        cards = {self._levels[level.name].column for level in levels}
        # After a correction that failed, the buttons are needed for the way back.
        box = set() if again else {self.beat.box}
        return {self._analysis.column, *box, *cards, *([self.keep.row] if levels else [])}

    def observer(self, job: JobStatus, settings: Settings) -> JobObserver[Update]:
        """Return the observer that turns the events of a job into updates.

        Parameters
        ----------
        job
            The job; its settings and its analysis are remembered for the buttons.
        settings
            Its settings.
        """
        job.settings = settings
        return _ResultObserver(self, job, settings)

    def dance_shown(self, job: JobStatus, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates that show the analysis of a job."""
        job.dance = dance
        return {
            **self._analysis.shown(dance, settings),
            **self.beat.shown(job, dance, settings),
        }

    def level_shown(self, soundtrack: SoundtrackSummary, settings: Settings) -> Update:
        """Return the updates that show one level's music."""
        return self._levels[soundtrack.level].shown(soundtrack, settings)

    def details_shown(self, details: SoundtrackDetails) -> Update:
        """Return the updates that show the plots of one level's music."""
        return self._levels[details.level].details_shown(details)

    def files_shown(self, files: ResultFiles) -> Update:
        """Return the updates that show the comparison and the downloads of a job."""
        updates = {**self._comparison.shown(files.comparisons), **self.keep.shown(files)}
        for level, path in files.beat_videos.items():
            updates |= self._levels[level].overlay_shown(path)
        return updates


class _ResultObserver(JobObserver[Update]):
    """Turns the events of one job into updates."""

    def __init__(self, area: ResultArea, job: JobStatus, settings: Settings) -> None:
        self._area, self._job, self._settings = area, job, settings

    def on_dance(self, dance: DanceSummary) -> Update:
        """Return the updates that show the analysis."""
        return self._area.dance_shown(self._job, dance, self._settings)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> Update:
        """Return the updates that show one level's music."""
        return self._area.level_shown(soundtrack, self._settings)

    def on_details(self, details: SoundtrackDetails) -> Update:
        """Return the updates that show the plots of one level."""
        return self._area.details_shown(details)

    def on_files(self, files: ResultFiles) -> Update:
        """Return the updates that show the comparison and the downloads."""
        return self._area.files_shown(files)
