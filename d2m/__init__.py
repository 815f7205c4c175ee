"""Music for dance videos: D2M-GAN from a raw clip to a soundtrack.

The public names are loaded when they are first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "DanceToMusic": "d2m.pipeline",
    "Dance": "d2m.perception.dance",
    "Soundtrack": "d2m.generation.generate",
    "Settings": "d2m.core.settings",
    "Rhythm": "d2m.perception.rhythm",
    "estimate_rhythm": "d2m.perception.rhythm",
    "Level": "d2m.core.levels",
    "HIGH": "d2m.core.levels",
    "LOW": "d2m.core.levels",
    "LEVELS": "d2m.core.levels",
    "STYLES": "d2m.core.styles",
    "D2MError": "d2m.core.errors",
}

if TYPE_CHECKING:
    from d2m.core.errors import D2MError as D2MError
    from d2m.core.levels import HIGH as HIGH
    from d2m.core.levels import LEVELS as LEVELS
    from d2m.core.levels import LOW as LOW
    from d2m.core.levels import Level as Level
    from d2m.core.settings import Settings as Settings
    from d2m.core.styles import STYLES as STYLES
    from d2m.generation.generate import Soundtrack as Soundtrack
    from d2m.perception.dance import Dance as Dance
    from d2m.perception.rhythm import Rhythm as Rhythm
    from d2m.perception.rhythm import estimate_rhythm as estimate_rhythm
    from d2m.pipeline import DanceToMusic as DanceToMusic

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
