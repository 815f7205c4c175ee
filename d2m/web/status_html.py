"""The status of a job: its stage, how much is done and how long the rest takes, or how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from d2m.jobs.messages import Failed, Finished, JobObserver, Waiting
from d2m.web.job_status import JobStatus

Status = dict[str, Any]
"""What the bar shows: its ``kind`` (a CSS class), a ``title``, a ``detail``, and the ``share`` of
the job that is done, 0 to 1, or None for a job that does not run."""

_SCRIPT = Path(__file__).with_name("job_bar.js")
_FRAME = """<div class="status">
<p class="line"><span class="title" role="status"></span> <span class="percent"></span>
<span class="detail"></span> <a class="see" href="#{results}" hidden>Show the result</a></p>
<div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" hidden><div></div></div>
</div>"""
_MINUTES_FROM_S = 90.0
"""Time from which the time left is said in minutes (s); chosen by hand."""
_STEP_S = 5
"""Step to which shorter times are rounded up (s), likewise: no estimate is better."""


def status_widget(idle: Status, elem_id: str, results: str) -> gr.HTML:
    """Return the widget that shows a status, beside the buttons that start and stop a job.

    Parameters
    ----------
    idle
        The status before the first job.
    elem_id
        Id of the widget.
    results
        Id of the column of the results, to which a link leads on a narrow window.
    """
    return gr.HTML(
        idle,
        html_template=_FRAME.format(results=results),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
        elem_id=elem_id,
    )


def message(title: str, detail: str, kind: str = "") -> Status:
    """Return the status with a title and a sentence; ``kind`` is a CSS class."""
    return {"kind": kind, "title": title, "detail": detail, "share": None}


def running(stage: str, share: float, detail: str = "") -> Status:
    """Return the status of a job that runs: its stage and the share of it all that is done."""
    return {"kind": "running", "title": stage, "detail": detail, "share": round(share, 3)}


def time_left(seconds: float | None) -> str:
    """Return a sentence on the time left (s), which may be unknown."""
    if seconds is None:
        return ""
    if seconds < _STEP_S:
        return "A few seconds left."
    if seconds < _MINUTES_FROM_S:
        return f"About {_STEP_S * -int(-seconds // _STEP_S)} s left."
    return f"About {round(seconds / 60)} min left."


IDLE = message("Ready", "Choose a clip, then press Generate.")
QUEUED = running("Waiting in the queue", 0.0)
BROKEN = message("That did not work", "The results could not be shown: try again.", "bad")
STOPPED = message("Stopped", "Your file and the settings are still here.", "stopped")


class StatusReport(JobObserver[Status]):
    """Turns the latest event of a job into its status.

    Parameters
    ----------
    job
        The job.
    """

    def __init__(self, job: JobStatus) -> None:
        self._job = job

    def on_waiting(self, waiting: Waiting) -> Status:
        """Return the status of a waiting job: its place, and how long it may take."""
        if waiting.seconds < 50:
            left = f"{max(5, 5 * round(waiting.seconds / 5))} s"
        else:
            left = f"{max(1, round(waiting.seconds / 60))} min"
        before = "One job is" if waiting.place == 1 else f"{waiting.place} jobs are"
        return message("Waiting in the queue", f"{before} ahead of yours: about {left}.")

    def on_progress(self, stage: str, share: float) -> Status:  # noqa: ARG002
        """Return the status of a running stage, with the share of the whole job."""
        progress = self._job.progress
        if progress is None:
            return running(stage, 0.0)
        return running(stage, progress.share, time_left(progress.seconds_left))

    def on_finished(self, finished: Finished) -> Status:
        """Return the status of a job that succeeded."""
        if finished.has_results:
            return message("Done", f"It took {finished.seconds:.0f} s.", "done")
        return message("Done", "Here is the analysis. Correct the beat, or press Generate.", "done")

    def on_failed(self, failed: Failed) -> Status:
        """Return the status of a job that failed."""
        return message("That did not work", failed.sentence, "bad")


def status(job: JobStatus) -> Status:
    """Return the status of a job."""
    if job.ended_early:
        return STOPPED if job.stop.is_set() else BROKEN
    return (job.latest.notify(StatusReport(job)) if job.latest else None) or QUEUED
