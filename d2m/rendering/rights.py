"""The rights sheet: what made each sound of a soundtrack, under which licence."""

from __future__ import annotations

from typing import Any

from d2m.checkpoints import family_named
from d2m.checkpoints.registry import Family
from d2m.core.common_settings import COMPACT
from d2m.core.levels import BASELINES, HopLevel
from d2m.generation.soundtrack import Soundtrack
from d2m.score.sound_bank import SoundBank

_BASELINE_ORIGIN = (
    "made by D2M's own version of a published method; its weights, if it has any, were trained "
    "on pieces that D2M composed"
)
_OWN_LICENCE = "Apache-2.0, like the program; the music is yours"


def rights_sheet(soundtrack: Soundtrack) -> list[dict[str, Any]]:
    """Return what a soundtrack was made from.

    Returns
    -------
    list of dict
        ``what`` (the composition, an instrument or the weights), ``origin``, ``licence``,
        and ``commercial_use``, which is whether the licence allows it.
    """
    score, family = soundtrack.score, _family(soundtrack)
    entries = []
    if score is not None:
        entries = [
            rights_entry("composition and arrangement", "composed by D2M", _OWN_LICENCE, True)
        ]
    elif family is None:
        entries = [rights_entry("notes", _BASELINE_ORIGIN, _OWN_LICENCE, True)]
    bank = SoundBank.from_folder()
    for track in soundtrack.tracks if score is None else score.tracks:
        entries += [
            rights_entry(track.name, one.origin, one.licence, True)
            for one in bank.origins(track.instrument)
        ]
    if family is not None:
        weights = (family.label, family.trained_on, family.licence, family.commercial_use)
        entries.append(rights_entry(*weights))
    return entries


def rights_sentence(soundtrack: Soundtrack) -> str:
    """Return one sentence on how a soundtrack may be used."""
    family = _family(soundtrack)
    if family is None or (soundtrack.score and family.commercial_use):
        source = "composed for your clip" if soundtrack.score else "made by one of the baselines"
        return (
            f"You may use this music commercially: it was {source} and is played "
            "with CC0, public domain and MIT-licensed sounds."
        )
    if family.commercial_use:
        return "You may use this music commercially: its weights were made for this project."
    return f"Not for commercial use. Licence of the weights: {family.licence}."


def _family(soundtrack: Soundtrack) -> Family | None:
    """Return the weights that a soundtrack comes from; None for those of no network."""
    if isinstance(soundtrack.level, HopLevel):
        return family_named(soundtrack.settings.weights)
    return family_named(COMPACT) if soundtrack.level == BASELINES["random"] else None


def rights_entry(what: str, origin: str, licence: str, commercial_use: bool) -> dict[str, Any]:
    """Return an entry of a rights sheet, as `rights_sheet` describes it."""
    return {"what": what, "origin": origin, "licence": licence, "commercial_use": commercial_use}
