"""A job whose settings can't be used is refused before it waits in the queue."""

from __future__ import annotations

import pytest

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.jobs.messages import Job


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(taps_s=(1.0,)), "1 tapped beats are too few"),
        (Settings(tempo_bpm=40.0, tempo_scale="half"), "BPM"),
    ],
)
def test_corrections_that_cannot_be_used_are_refused_at_once(
    settings: Settings, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        Job.requested("lost.mp4", "studio", settings)
    with pytest.raises(SettingsError, match="Choose a clip first"):
        Job.requested(None, "studio", settings)


def test_settings_that_go_together_make_a_job() -> None:
    job = Job.requested("lost.mp4", "studio", Settings(taps_s=(0.5, 1.0, 1.5, 2.0)))
    assert job.settings.taps_s == (0.5, 1.0, 1.5, 2.0)
