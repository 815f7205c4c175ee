"""The status of the job that one press on the start button began, and how it is stopped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from d2m.core.events import DanceSummary, SoundtrackSummary, heard_sentence
from d2m.core.settings import Settings
from d2m.jobs.messages import Failed, Finished, Message
from d2m.web.job_progress import JobProgress

MAX_STATUSES = 1000
"""Jobs whose status is kept (count); each takes about a kilobyte. Chosen by hand."""

MAX_HEARD = 48
"""Pieces that a page remembers as heard (count): six jobs of eight. Chosen by hand."""


@dataclass(kw_only=True)
class JobStatus:
    """What the handler that runs a job shares with the handler that reports its progress.

    They are separate because events come faster than a page with many widgets can be redrawn:
    the second takes the latest event at its own pace and skips the others.

    Attributes
    ----------
    latest : Waiting, Stage, Failed, Finished or None
        The latest event of the job.
    progress : JobProgress or None
        How much of it is done; None before it is known what it does.
    stop : threading.Event
        Set when the job is no longer wanted.
    over : threading.Event
        Set when the job has ended in any way and all its results are shown.
    levels : tuple of str
        Names of the levels that were asked for.
    again : bool
        Whether a button that corrects the beat or the dancer began the job.
    corrected : bool
        Whether such a button has changed the form since the clip was chosen.
    is_dancer_chosen : bool
        Whether a dancer was clicked since the clip was chosen.
    settings : Settings or None
        The settings of the job, or of the last one until they are read.
    dance : DanceSummary or None
        The analysis of the clip, or of the last job until it is there.
    others : tuple of (float, float)
        Other guesses of the beats, likeliest first: tempo (BPM) and shift (beats).
    other_styles : tuple of str
        Names of the styles that are offered beside the one in use.
    heard : tuple of SoundtrackSummary
        The latest music of the page, until all kinds of songs of a style were among it.
    """

    latest: Message | None = None
    progress: JobProgress | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    levels: tuple[str, ...] = ()
    again: bool = False
    corrected: bool = False
    is_dancer_chosen: bool = False
    settings: Settings | None = None
    dance: DanceSummary | None = None
    others: tuple[tuple[float, float], ...] = ()
    other_styles: tuple[str, ...] = ()
    heard: tuple[SoundtrackSummary, ...] = ()

    @property
    def ended_early(self) -> bool:
        """Whether the job is over, but neither finished nor failed."""
        return self.over.is_set() and not isinstance(self.latest, Finished | Failed)

    def hear(self, soundtrack: SoundtrackSummary) -> list[str]:
        """Note that the page has a piece; return a sentence, once, when all kinds were heard."""
        self.heard = (*self.heard, soundtrack)[-MAX_HEARD:]
        sentence = heard_sentence(self.heard)
        if sentence:
            self.heard = ()
        return [sentence] if sentence else []

    def fail(self, sentence: str) -> None:
        """End a job that never began; one that is over stays unchanged."""
        if not self.over.is_set():
            self.latest = Failed(sentence)
            self.stop.set()
            self.over.set()


class JobStatuses:
    """The latest job status of each page.

    They are not kept in Gradio's sessions: Gradio drops the oldest sessions, and the progress
    of their jobs could no longer be reported.

    Parameters
    ----------
    most
        How many are kept.
    """

    def __init__(self, most: int = MAX_STATUSES) -> None:
        self._most = most
        self._of_page: OrderedDict[str | None, JobStatus] = OrderedDict()

    def create(self, page: str | None, levels: tuple[str, ...] | None = None) -> JobStatus:
        """Return the job status of a new job of a page, which remembers what the last one found.

        Parameters
        ----------
        page
            The page.
        levels
            Names of the levels; None repeats those of the last job, with another beat.
        """
        last = self._of_page.pop(page, None) or JobStatus()
        status = self._of_page[page] = JobStatus(
            levels=last.levels if levels is None else levels,
            again=levels is None,
            corrected=last.corrected,
            is_dancer_chosen=last.is_dancer_chosen,
            settings=last.settings,
            dance=last.dance,
            others=last.others,
            other_styles=last.other_styles,
            heard=last.heard,
        )
        if len(self._of_page) > self._most:
            self._of_page.popitem(last=False)
        return status

    def get(self, page: str | None) -> JobStatus:
        """Return the job status of a page; without one, that of a failed job."""
        status = self._of_page.get(page)
        if status is None:
            status = JobStatus()
            status.fail("This page was open for too long: load it again.")
        return status
