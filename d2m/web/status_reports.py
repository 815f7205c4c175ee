"""The reports of a running job to its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from d2m.web import status_html
from d2m.web.job_status import JobStatus
from d2m.web.status_html import Status

REPORT_S = 0.2
"""Shortest time between two reports of a job's progress (s); chosen by hand."""
REPEAT_S = 0.5
"""Time after which the same progress is reported again (s). Gradio notices only between two
reports that a visitor has left."""


async def status_reports(job: JobStatus) -> AsyncGenerator[Status, None]:
    """Yield the status of a job until it is over; closing it earlier stops the job."""
    try:
        last: Status = {}
        silent_s = 0.0
        while True:
            over = job.over.is_set()  # read first, so that the last report is the end
            status = status_html.status(job)
            if over or status != last or silent_s >= REPEAT_S:
                yield status
                last, silent_s = status, 0.0
            if over:
                return
            await asyncio.sleep(REPORT_S)
            silent_s += REPORT_S
    finally:
        job.stop.set()
