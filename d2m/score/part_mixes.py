"""How parts are mixed unless a style says otherwise, as data."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from d2m.audio.equaliser import Band

OFF_DB = -99.0
"""A send at this level (dB) is off."""


@dataclass(frozen=True)
class PartMix:
    """How one part is mixed.

    Parameters
    ----------
    level_db
        Loudness (LUFS, K-weighted) while the part plays at velocity 100, before the master;
        None for drums, whose levels are those of the kit.
    gain_db
        Gain (dB) on top of it.
    pan
        Place from -1 (left) to 1 (right).
    width
        Factor of the side signal.
    spread
        Share of the mid signal that is added, decorrelated, to the side signal.
    low_cut_hz
        Corner of the high-pass (Hz).
    bands
        Further equaliser bands.
    reverb_db, echo_db
        Levels of the sends (dB) against the dry signal.
    duck_db
        How far each kick ducks the part (dB).
    """

    level_db: float | None = None
    gain_db: float = 0.0
    pan: float = 0.0
    width: float = 1.0
    spread: float = 0.0
    low_cut_hz: float = 90.0
    bands: tuple[Band, ...] = ()
    reverb_db: float = OFF_DB
    echo_db: float = OFF_DB
    duck_db: float = 0.0

    @property
    def sends_db(self) -> dict[str, float]:
        """Levels of the sends (dB): ``"spread"``, ``"reverb"`` and ``"echo"``."""
        spread_db = 20.0 * log10(self.spread) if self.spread > 0 else OFF_DB
        return {"spread": spread_db, "reverb": self.reverb_db, "echo": self.echo_db}


_SNAP = Band("peak", 4_500.0, 2.0, 0.8)
_AIR = Band("high_shelf", 9_000.0, 2.0)
_NO_BOX = Band("peak", 350.0, -2.5, 0.9)
_NO_MUD = Band("peak", 280.0, -2.0, 0.8)
_PRESENCE = Band("peak", 3_000.0, 2.0, 0.7)
_GROWL = Band("peak", 900.0, 2.0, 0.8)

PART_MIXES = {
    "kick": PartMix(gain_db=1.0, low_cut_hz=30.0, width=0.3, bands=(_NO_BOX, _SNAP)),
    "snare": PartMix(gain_db=1.5, low_cut_hz=80.0, bands=(_AIR,), reverb_db=-11.0),
    "hats": PartMix(gain_db=0.5, width=1.4, low_cut_hz=300.0, reverb_db=-22.0),
    "percussion": PartMix(gain_db=1.0, width=1.4, low_cut_hz=130.0, reverb_db=-14.0),
    "bass": PartMix(level_db=-19.0, low_cut_hz=32.0, width=0.4, bands=(_GROWL,), duck_db=3.0),
    "chords": PartMix(
        level_db=-22.5,
        spread=0.35,
        low_cut_hz=140.0,
        bands=(_NO_MUD,),
        reverb_db=-13.0,
        duck_db=1.0,
    ),
    "pad": PartMix(
        -26.0,
        width=1.2,
        spread=0.3,
        low_cut_hz=180.0,
        bands=(_NO_MUD,),
        reverb_db=-9.0,
        duck_db=2.0,
    ),
    "riff": PartMix(
        level_db=-24.0, pan=-0.42, low_cut_hz=160.0, bands=(_PRESENCE,), reverb_db=-14.0
    ),
    "stab": PartMix(
        level_db=-21.0, spread=0.4, low_cut_hz=130.0, bands=(_PRESENCE,), reverb_db=-11.0
    ),
    "hook": PartMix(
        level_db=-20.0,
        spread=0.1,
        low_cut_hz=150.0,
        bands=(_PRESENCE, _AIR),
        reverb_db=-12.0,
        echo_db=-16.0,
    ),
    "response": PartMix(
        level_db=-22.0,
        pan=0.35,
        low_cut_hz=180.0,
        bands=(_PRESENCE,),
        reverb_db=-10.0,
        echo_db=-14.0,
    ),
    "effects": PartMix(level_db=-23.0, spread=0.3, low_cut_hz=45.0, reverb_db=-12.0),
}
"""How parts are mixed unless a style says otherwise. Chosen by hand and by spectra."""
