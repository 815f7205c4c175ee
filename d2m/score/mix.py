"""Mix the tracks of a score to five stereo stems, whose sum is the mix."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import (
    GAIN_STEP,
    Compression,
    apply_gain_curve,
    compression_curve,
    duck_curve,
    level_curve,
)
from d2m.audio.echo import add_ping_pong
from d2m.audio.equaliser import Band, equalise, equaliser_sections, tilt_bands
from d2m.audio.reverb import add_reverb
from d2m.audio.saturation import add_harmonics, saturate
from d2m.audio.stereo import (
    StereoAudio,
    block_slices,
    centre_low_end,
    is_silent,
    place_in_stereo,
    widen_stereo,
)
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score.instruments import KICK, KICK_2
from d2m.score.mix_presets import StyleMix, part_mix, style_mix
from d2m.score.notes import STEMS, Score, Track
from d2m.score.part_mixes import OFF_DB, PartMix
from d2m.score.track_levels import drum_groups, level_gain_db

TILT_DB = 4.0
"""Brightness 2 tilts the spectrum by this much (dB) at its ends. Chosen by hand."""
STEM_PEAK = 0.89
"""Largest amplitude of any stem and of the mix (-1 dBFS), so that files don't clip."""
# Compression of the bass, so that single notes neither stick out nor get lost. Chosen by hand.
_BASS_LEVELLING = Compression(-3.0, ratio=3.0, attack_ms=6.0, release_ms=120.0, limit_db=8.0)
# Length of blocks (samples) that stay in the processor's cache while they are worked on.
_CACHED_BLOCK = 1 << 14
# The end is faded (s): at least, at most, and as a share of the time after the final hit.
_SHORTEST_FADE_S, _LONGEST_FADE_S, _FADE_SHARE = 0.04, 2.5, 0.8
# Parallel compression of the drums: heavy and fast. Chosen by hand.
_PUNCH = Compression(threshold_db=-8.0, ratio=5.0, attack_ms=8.0, release_ms=90.0, limit_db=14.0)


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
        if not is_silent(bus):
            _finish_stem(bus, stem, settings, brightness)
        stems[stem] = bus
    _fade_end(stems, score)
    _join(list(stems.values()), settings)
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
        levels = {name: db for name, db in mix.sends_db.items() if db > OFF_DB}
        for name in levels.keys() - sends.keys():
            sends[name] = np.zeros(bus.shape[1], dtype=np.float32)
        ducked = 10 ** (np.float32(-mix.duck_db * settings.duck / 20) * ducking)
        for part in block_slices(bus.shape[1], _CACHED_BLOCK):
            block = audio[:, part]
            if is_silent(block):
                continue
            place_in_stereo(block, gain=gain, pan=mix.pan, width=mix.width)
            if mix.duck_db > 0:
                apply_gain_curve(block, ducked[part.start // GAIN_STEP :])
            bus[:, part] += block
            mid = 0.5 * (block[0] + block[1])
            for name, level_db in levels.items():
                sends[name][part] += np.float32(10 ** (level_db / 20)) * mid
    if "spread" in sends:
        widen_stereo(bus, sends.pop("spread"))
    if "echo" in sends:
        delay_s = 60.0 / score.tempo_bpm * settings.echo.beats
        feedback, onward = settings.echo.feedback, sends.get("reverb")
        add_ping_pong(bus, sends.pop("echo"), delay_s=delay_s, feedback=feedback, onward=onward)
    if "reverb" in sends:
        space = settings.drum_space if stem == "drums" else settings.space
        add_reverb(bus, sends.pop("reverb"), space)


def _levelled(
    score: Score, stem: str, render: Callable[[Track], StereoAudio]
) -> Iterator[tuple[PartMix, StereoAudio, float]]:
    """Yield the tracks of a stem, equalised, and the gain that brings each to its level."""
    for whole in score.tracks:
        if whole.stem != stem:
            continue
        for part, track in drum_groups(whole) if stem == "drums" else [(whole.part, whole)]:
            mix = part_mix(score.style, part, stem)
            audio = _fitted(render(track), round(score.duration_s * STUDIO_SAMPLE_RATE))
            if is_silent(audio):
                continue
            equalise(audio, equaliser_sections([Band("low_cut", mix.low_cut_hz), *mix.bands]))
            yield mix, audio, 10 ** (level_gain_db(audio, track, mix) / 20)
            del audio


def _fitted(audio: StereoAudio, length: int) -> StereoAudio:
    """Return float32 audio ``(2, length)``, cut or padded with silence."""
    audio = np.asarray(audio, dtype=np.float32)
    if audio.shape[1] < length:
        return np.pad(audio, ((0, 0), (0, length - audio.shape[1])))
    audio = audio[:, :length]
    return audio if audio.flags.writeable else audio.copy()


def _finish_stem(bus: StereoAudio, stem: str, settings: StyleMix, brightness: float) -> None:
    """Saturate, equalise and centre the low end of a stem, in place."""
    if stem == "drums":
        if settings.punch > 0:
            squeezed = compression_curve(level_curve([bus]), _PUNCH)
            makeup = 1.0 / np.quantile(squeezed, 0.2)
            apply_gain_curve(bus, 1.0 + settings.punch * (squeezed * np.float32(makeup) - 1.0))
        if settings.drum_drive_db > 0:
            saturate(bus, settings.drum_drive_db)
    elif stem == "bass":
        before = float(np.vdot(bus, bus))
        apply_gain_curve(bus, compression_curve(level_curve([bus]), _BASS_LEVELLING))
        bus *= np.float32(np.sqrt(before / max(1e-12, float(np.vdot(bus, bus)))))
        if settings.bass_drive_db > 0:
            saturate(bus, settings.bass_drive_db)
        add_harmonics(bus, settings.harmonics_db)
    tilt = tilt_bands(TILT_DB * (brightness - 1.0)) if brightness != 1.0 else ()
    equalise(bus, equaliser_sections([*settings.bands, *tilt]))
    # Chords and lead have no low end.
    if stem not in ("chords", "lead"):
        centre_low_end(bus)


def _join(stems: list[StereoAudio], settings: StyleMix) -> None:
    """Compress all stems by one gain, computed on their sum, and keep headroom, in place."""
    playing = [stem for stem in stems if not is_silent(stem)]
    if not playing:
        return
    curve = compression_curve(level_curve(playing), settings.glue)
    largest = 0.0
    for part in block_slices(playing[0].shape[1], _CACHED_BLOCK):
        total = np.zeros((2, part.stop - part.start), dtype=np.float32)
        for stem in playing:
            block = stem[:, part]
            apply_gain_curve(block, curve[part.start // GAIN_STEP :])
            total += block
            largest = max(largest, float(block.max()), -float(block.min()))
        largest = max(largest, float(total.max()), -float(total.min()))
    if largest > STEM_PEAK:
        for stem in playing:
            stem *= np.float32(STEM_PEAK / largest)


def _fade_end(stems: dict[str, StereoAudio], score: Score) -> None:
    """Fade all stems to zero within the time in which the final hit rings out, in place."""
    rest = _FADE_SHARE * (score.duration_s - score.end_s)
    fade_s = min(_LONGEST_FADE_S, max(_SHORTEST_FADE_S, rest))
    for stem in stems.values():
        count = min(stem.shape[1], round(fade_s * STUDIO_SAMPLE_RATE))
        ramp = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / max(1, count))
        # The power makes held chords die away like struck ones.
        stem[:, stem.shape[1] - count :] *= (ramp**1.5).astype(np.float32)
