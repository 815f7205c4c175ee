"""Nine drum kits, each from acoustic, sampled and synthesised drums."""

from __future__ import annotations

import drum_machines as dm
import kits as k
from kits import Drum, Sound

from d2m.score import instruments as gm

Kit = dict[int, Drum]


def _one(*sounds: Sound, level_db: float = 0.0) -> Drum:
    return Drum(tuple(sounds), level_db=level_db)


def _acoustic(program: int) -> Kit:
    """Return all drums of an acoustic kit of the soundfont, in layers where they matter."""
    layers = {gm.SNARE: (45, 85, 122), gm.KICK: (70, 120), gm.CLOSED_HAT: (55, 115)}
    same = {gm.SNAP: 58, gm.RIDE_BELL: 53}
    kit = {}
    for drum in gm.KIT_DRUMS:
        velocities = layers.get(drum, (112,))
        key = same.get(drum, drum)
        kit[drum] = _one(*(k.of_font(program, key, v) for v in velocities))
    kit[gm.SNAP] = _one(k.of_file("perc_snap"), k.of_file("perc_snap2"))
    kit[gm.SHAKER] = _one(dm.shaker(0.035, 1), dm.shaker(0.045, 2))
    return kit


def _processed(kit: Kit, *processes: object, only: tuple[int, ...] = ()) -> Kit:
    """Return a kit whose drums (or some of them) went through processes."""
    return {
        drum: Drum(tuple(k.then(s, *processes) for s in made.sounds), made.seconds, made.level_db)
        if not only or drum in only
        else made
        for drum, made in kit.items()
    }


def funk() -> Kit:
    """Return a dry acoustic kit: tight kick, cracking snare."""
    kit = _acoustic(0)
    drums = (gm.KICK, gm.KICK_2)
    kit = _processed(
        kit, k.tight(0.12, 0.06), k.eq(65, 3), k.eq(350, -4), k.eq(3500, 3), only=drums
    )
    kit = _processed(
        kit,
        k.tight(0.14, 0.05),
        k.eq(200, 2),
        k.eq(5000, 3),
        k.drive(3),
        only=(gm.SNARE, gm.SNARE_2),
    )
    kit[gm.SNARE_2] = _one(k.of_file("drum_snare_hard"))
    kit[gm.CLAP] = _one(dm.clap(0.06, 1100, 5))
    return kit


def disco() -> Kit:
    """Return a bright studio kit of the seventies: damped drums, open hats that sizzle."""
    kit = _acoustic(2)
    kick = k.together((k.of_file("drum_bass_hard"), 0.0), (k.of_font(0, 36, 120), -8.0))
    kit[gm.KICK] = _one(k.then(kick, k.tight(0.09, 0.05), k.eq(90, 3), k.eq(400, -5)))
    snare = k.together((k.of_file("drum_snare_hard"), 0.0), (dm.clap(0.07, 1300, 6), -10.0))
    kit[gm.SNARE] = _one(
        k.then(k.of_file("drum_snare_soft"), k.tight(0.09)), k.then(snare, k.tight(0.11, 0.04))
    )
    kit[gm.CLOSED_HAT] = _one(
        k.then(k.of_file("drum_cymbal_closed"), k.high(500), k.tight(0.03)),
        k.then(k.of_file("drum_cymbal_closed"), k.high(500), k.tight(0.06)),
    )
    kit[gm.OPEN_HAT] = _one(k.then(k.of_file("drum_cymbal_open"), k.high(500), k.tight(0.22, 0.1)))
    kit[gm.PEDAL_HAT] = _one(k.then(k.of_file("drum_cymbal_pedal"), k.high(500)))
    kit[gm.LOW_TOM] = _one(k.of_file("drum_tom_lo_hard"))
    kit[gm.MID_TOM] = _one(k.of_file("drum_tom_mid_hard"))
    kit[gm.HIGH_TOM] = _one(k.of_file("drum_tom_hi_hard"))
    kit[gm.CLAP] = _one(dm.clap(0.11, 1200, 7))
    return kit


def jazz() -> Kit:
    """Return a small open kit."""
    kit = _acoustic(32)
    return _processed(kit, k.eq(300, -2), only=(gm.KICK, gm.SNARE))


def brush() -> Kit:
    """Return a kit played with brushes."""
    kit = _acoustic(40)
    kit[gm.CLAP] = _one(k.of_file("perc_snap"))
    return kit


def boombap() -> Kit:
    """Return an acoustic kit through an early sampler: dusty, tight, saturated."""
    kit = _acoustic(8)
    kick = k.together((k.of_file("drum_bass_hard"), 0.0), (k.of_file("bd_klub"), -7.0))
    kit[gm.KICK] = _one(k.then(kick, k.tight(0.13, 0.07), k.eq(75, 4), k.drive(7), k.low(9000)))
    kit[gm.KICK_2] = _one(k.then(k.of_file("drum_bass_soft"), k.tight(0.1, 0.05), k.drive(6)))
    snare = k.together((k.tuned(k.of_file("sn_dolf"), -1), 0.0), (k.of_font(16, 38, 122), -5.0))
    kit[gm.SNARE] = _one(
        k.then(k.of_font(0, 38, 60), k.tight(0.06), k.eq(220, 3)),
        k.then(snare, k.tight(0.12, 0.04), k.eq(210, 4), k.drive(6)),
    )
    kit[gm.SNARE_2] = _one(k.then(k.of_file("sn_zome"), k.tight(0.12, 0.04), k.drive(5)))
    kit[gm.CLOSED_HAT] = _one(
        k.then(k.of_font(0, 42, 60), k.tight(0.03, 0.01)),
        k.then(k.of_file("drum_cymbal_closed"), k.tight(0.045, 0.01), k.high(2000)),
    )
    kit[gm.OPEN_HAT] = _one(k.then(k.of_file("drum_cymbal_open"), k.high(2000), k.tight(0.2)))
    return _processed(kit, k.drive(4), k.coarse())


def eight_oh_eight() -> Kit:
    """Return the analogue machine: long sine kick, snappy snare, ticking hats."""
    kit = _acoustic(25)
    kit[gm.KICK] = _one(dm.kick(47, 2.6, 0.009, 0.30, 0.10, 2))
    kit[gm.KICK_2] = _one(dm.kick(52, 3.0, 0.012, 0.12, 0.2, 3))
    kit[gm.SNARE] = _one(dm.snare(178, 1.0, 0.04, 7000, 11), dm.snare(178, 1.0, 0.06, 9000, 12))
    kit[gm.SNARE_2] = _one(dm.snare(225, 0.6, 0.11, 15_000, 13))
    kit[gm.CLAP] = _one(dm.clap(0.06, 950, 14))
    kit[gm.RIM] = _one(dm.tone(1720, 0.006, (1.0, 0.28, 1.47)))
    kit[gm.CLOSED_HAT] = _one(dm.hat(0.018, 1.0, 0.08, 15, 8500), dm.hat(0.03, 1.0, 0.08, 15, 8500))
    kit[gm.PEDAL_HAT] = _one(dm.hat(0.05, 1.0, 0.08, 16, 8500))
    kit[gm.OPEN_HAT] = _one(dm.hat(0.25, 1.0, 0.08, 17, 8000))
    kit[gm.COWBELL] = _one(dm.cowbell())
    kit[gm.CRASH] = _one(dm.crash(0.6, 18))
    kit[gm.CRASH_2] = _one(dm.crash(0.8, 20))
    kit[gm.CLAVES] = _one(dm.tone(2500, 0.014))
    toms = ((gm.LOW_TOM, 82), (gm.MID_TOM, 122), (gm.HIGH_TOM, 168))
    for drum, hz in toms:
        kit[drum] = _one(dm.tone(hz, 0.16, (1.0,), 1.25))
    for drum, hz in ((gm.LOW_CONGA, 185), (gm.HIGH_CONGA, 310)):
        kit[drum] = _one(dm.tone(hz, 0.07, (1.0,), 1.1))
    kit[gm.SNAP] = _one(dm.snap(21), dm.snap(22))
    kit[gm.SHAKER] = _one(dm.shaker(0.02, 23), dm.shaker(0.028, 24))
    return kit


def electro() -> Kit:
    """Return a hard electronic kit: punchy kick, crisp noisy snare, glassy percussion."""
    kit = _acoustic(24)
    kick = k.together((k.of_file("bd_tek"), 0.0), (dm.kick(55, 5.0, 0.012, 0.11, 0.6, 6), -3.0))
    kit[gm.KICK] = _one(k.then(kick, k.drive(4)))
    kit[gm.KICK_2] = _one(k.of_file("bd_zum"))
    snare = k.together(
        (k.of_file("elec_hi_snare"), -3.0), (dm.snare(210, 0.5, 0.11, 15_000, 31), 0.0)
    )
    kit[gm.SNARE] = _one(
        k.then(k.of_file("elec_snare"), k.tight(0.05)), k.then(snare, k.drive(5), k.eq(5500, 3))
    )
    kit[gm.SNARE_2] = _one(k.then(k.of_file("elec_mid_snare"), k.tight(0.12)))
    kit[gm.CLAP] = _one(k.then(dm.clap(0.13, 1500, 32), k.drive(4)))
    kit[gm.CLOSED_HAT] = _one(
        dm.hat(0.014, 1.35, 0.5, 33, 8000), dm.hat(0.026, 1.35, 0.5, 33, 7500)
    )
    kit[gm.PEDAL_HAT] = _one(dm.hat(0.05, 1.35, 0.5, 34, 7500))
    kit[gm.OPEN_HAT] = _one(dm.hat(0.17, 1.35, 0.5, 35, 7000))
    kit[gm.RIM] = _one(k.of_file("elec_tick"))
    kit[gm.BLOCK] = _one(k.of_file("elec_blip2"))
    kit[gm.CLAVES] = _one(k.of_file("elec_twip"))
    kit[gm.TRIANGLE] = _one(k.of_file("elec_triangle"))
    kit[gm.COWBELL] = _one(k.of_file("elec_ping"))
    kit[gm.CRASH] = _one(k.together((dm.crash(0.9, 36), 0.0), (k.of_file("elec_cymbal"), -4.0)))
    kit[gm.SNAP] = _one(k.of_file("elec_pop"))
    kit[gm.LOW_TOM] = _one(k.of_file("elec_fuzz_tom"))
    for drum, up in ((gm.MID_TOM, 5), (gm.HIGH_TOM, 9)):
        kit[drum] = _one(k.tuned(k.of_file("elec_fuzz_tom"), up))
    kit[gm.HIGH_CONGA] = _one(k.tuned(k.of_file("elec_bong"), 2))
    kit[gm.LOW_CONGA] = _one(k.tuned(k.of_file("elec_bong"), -3))
    kit[gm.SHAKER] = _one(dm.shaker(0.02, 37), dm.shaker(0.026, 38))
    return kit


def house() -> Kit:
    """Return the digital and analogue machine of house music: punchy kick, wide open hat."""
    kit = _acoustic(24)
    kick = k.together((dm.kick(53, 4.8, 0.020, 0.13, 0.8, 8), 0.0), (k.of_file("bd_haus"), -6.0))
    kit[gm.KICK] = _one(k.then(kick, k.eq(110, 2)))
    kit[gm.KICK_2] = _one(dm.kick(55, 3.5, 0.015, 0.09, 0.4, 5))
    kit[gm.SNARE] = _one(
        dm.snare(235, 0.45, 0.08, 13_000, 41), dm.snare(235, 0.4, 0.15, 17_000, 42)
    )
    kit[gm.SNARE_2] = _one(k.then(k.of_file("sn_dub"), k.tight(0.1)))
    kit[gm.CLAP] = _one(k.together((dm.clap(0.16, 1600, 43), 0.0), (k.of_font(25, 39, 120), -7.0)))
    for drum, decay, seed in ((gm.CLOSED_HAT, 0.03, 44), (gm.PEDAL_HAT, 0.06, 45)):
        kit[drum] = _one(
            dm.hat(decay * 0.6, 1.15, 0.7, seed, 5000), dm.hat(decay, 1.15, 0.7, seed, 4500)
        )
    open_hat = k.together(
        (dm.hat(0.22, 1.15, 0.8, 46, 4200), 0.0),
        (k.then(k.of_file("drum_cymbal_open"), k.high(3500)), -5.0),
    )
    kit[gm.OPEN_HAT] = _one(k.then(open_hat, k.tight(0.2, 0.12)))
    kit[gm.RIM] = _one(dm.tone(1650, 0.009, (1.0, 0.31, 1.6)))
    kit[gm.CRASH] = _one(
        k.together((dm.crash(1.0, 47), 0.0), (k.of_file("drum_splash_hard"), -4.0))
    )
    kit[gm.SHAKER] = _one(dm.shaker(0.03, 48), dm.shaker(0.04, 49))
    for drum, name in ((gm.LOW_CONGA, "tabla_ghe8"), (gm.HIGH_CONGA, "tabla_na_s")):
        kit[drum] = _one(k.of_file(name))
    kit[gm.HIGH_CONGA] = _one(k.of_font(0, 63, 115))
    kit[gm.LOW_CONGA] = _one(k.of_font(0, 64, 115))
    kit[gm.SNAP] = _one(k.of_file("perc_snap"), dm.snap(50))
    for drum, hz in ((gm.LOW_TOM, 90), (gm.MID_TOM, 125), (gm.HIGH_TOM, 170)):
        kit[drum] = _one(dm.tone(hz, 0.13, (1.0, 1.5), 1.5))
    return kit


def krump() -> Kit:
    """Return a heavy kit: layered distorted kicks, huge snares, metal."""
    kit = _acoustic(16)
    kick = k.together(
        (k.of_file("drum_heavy_kick"), 0.0),
        (dm.kick(43, 4.5, 0.02, 0.2, 0.4, 9), -1.0),
        (k.of_file("bd_boom"), -8.0),
    )
    kit[gm.KICK] = _one(k.then(kick, k.drive(8), k.eq(60, 3)))
    kit[gm.KICK_2] = _one(k.then(k.of_file("bd_zome"), k.drive(6)))
    snare = k.together(
        (k.of_font(16, 40, 124), 0.0), (dm.clap(0.16, 1100, 61), -3.0), (k.of_file("sn_zome"), -3.0)
    )
    kit[gm.SNARE] = _one(
        k.then(k.of_font(16, 38, 70), k.tight(0.1)), k.then(snare, k.drive(8), k.eq(190, 4))
    )
    kit[gm.SNARE_2] = _one(k.then(k.of_file("elec_lo_snare"), k.drive(6)))
    kit[gm.CLAP] = _one(
        k.then(k.together((dm.clap(0.2, 900, 62), 0.0), (k.of_file("perc_snap"), -6.0)), k.drive(6))
    )
    kit[gm.CLOSED_HAT] = _one(
        dm.hat(0.02, 0.85, 0.35, 63, 5500), dm.hat(0.035, 0.85, 0.35, 63, 5000)
    )
    kit[gm.OPEN_HAT] = _one(k.then(dm.hat(0.25, 0.85, 0.35, 64, 5000), k.drive(6)))
    kit[gm.COWBELL] = _one(k.then(k.of_file("drum_cowbell"), k.drive(8)))
    kit[gm.TRIANGLE] = _one(k.then(k.of_file("perc_till"), k.tight(0.5)))
    kit[gm.RIDE_BELL] = _one(k.then(k.of_file("elec_chime"), k.tight(0.4)))
    kit[gm.BLOCK] = _one(k.then(k.of_file("elec_wood"), k.drive(8)))
    kit[gm.LOW_TOM] = _one(k.then(k.tuned(k.of_file("drum_tom_lo_hard"), -3), k.drive(8)))
    kit[gm.MID_TOM] = _one(k.then(k.tuned(k.of_file("drum_tom_mid_hard"), -3), k.drive(8)))
    kit[gm.HIGH_TOM] = _one(k.then(k.tuned(k.of_file("drum_tom_hi_hard"), -3), k.drive(8)))
    return kit


KIT_RECIPES = {
    "kit_funk": funk, "kit_disco": disco, "kit_jazz": jazz, "kit_brush": brush,
    "kit_boombap": boombap, "kit_808": eight_oh_eight, "kit_electro": electro,
    "kit_house": house, "kit_krump": krump,
}  # fmt: skip
"""By instrument."""
