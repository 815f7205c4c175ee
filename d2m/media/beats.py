"""How pictures and videos show beats: their colours, and which of them meet.

Colours are Okabe and Ito's, which people of any colour vision can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.grid import BEAT_TOLERANCE_S


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours as ``#RRGGBB``.

    Parameters
    ----------
    ground
        Behind everything.
    ink, faint
        Letters; lines that only guide the eye.
    dance, music, match
        Beats of the dancer, of the music, and those that meet: lines and areas, at a
        contrast of 3:1 or more with the ground.
    dance_text, music_text, match_text
        The same for letters, at 4.5:1 or more.
    """

    ground: str
    ink: str
    faint: str
    dance: str
    music: str
    match: str
    dance_text: str
    music_text: str
    match_text: str


LIGHT = Palette(
    ground="#FFFFFF",
    ink="#222222",
    faint="#767676",
    dance="#0072B2",
    music="#D55E00",
    match="#009E73",
    dance_text="#0072B2",
    music_text="#B34F00",
    match_text="#007A59",
)
DARK = Palette(
    ground="#0F172A",
    ink="#EDEDED",
    faint="#94A3B8",
    dance="#56B4E9",
    music="#E69F00",
    match="#009E73",
    dance_text="#56B4E9",
    music_text="#E69F00",
    match_text="#1BB388",
)


def meetings(dance_beats_s: NDArray[Any], music_beats_s: NDArray[Any]) -> NDArray[np.int64]:
    """Pair the beats of a dance with those of music, as beat tracking is scored.

    Parameters
    ----------
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).

    Returns
    -------
    (P, 2)
        Indices of a beat of the dance and one of the music that are at most 70 ms apart;
        each beat is in one pair at most, and there are as many pairs as possible.
    """
    import mir_eval

    pairs = mir_eval.util.match_events(dance_beats_s, music_beats_s, BEAT_TOLERANCE_S)
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
