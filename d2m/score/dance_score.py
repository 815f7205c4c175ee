"""The score of a dance: a song of its style, arranged for it as the settings of a job say."""

from __future__ import annotations

from d2m.core.settings import KEYS, Settings
from d2m.core.styles import AUTO
from d2m.perception.conditioning import Conditioning
from d2m.score.arrangement import arrange
from d2m.score.composition import compose
from d2m.score.notes import Score
from d2m.score.options import ScoreOptions


def score_of(dance: Conditioning, settings: Settings, seed: int = 0) -> Score:
    """Compose and arrange the score of a dance.

    All levels that play a score play this one: the same seed gives the same piece.

    Parameters
    ----------
    dance
        The dance; its style is that of the music.
    settings
        How the score is made: the settings of the section ``score`` are used.
    seed
        Another seed gives another song.
    """
    key = None if settings.key == AUTO else KEYS.index(settings.key)
    mode = None if settings.mode == AUTO else settings.mode
    song = compose(dance.style.name, seed, key=key, mode=mode)
    return arrange(song, dance, score_options(settings))


def score_options(settings: Settings) -> ScoreOptions:
    """Return the options of an arrangement from the settings of a job."""
    return ScoreOptions(
        energy=settings.energy,
        density=settings.density,
        brightness=settings.brightness,
        drums=settings.drums,
        bass=settings.bass,
        chords=settings.chords,
        lead=settings.lead,
        intro=settings.intro,
        ending=settings.ending,
        swing_percent=settings.swing_percent,
        arrangement=settings.arrangement,
        fixed_bars=bool(settings.taps_s),
    )
