"""How each style is mixed: levels, spaces, echoes and dynamics, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from d2m.audio.dynamics import Compression
from d2m.audio.echo import Echo
from d2m.audio.equaliser import Band
from d2m.audio.reverb import Space
from d2m.score.part_mixes import OFF_DB, PART_MIXES, PartMix

_GLUE = Compression(threshold_db=1.0, ratio=2.0, limit_db=3.0)


@dataclass(frozen=True)
class StyleMix:
    """How a style is mixed.

    Parameters
    ----------
    parts
        What differs from `d2m.score.part_mixes.PART_MIXES`: values by part and field.
    drum_space, space
        Reverb of the drums, and of all else.
    echo
        Echo of the parts that are sent to it.
    duck
        Factor of all parts' ducking: 1 lowers the bass by 3 dB.
    duck_release_s
        Time after which a ducked part is back (s).
    drum_gain_db
        Gain of all drums (dB).
    drum_drive_db, bass_drive_db
        Level (dB) into the saturation of the drum and the bass stem.
    harmonics_db
        Least level (dB) of a bass above 200 Hz against the whole bass.
    punch
        Share of heavily compressed drums that is added to the drums.
    glue
        Compression of the whole mix.
    bands
        Equaliser of the whole mix.
    """

    parts: dict[str, dict[str, object]]
    drum_space: Space
    space: Space
    echo: Echo = field(default_factory=Echo)
    duck: float = 1.0
    duck_release_s: float = 0.12
    drum_gain_db: float = 0.0
    drum_drive_db: float = 2.0
    bass_drive_db: float = 3.0
    harmonics_db: float = -13.0
    punch: float = 0.25
    glue: Compression = field(default_factory=lambda: _GLUE)
    bands: tuple[Band, ...] = ()


_SHINE = Band("high_shelf", 10_000.0, 3.0)
# Air for the cymbals of acoustic kits, whose recordings are dark.

_ROOM = Space(0.32, early_ms=22.0, early_db=1.0, damping_hz=7_000.0, low_cut_hz=180.0)
_STUDIO = Space(0.55, 6.0, early_ms=32.0, early_db=0.0, damping_hz=6_000.0, low_cut_hz=200.0)
_PLATE = Space(1.3, 12.0, early_db=-14.0, damping_hz=6_500.0, low_cut_hz=300.0)
_HALL = Space(2.1, 22.0, 35.0, -3.0, 70.0, 4_500.0, 180.0, 7_500.0)

STYLE_MIXES = {
    # Breaks: a hard room kit in front, dry funk around it.
    "break": StyleMix(
        parts={
            "hats": {"bands": (_SHINE,)},
            "snare": {"reverb_db": -8.0},
            "hook": {"echo_db": -19.0},
            "riff": {"pan": -0.5},
        },
        drum_space=_ROOM,
        space=_STUDIO,
        drum_drive_db=6.0,
        bass_drive_db=7.0,
        punch=0.45,
        duck=0.7,
        drum_gain_db=1.0,
    ),
    # Boogie and electro funk: gated plate, ping-pong echoes.
    "pop": StyleMix(
        parts={
            "hats": {"gain_db": -1.5},
            "snare": {"reverb_db": -8.5},
            "hook": {"level_db": -19.0, "echo_db": -13.0},
        },
        drum_space=replace(_PLATE, decay_s=0.7),
        space=_PLATE,
        echo=Echo(0.75, 0.42),
        duck=1.3,
        punch=0.3,
        drum_gain_db=1.5,
        bass_drive_db=5.0,
    ),
    # Funk: dry, close, everything in one small room.
    "lock": StyleMix(
        parts={
            "hats": {"bands": (_SHINE,)},
            "chords": {"pan": 0.35, "reverb_db": -17.0},
            "riff": {"pan": -0.5, "reverb_db": -18.0},
            "hook": {"reverb_db": -14.0, "echo_db": OFF_DB},
            "response": {"echo_db": OFF_DB},
        },
        drum_space=_ROOM,
        space=_STUDIO,
        duck=0.6,
        drum_drive_db=4.0,
        punch=0.3,
        drum_gain_db=0.5,
        bass_drive_db=6.0,
    ),
    # Boom bap: dusty, dark, heavy drums; the sample-like chords are ducked by the kick.
    "middle-hip-hop": StyleMix(
        parts={
            "kick": {"gain_db": -1.5, "low_cut_hz": 36.0},
            "bass": {"level_db": -18.0},
            "chords": {"duck_db": 2.5, "level_db": -21.5},
            "hats": {"gain_db": -2.0},
            "hook": {"level_db": -19.0, "echo_db": -17.0},
        },
        drum_space=replace(_ROOM, damping_hz=5_000.0),
        space=replace(_STUDIO, decay_s=0.9, damping_hz=4_500.0),
        echo=Echo(0.5, 0.3),
        drum_drive_db=5.0,
        bass_drive_db=4.0,
        punch=0.4,
        bands=(Band("high_shelf", 9_000.0, -1.5),),
        drum_gain_db=3.0,
    ),
    # West coast and trap: 808, wide plucks, long plate.
    "la-hip-hop": StyleMix(
        parts={
            "kick": {"gain_db": -1.0, "low_cut_hz": 36.0},
            "bass": {"level_db": -18.0, "low_cut_hz": 36.0},
            "hook": {"echo_db": -14.0, "reverb_db": -10.0},
            "hats": {"gain_db": -1.5},
        },
        drum_space=replace(_ROOM, decay_s=0.25),
        space=replace(_PLATE, decay_s=1.7),
        echo=Echo(0.75, 0.38),
        duck=1.3,
        drum_drive_db=4.0,
        bass_drive_db=7.0,
        punch=0.2,
        drum_gain_db=1.5,
        harmonics_db=-13.0,
    ),
    # House: strong ducking, wide chords and pads, long plate.
    "house": StyleMix(
        parts={
            "hats": {"gain_db": -2.0},
            "percussion": {"gain_db": 0.0},
            "kick": {"gain_db": 1.0},
            "chords": {"duck_db": 4.0, "spread": 0.35, "reverb_db": -11.0},
            "pad": {"duck_db": 4.2, "spread": 0.4},
            "riff": {"duck_db": 2.5},
            "stab": {"duck_db": 2.0},
            "hook": {"duck_db": 1.2, "echo_db": -13.0},
        },
        drum_space=replace(_ROOM, decay_s=0.4),
        space=replace(_PLATE, decay_s=1.8, predelay_ms=20.0),
        echo=Echo(0.75, 0.45),
        duck=1.8,
        duck_release_s=0.16,
        drum_drive_db=2.0,
        punch=0.2,
        bass_drive_db=5.0,
    ),
    # Disco: strings and brass in a bright plate, four on the floor.
    "waack": StyleMix(
        parts={
            "pad": {"level_db": -24.0, "reverb_db": -7.0},
            "hats": {"gain_db": 0.0},
            "hook": {"echo_db": -20.0, "reverb_db": -9.0},
        },
        drum_space=replace(_PLATE, decay_s=0.55),
        space=replace(_PLATE, decay_s=1.6, damping_hz=8_000.0),
        duck=0.9,
        punch=0.3,
        bands=(Band("high_shelf", 8_000.0, 1.0),),
        drum_gain_db=1.0,
    ),
    # Krump: huge kick and bass, distorted, dark halls behind.
    "krump": StyleMix(
        parts={
            "kick": {"gain_db": -0.5, "low_cut_hz": 38.0},
            "bass": {"level_db": -17.5, "low_cut_hz": 36.0},
            "stab": {"reverb_db": -8.0},
            "snare": {"gain_db": 1.0, "reverb_db": -8.0},
        },
        drum_space=replace(_STUDIO, decay_s=0.7),
        space=replace(_HALL, decay_s=1.7),
        echo=Echo(0.5, 0.3),
        duck=1.6,
        drum_drive_db=6.0,
        bass_drive_db=8.0,
        punch=0.4,
        drum_gain_db=1.0,
        harmonics_db=-11.0,
    ),
    # Street jazz: a live band in a good room.
    "street-jazz": StyleMix(
        parts={
            "hats": {"bands": (_SHINE,)},
            "snare": {"reverb_db": -11.0},
            "hook": {"echo_db": OFF_DB, "reverb_db": -10.0},
            "response": {"echo_db": OFF_DB},
            "chords": {"pan": 0.2},
        },
        drum_space=_STUDIO,
        space=replace(_PLATE, decay_s=1.1),
        duck=0.5,
        punch=0.2,
        glue=Compression(threshold_db=2.0, ratio=1.7, limit_db=2.0),
        drum_drive_db=4.0,
        drum_gain_db=1.0,
        harmonics_db=-14.0,
        bass_drive_db=4.0,
    ),
    # Ballet jazz: a hall, wide dynamics, hardly any compression.
    "ballet-jazz": StyleMix(
        parts={
            "kick": {"gain_db": -2.0, "reverb_db": -16.0},
            "snare": {"gain_db": -2.0, "reverb_db": -8.0},
            "hats": {"bands": (_SHINE,), "gain_db": -1.0, "reverb_db": -15.0},
            "bass": {"level_db": -20.5, "reverb_db": -22.0},
            "chords": {"level_db": -20.5, "reverb_db": -9.0},
            "pad": {"level_db": -23.5, "reverb_db": -6.0},
            "hook": {"level_db": -19.5, "reverb_db": -7.5, "echo_db": OFF_DB},
            "response": {"reverb_db": -7.0, "echo_db": OFF_DB},
        },
        drum_space=_HALL,
        space=_HALL,
        duck=0.3,
        bass_drive_db=0.0,
        punch=0.0,
        glue=Compression(threshold_db=3.0, ratio=1.5, release_ms=300.0, limit_db=1.5),
        harmonics_db=-17.0,
        drum_drive_db=3.0,
    ),
}
"""How each style of `d2m.core.styles.STYLES` is mixed. Chosen by hand and by spectra."""


def style_mix(style: str) -> StyleMix:
    """Return how a style is mixed; an unknown one is mixed plainly."""
    return STYLE_MIXES.get(style) or StyleMix({}, _ROOM, _STUDIO)


def part_mix(style: str, part: str, stem: str) -> PartMix:
    """Return how a style mixes a part; an unknown part is mixed as its stem's main one."""
    main = {"drums": "percussion", "lead": "hook"}.get(stem, stem)
    name = part if part in PART_MIXES else main
    settings = style_mix(style)
    mix = replace(PART_MIXES[name], **settings.parts.get(name, {}))  # type: ignore[arg-type]
    return replace(mix, gain_db=mix.gain_db + settings.drum_gain_db) if stem == "drums" else mix
