"""The status card of a job as HTML."""

from __future__ import annotations

from html import escape

from d2m.jobs.messages import Failed, Finished, JobObserver, Waiting
from d2m.web.job_status import JobStatus


def card(title: str, detail: str, kind: str = "") -> str:
    """Return the status card with a title and a sentence; ``kind`` is a CSS class."""
    return (
        f'<div class="status {kind}" role="status"><p class="title">{escape(title)}</p>'
        f'<p class="detail">{escape(detail)}</p></div>'
    )


def progress_card(stage: str, share: float) -> str:
    """Return the status card with a stage and its progress bar, as high as one with text."""
    name, percent = escape(stage), round(100 * share)
    return (
        f'<div class="status"><p class="title">{name}<span class="percent">{percent}&#8201;%'
        f'</span></p><div class="bar" role="progressbar" aria-label="{name}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><div style="width:{percent}%"></div>'
        "</div></div>"
    )


IDLE = card("Ready", "Choose a clip, then press Generate.")
QUEUED = progress_card("Waiting in the queue", 0.0)
BROKEN = card("That did not work", "The results could not be shown: try again.", "bad")
STOPPED = card("Stopped", "Your file and the settings are still here.", "stopped")


class StatusCard(JobObserver[str]):
    """Turns the latest event of a job into the HTML of the status card."""

    def on_waiting(self, waiting: Waiting) -> str:
        """Return the card of a waiting job: its place, and how long it may take."""
        if waiting.seconds < 50:
            left = f"{max(5, 5 * round(waiting.seconds / 5))} s"
        else:
            left = f"{max(1, round(waiting.seconds / 60))} min"
        before = "One job is" if waiting.place == 1 else f"{waiting.place} jobs are"
        return card("Waiting in the queue", f"{before} ahead of yours: about {left}.")

    def on_progress(self, stage: str, share: float) -> str:
        """Return the card of a running stage."""
        return progress_card(stage, share)

    def on_finished(self, finished: Finished) -> str:
        """Return the card of a job that succeeded."""
        if finished.has_results:
            return card("Done", f"It took {finished.seconds:.0f} s.", "done")
        return card("Done", "Here is the analysis. Correct the beat, or press Generate.", "done")

    def on_failed(self, failed: Failed) -> str:
        """Return the card of a job that failed."""
        return card("That did not work", failed.sentence, "bad")


_STATUS_CARD = StatusCard()


def status(job: JobStatus) -> str:
    """Return the status card of a job."""
    if job.ended_early:
        return STOPPED if job.stop.is_set() else BROKEN
    return (job.latest.notify(_STATUS_CARD) if job.latest else None) or QUEUED
