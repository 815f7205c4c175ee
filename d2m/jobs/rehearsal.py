"""Do a short job whose results no one gets, so that the first real one finds everything loaded.

The first job of a process takes twice as long as later ones: it imports what modules import late,
loads networks, sounds and fonts, and lets libraries compile and set up what they keep.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from d2m.core.events import Observer
from d2m.core.levels import LEVELS
from d2m.core.settings import Settings

REHEARSED_S = 2.0
"""Length of the part of the clip that is used (s): the least that is accepted."""


def rehearse(clip: Path, is_wanted_elsewhere: Callable[[], bool]) -> None:
    """Do a job with all levels on the beginning of a clip, and remove its results.

    Parameters
    ----------
    clip
        Video file with a dancer.
    is_wanted_elsewhere
        Whether a real job has come. It is asked now and then, and if so, the rest is left out.

    Raises
    ------
    D2MError
        If the clip can't be used.
    """
    from d2m.pipeline import DanceToMusic

    class Watch(Observer[None]):
        def on_progress(self, stage: str, share: float) -> None:  # noqa: ARG002
            if is_wanted_elsewhere():
                raise _LeftOutError

    settings = Settings(length_s=REHEARSED_S)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as out:
        try:
            DanceToMusic().produce(
                clip, (*LEVELS.values(),), settings, out=Path(out), observer=Watch()
            )
        except _LeftOutError:
            return


class _LeftOutError(Exception):
    """A real job has come."""
