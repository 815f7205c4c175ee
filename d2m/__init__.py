"""Music for dance videos, and dances for music.

The public names are loaded on first use, so importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

_MODULES = {
    "DanceToMusic": "d2m.pipeline",
    "MusicToDance": "d2m.choreography.music_to_dance",
    "Choreography": "d2m.choreography.choreography_result",
    "DanceSettings": "d2m.core.dance_settings",
    "CompactModel": "d2m.generation.compact",
    "D2MGANModel": "d2m.generation.d2mgan",
    "StudioModel": "d2m.generation.studio",
    "Conditioning": "d2m.perception.conditioning",
    "Dance": "d2m.perception.dance",
    "Soundtrack": "d2m.generation.soundtrack",
    "Settings": "d2m.core.settings",
    "Observer": "d2m.core.events",
    "Rhythm": "d2m.perception.rhythm",
    "estimate_rhythm": "d2m.perception.rhythm",
    "Level": "d2m.core.levels",
    "STUDIO": "d2m.core.levels",
    "HIGH": "d2m.core.levels",
    "LOW": "d2m.core.levels",
    "LEVELS": "d2m.core.levels",
    "STYLES": "d2m.core.styles",
    "D2MError": "d2m.core.errors",
    "__version__": "d2m.core.version",
}
"""The module that defines each public name."""

if TYPE_CHECKING:
    from d2m.choreography.choreography_result import Choreography as Choreography
    from d2m.choreography.music_to_dance import MusicToDance as MusicToDance
    from d2m.core.dance_settings import DanceSettings as DanceSettings
    from d2m.core.errors import D2MError as D2MError
    from d2m.core.events import Observer as Observer
    from d2m.core.levels import HIGH as HIGH
    from d2m.core.levels import LEVELS as LEVELS
    from d2m.core.levels import LOW as LOW
    from d2m.core.levels import STUDIO as STUDIO
    from d2m.core.levels import Level as Level
    from d2m.core.settings import Settings as Settings
    from d2m.core.styles import STYLES as STYLES
    from d2m.core.version import __version__ as __version__
    from d2m.generation.compact import CompactModel as CompactModel
    from d2m.generation.d2mgan import D2MGANModel as D2MGANModel
    from d2m.generation.soundtrack import Soundtrack as Soundtrack
    from d2m.generation.studio import StudioModel as StudioModel
    from d2m.perception.conditioning import Conditioning as Conditioning
    from d2m.perception.dance import Dance as Dance
    from d2m.perception.rhythm import Rhythm as Rhythm
    from d2m.perception.rhythm import estimate_rhythm as estimate_rhythm
    from d2m.pipeline import DanceToMusic as DanceToMusic

__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_MODULES[name]), name)
