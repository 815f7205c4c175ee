"""Mix the tracks of a score to five stereo stems, whose sum is the mix."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import (
    Compression,
    apply_gain_curve,
    compression_curve,
    duck_curve,
    level_curve,
)
from d2m.audio.echo import add_ping_pong
from d2m.audio.equaliser import Band, equalise, equaliser_sections, tilt_bands
from d2m.audio.loudness import step_energies
from d2m.audio.reverb import add_reverb
from d2m.audio.saturation import saturate
from d2m.audio.stereo import (
    StereoAudio,
    block_slices,
    centre_low_end,
    place_in_stereo,
    widen_stereo,
)
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score.instruments import KICK, KICK_2
from d2m.score.mix_presets import StyleMix, part_mix, style_mix
from d2m.score.notes import STEMS, Score, Track
from d2m.score.part_mixes import OFF_DB, PartMix

TILT_DB = 4.0
"""Brightness 2 tilts the spectrum by this much (dB) at its ends. Chosen by hand."""
STEM_PEAK = 0.89
"""Largest amplitude of any stem and of the mix (-1 dBFS), so that files don't clip."""
# Parts that are played by the instrument of another part, and mixed at that part's gain, so
# that the velocities decide how soft they are.
_MAIN_PARTS = {
    "extra_kick": "kick",
    "ghosts": "snare",
    "busy_hats": "hats",
    "busy_percussion": "percussion",
    "busy_bass": "bass",
}
# Gain that brings a track to its level (dB): at most this, up or down.
_GAIN_RANGE_DB = 24.0
# Level of a track: the mean of its steps that are at most this far below its loud ones (dB).
_ACTIVE_RANGE_DB = 12.0
# Of a track, at most so many stretches of so many steps of 0.1 s are measured.
_MEASURED_STRETCHES, _STRETCH_STEPS = 15, 20
# Power of a stretch that counts as silent, and largest power of audio against its mid signal.
_SILENT_POWER, _MOST_SIDE = 1e-6, 8.0
# The end is faded (s): at least, at most, and as a share of the time after the final hit.
_SHORTEST_FADE_S, _LONGEST_FADE_S, _FADE_SHARE = 0.04, 0.8, 0.5
# Parallel compression of the drums: heavy and fast. Chosen by ear.
_PUNCH = Compression(threshold_db=-8.0, ratio=5.0, attack_ms=8.0, release_ms=90.0, limit_db=14.0)
# Level of the echoes in the reverberation (dB).
_ECHO_REVERB_DB = -12.0


def mix_stems(
    score: Score, render: Callable[[Track], StereoAudio], *, brightness: float = 1.0
) -> dict[str, StereoAudio]:
    """Mix the tracks of a score to stems.

    Parameters
    ----------
    score
        The score; its style decides how it is mixed.
    render
        Returns the dry stereo audio ``(2, M)`` of a track at 44.1 kHz; it is asked for one
        track at a time, and what it returns may be changed.
    brightness
        0 (dark) to 2 (bright); 1 is neutral.

    Returns
    -------
    dict
        A stem ``(2, N)`` for each of `d2m.score.notes.STEMS`, of the score's length and ending
        in silence. Their sum is the mix.
    """
    settings = style_mix(score.style)
    length = round(score.duration_s * STUDIO_SAMPLE_RATE)
    ducking = _ducking(score, settings, length)
    stems = {}
    for stem in STEMS:
        bus = np.zeros((2, length), dtype=np.float32)
        _mix_tracks(bus, score, stem, render, ducking)
        if bus.any():
            _finish_stem(bus, stem, settings, brightness)
        stems[stem] = bus
    _glue(list(stems.values()), settings)
    _fade_end(stems, score)
    _keep_headroom(list(stems.values()))
    return stems


def _ducking(score: Score, settings: StyleMix, length: int) -> NDArray[np.float32]:
    """Return how far the kicks duck other parts, 0 to 1, at the nodes of a gain curve."""
    kicks = [
        note
        for track in score.tracks
        if track.stem == "drums"
        for note in track.notes
        if note.pitch in (KICK, KICK_2)
    ]
    times = np.array([note.start_s for note in kicks])
    strengths = np.array([min(1.0, note.velocity / 100.0) for note in kicks])
    return duck_curve(times, strengths, length, release_s=settings.duck_release_s)


def _mix_tracks(
    bus: StereoAudio,
    score: Score,
    stem: str,
    render: Callable[[Track], StereoAudio],
    ducking: NDArray[np.float32],
) -> None:
    """Add the tracks of a stem to its bus, with their reverberation and echoes."""
    settings = style_mix(score.style)
    sends: dict[str, NDArray[np.float32]] = {}
    for mix, audio, gain in _levelled(score, stem, render):
        place_in_stereo(audio, gain=gain, pan=mix.pan, width=mix.width)
        if mix.duck_db > 0 and settings.duck > 0:
            depth_db = mix.duck_db * settings.duck
            apply_gain_curve(audio, 10 ** (np.float32(-depth_db / 20) * ducking))
        bus += audio
        for name, level_db in mix.sends_db.items():
            _send(audio, level_db, sends, name)
    if "spread" in sends:
        widen_stereo(bus, sends.pop("spread"))
    if "echo" in sends:
        returned = np.zeros_like(bus)
        delay_s = 60.0 / score.tempo_bpm * settings.echo.beats
        add_ping_pong(returned, sends.pop("echo"), delay_s=delay_s, feedback=settings.echo.feedback)
        bus += returned
        _send(returned, _ECHO_REVERB_DB, sends, "reverb")
        del returned
    if "reverb" in sends:
        space = settings.drum_space if stem == "drums" else settings.space
        add_reverb(bus, sends.pop("reverb"), space)


def _levelled(
    score: Score, stem: str, render: Callable[[Track], StereoAudio]
) -> Iterator[tuple[PartMix, StereoAudio, float]]:
    """Yield the tracks of a stem, equalised, and the gain that brings each to its level."""
    tracks = [track for track in score.tracks if track.stem == stem and track.notes]
    # Main parts come first: others are mixed at their gain.
    tracks.sort(key=lambda track: track.part in _MAIN_PARTS)
    gains: dict[tuple[str, str], float] = {}
    for track in tracks:
        mix = part_mix(score.style, track.part, stem)
        audio = _fitted(render(track), round(score.duration_s * STUDIO_SAMPLE_RATE))
        if not audio.any():
            continue
        equalise(audio, equaliser_sections([Band("low_cut", mix.low_cut_hz), *mix.bands]))
        main = (_MAIN_PARTS.get(track.part, ""), track.instrument)
        gain = gains.get(main)
        if gain is None:
            gain_db = mix.level_db - active_level(audio)
            gain = 10 ** (float(np.clip(gain_db, -_GAIN_RANGE_DB, _GAIN_RANGE_DB)) / 20)
        gains.setdefault((track.part, track.instrument), gain)
        yield mix, audio, gain
        del audio


def _fitted(audio: StereoAudio, length: int) -> StereoAudio:
    """Return float32 audio ``(2, length)``, cut or padded with silence."""
    audio = np.asarray(audio, dtype=np.float32)
    if audio.shape[1] < length:
        return np.pad(audio, ((0, 0), (0, length - audio.shape[1])))
    audio = audio[:, :length]
    return audio if audio.flags.writeable else audio.copy()


def active_level(audio: StereoAudio) -> float:
    """Return the K-weighted level (LUFS) of a track ``(2, N)`` while it plays.

    It is the mean over the steps of 0.1 s that are at most 12 dB below its loud ones; of long
    tracks, stretches from all parts are measured.
    """
    step = STUDIO_SAMPLE_RATE // 10
    count = audio.shape[1] // step
    firsts = np.arange(0, count, _STRETCH_STEPS)
    if len(firsts) > _MEASURED_STRETCHES:
        firsts = np.linspace(0, count - _STRETCH_STEPS, _MEASURED_STRETCHES).astype(int)
    energies = np.zeros(0)
    for first in firsts:
        stretch = audio[:, first * step : (first + _STRETCH_STEPS) * step]
        mid = stretch[0] + stretch[1]
        # The mid signal is filtered; the power of the side signal is added in proportion.
        whole, middle = float(np.vdot(stretch, stretch)), float(np.vdot(mid, mid))
        if whole < _SILENT_POWER:
            continue
        share = min(_MOST_SIDE, whole / max(middle, _SILENT_POWER))
        energies = np.append(energies, share * step_energies(mid, STUDIO_SAMPLE_RATE))
    energies = energies[energies > 1e-9]
    if not len(energies):
        return -70.0
    loud = np.quantile(energies, 0.95)
    active = energies[energies >= loud * 10 ** (-_ACTIVE_RANGE_DB / 10)]
    return float(-0.691 + 10.0 * np.log10(active.mean()))


def _send(
    audio: StereoAudio, level_db: float, sends: dict[str, NDArray[np.float32]], name: str
) -> None:
    """Add the mid signal of audio at a level to a send, which is made when it is needed."""
    if level_db <= OFF_DB:
        return
    send = sends.setdefault(name, np.zeros(0, dtype=np.float32))
    if not len(send):
        send = sends[name] = np.zeros(audio.shape[1], dtype=np.float32)
    gain = np.float32(0.5 * 10 ** (level_db / 20))
    for part in block_slices(len(send)):
        send[part] += gain * (audio[0, part] + audio[1, part])


def _finish_stem(bus: StereoAudio, stem: str, settings: StyleMix, brightness: float) -> None:
    """Saturate, equalise and centre the low end of a stem, in place."""
    if stem == "drums":
        if settings.punch > 0:
            squeezed = compression_curve(level_curve([bus]), _PUNCH)
            makeup = 1.0 / np.quantile(squeezed, 0.2)
            apply_gain_curve(bus, 1.0 + settings.punch * (squeezed * np.float32(makeup) - 1.0))
        if settings.drum_drive_db > 0:
            saturate(bus, settings.drum_drive_db)
    elif stem == "bass" and settings.bass_drive_db > 0:
        saturate(bus, settings.bass_drive_db)
    tilt = tilt_bands(TILT_DB * (brightness - 1.0)) if brightness != 1.0 else ()
    equalise(bus, equaliser_sections([*settings.bands, *tilt]))
    centre_low_end(bus)


def _glue(stems: list[StereoAudio], settings: StyleMix) -> None:
    """Compress all stems by one gain, computed on their sum, in place."""
    if not any(stem.any() for stem in stems):
        return
    curve = compression_curve(level_curve(stems), settings.glue)
    for stem in stems:
        apply_gain_curve(stem, curve)


def _fade_end(stems: dict[str, StereoAudio], score: Score) -> None:
    """Fade all stems to zero within the time in which the final hit rings out, in place."""
    rest = _FADE_SHARE * (score.duration_s - score.end_s)
    fade_s = min(_LONGEST_FADE_S, max(_SHORTEST_FADE_S, rest))
    for stem in stems.values():
        count = min(stem.shape[1], round(fade_s * STUDIO_SAMPLE_RATE))
        ramp = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / max(1, count))
        stem[:, stem.shape[1] - count :] *= ramp.astype(np.float32)


def _keep_headroom(stems: list[StereoAudio]) -> None:
    """Lower all stems by one gain, in place, where one of them or their sum would clip."""
    largest = max(float(np.abs(stem).max(initial=0.0)) for stem in stems)
    for part in block_slices(stems[0].shape[1]):
        total = sum(stem[:, part] for stem in stems)
        largest = max(largest, float(np.abs(total).max()))
    if largest > STEM_PEAK:
        for stem in stems:
            stem *= np.float32(STEM_PEAK / largest)
