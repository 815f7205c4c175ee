"""The sub-genres of each style."""

from __future__ import annotations

from d2m.score.sub_genres.ballet_jazz import BALLET_JAZZ_SUB_GENRES
from d2m.score.sub_genres.breaking import BREAK_SUB_GENRES
from d2m.score.sub_genres.house import HOUSE_SUB_GENRES
from d2m.score.sub_genres.krump import KRUMP_SUB_GENRES
from d2m.score.sub_genres.la_hip_hop import LA_HIP_HOP_SUB_GENRES
from d2m.score.sub_genres.locking import LOCK_SUB_GENRES
from d2m.score.sub_genres.middle_hip_hop import MIDDLE_HIP_HOP_SUB_GENRES
from d2m.score.sub_genres.popping import POP_SUB_GENRES
from d2m.score.sub_genres.street_jazz import STREET_JAZZ_SUB_GENRES
from d2m.score.sub_genres.sub_genre import SubGenre
from d2m.score.sub_genres.waacking import WAACK_SUB_GENRES

SUB_GENRES: dict[str, tuple[SubGenre, ...]] = {
    "break": BREAK_SUB_GENRES,
    "pop": POP_SUB_GENRES,
    "lock": LOCK_SUB_GENRES,
    "middle-hip-hop": MIDDLE_HIP_HOP_SUB_GENRES,
    "la-hip-hop": LA_HIP_HOP_SUB_GENRES,
    "house": HOUSE_SUB_GENRES,
    "waack": WAACK_SUB_GENRES,
    "krump": KRUMP_SUB_GENRES,
    "street-jazz": STREET_JAZZ_SUB_GENRES,
    "ballet-jazz": BALLET_JAZZ_SUB_GENRES,
}
"""Sub-genres by the names of the styles."""
