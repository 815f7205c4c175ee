"""Plays a track with the recordings of its instrument: dry stereo, 44.1 kHz."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score.notes import Note, Track
from d2m.score.sound_bank import SampledInstrument, SampleZone, SoundBank

_CUT_S = 0.008
# Fade (s) of a note that the next one cuts: short enough to keep the gap clean, no click.
_CHOKE_S = 0.015
# Fade (s) of a cymbal or kick that the next one of its group cuts.
_TOGETHER_S = 0.03
# Notes closer than this (s) are played at once; they don't cut each other.
_NEUTRAL_VELOCITY = 100
# Velocity at which recordings sound as they are.
_VARIANTS = 3
# Tunings that take turns, so that a repeated drum is never the same twice in a row.
_DRUM_CENTS, _PITCHED_CENTS = 14.0, 2.0
# Their spread (cents) on kits and on pitched instruments; chosen by hand.
_LEVEL_DB = 1.0
# Largest random change of level (dB), up or down.
_BRIGHTNESS_STEPS = 4
# Filters between the softest and the loudest velocity.
_SHELF_HZ = 2500.0
# Corner (Hz) of the filter that makes soft notes dark; for high notes it is 4 times the pitch.
_SHORTEST_FIT, _LONGEST_FIT = 0.5, 2.0
# Range by which a riser is stretched to end with its note.
_TUNING_ERROR = 1.5e-4
# Error of pitch that fast transform lengths may cause: 0.26 cents.
_EDGE = 96
# Frames of fade-in of what the start of the piece cuts.
_MARGIN = 512
# Frames of silence around what is resampled, so that its ends don't meet.


@dataclass(frozen=True, kw_only=True)
class _Sound:
    """What two notes have in common if one waveform serves both."""

    zone: SampleZone
    cents: float
    shelf_db: float
    shelf_hz: float
    stretch: float


@dataclass(frozen=True, kw_only=True)
class _Voice:
    """One note: when it sounds (frames), how loud, and how it ends."""

    start: int
    held: int
    release: int
    left: float
    right: float


def render_track(bank: SoundBank, track: Track, duration_s: float) -> NDArray[np.float32]:
    """Play a track.

    Parameters
    ----------
    bank
        The sounds.
    track
        Its notes and instrument. Drums that a kit lacks are left out.
    duration_s
        Length of the result (s); notes that last longer are cut there.

    Returns
    -------
    (2, N) float32
        Dry stereo at 44.1 kHz. Peaks may exceed 1.

    Raises
    ------
    DataError
        If the bank lacks the instrument, or its sound file is missing or damaged.
    """
    instrument = bank.instrument(track.instrument)
    out = np.zeros((2, round(duration_s * STUDIO_SAMPLE_RATE)), dtype=np.float32)
    for sound, voices in _planned(instrument, track, out.shape[1]).items():
        longest = max(voice.held + voice.release for voice in voices)
        wave = _waveform(bank, instrument, sound, longest)
        for voice in voices:
            _add(out, wave, voice)
    return out


def _planned(
    instrument: SampledInstrument, track: Track, frames: int
) -> dict[_Sound, list[_Voice]]:
    """Return the voices of a track by what they sound like."""
    rng = np.random.default_rng([zlib.crc32(track.name.encode()), len(track.notes)])
    turns: defaultdict[int, int] = defaultdict(int)
    planned: defaultdict[_Sound, list[_Voice]] = defaultdict(list)
    notes = sorted(track.notes, key=lambda note: note.start_s)
    found = []
    for note in notes:
        changes = rng.uniform(-1, 1, 2) * instrument.variation
        zones = instrument.zones_for(note.pitch, note.velocity)
        if zones:
            turn = turns[note.pitch]
            turns[note.pitch] += 1
            found.append(
                (note, _zone_for(zones, note, turn, instrument.rate), turn, float(changes[0]))
            )
    ends = _ends_s(instrument, [(note, zone) for note, zone, _, _ in found])
    for (note, zone, turn, change), (end_s, fade_s) in zip(found, ends, strict=True):
        sound = _sound_of(instrument, zone, note, turn)
        voice = _voice_of(instrument, sound, note, end_s, fade_s, change * _LEVEL_DB)
        if voice.start < frames and voice.held + voice.release > 0:
            planned[sound].append(voice)
    return planned


def _zone_for(zones: tuple[SampleZone, ...], note: Note, turn: int, rate: int) -> SampleZone:
    """Return the recording of a note: that whose length suits it, or the next in turn."""
    if zones[0].fits:
        frames = note.duration_s * rate
        return min(zones, key=lambda zone: abs(np.log(zone.frames / max(frames, 1))))
    return zones[turn % len(zones)]


def _ends_s(
    instrument: SampledInstrument, found: list[tuple[Note, SampleZone]]
) -> list[tuple[float, float]]:
    """Return the end of each note (s), and the time in which it fades from there (s)."""
    ends = []
    nexts: dict[int, float] = {}
    for note, zone in reversed(found):
        end = note.start_s + max(note.duration_s, 0.01)
        fade = instrument.release_s
        if instrument.kind != "pitched" and not zone.fits:
            end = np.inf
        group = -1 if instrument.single else zone.choke
        if group:
            following = nexts.get(group, np.inf)
            if note.start_s + _TOGETHER_S < following < end:
                end, fade = following, _CUT_S if instrument.single else _CHOKE_S
            # Notes of a chord don't cut each other, however humanly they are played.
            if note.start_s < following - _TOGETHER_S:
                nexts[group] = note.start_s
        ends.append((end, fade))
    return ends[::-1]


def _sound_of(instrument: SampledInstrument, zone: SampleZone, note: Note, turn: int) -> _Sound:
    depth = instrument.brightness_db * (0.5 if zone.loudest - zone.softest < 120 else 1.0)
    relative = (note.velocity - _NEUTRAL_VELOCITY) / (127 - 1)
    step = round(relative * _BRIGHTNESS_STEPS) / _BRIGHTNESS_STEPS
    variant = (turn * 2 % _VARIANTS) - 1  # -1, 1, 0, ...
    pitched = instrument.kind == "pitched"
    cents = variant * instrument.variation * (_PITCHED_CENTS if pitched else _DRUM_CENTS)
    shelf_hz = _SHELF_HZ
    if pitched:
        cents += 100 * (note.pitch - zone.root)
        shelf_hz = max(shelf_hz, 4 * 440 * 2 ** ((note.pitch - 69) / 12))
    stretch = 1.0
    if zone.fits:
        wanted = note.duration_s * instrument.rate / (zone.frames - zone.lead)
        stretch = round(float(np.clip(wanted, _SHORTEST_FIT, _LONGEST_FIT)), 4)
    return _Sound(zone=zone, cents=cents, shelf_db=depth * step, shelf_hz=shelf_hz, stretch=stretch)


def _step(instrument: SampledInstrument, sound: _Sound) -> float:
    """Return recorded frames per frame played."""
    ratio = float(2 ** (sound.cents / 1200))
    return ratio * instrument.rate / STUDIO_SAMPLE_RATE / sound.stretch


def _voice_of(
    instrument: SampledInstrument,
    sound: _Sound,
    note: Note,
    end_s: float,
    fade_s: float,
    change_db: float,
) -> _Voice:
    zone = sound.zone
    step = _step(instrument, sound)
    lead = round(zone.lead / step)
    start = round(note.start_s * STUDIO_SAMPLE_RATE) - lead
    whole = int(zone.frames / step)
    if zone.fits:
        # It has to end with its note, whatever its length.
        end = round((note.start_s + note.duration_s) * STUDIO_SAMPLE_RATE)
        start, held, release = end - whole, whole, 0
    elif np.isinf(end_s):
        held, release = whole, 0
    else:
        held = max(round(end_s * STUDIO_SAMPLE_RATE) - start, 1)
        release = round(fade_s * STUDIO_SAMPLE_RATE)
        if zone.loop is None:
            held = min(held, whole)
            release = min(release, whole - held)
    gain_db = zone.gain_db + change_db
    gain_db += 20 * instrument.curve * np.log10(max(note.velocity, 1) / _NEUTRAL_VELOCITY)
    gain = 10 ** (gain_db / 20)
    place = zone.pan
    if instrument.spread:
        place += instrument.spread * float(np.clip((note.pitch - 62) / 30, -1, 1))
    angle = (np.clip(place, -1, 1) + 1) * np.pi / 4
    left, right = np.sqrt(2) * np.cos(angle) * gain, np.sqrt(2) * np.sin(angle) * gain
    return _Voice(start=start, held=held, release=release, left=float(left), right=float(right))


def _add(out: NDArray[np.float32], wave: NDArray[np.float32], voice: _Voice) -> None:
    """Add one note to a track."""
    length = min(voice.held + voice.release, wave.shape[1])
    first, last = max(0, -voice.start), min(length, out.shape[1] - voice.start)
    if last <= first:
        return
    heard = wave[:, first:last]
    if first:  # it began before the piece
        heard = heard.copy()
        heard[:, :_EDGE] *= np.linspace(0, 1, _EDGE, dtype=np.float32)[: heard.shape[1]]
    held = voice.held - first
    if voice.release and held < heard.shape[1]:
        heard = heard.copy()
        at = np.arange(max(held, 0), heard.shape[1], dtype=np.float32) - held
        fade = 0.5 + 0.5 * np.cos(np.pi * np.minimum(at / voice.release, 1), dtype=np.float32)
        heard[:, max(held, 0) :] *= fade * fade
    span = slice(voice.start + first, voice.start + last)
    out[0, span] += heard[0] * np.float32(voice.left)
    out[1, span] += heard[-1] * np.float32(voice.right)


def _waveform(
    bank: SoundBank, instrument: SampledInstrument, sound: _Sound, frames: int
) -> NDArray[np.float32]:
    """Return a sound at its pitch, `(1 or 2, N)`, of at least ``frames`` unless it rings out."""
    step = _step(instrument, sound)
    source = _unrolled(bank.audio(sound.zone), sound.zone, int(frames * step) + 16)
    if step == 1.0 and not sound.shelf_db:
        return source
    size, out_size = _transform_sizes(source.shape[1] + _MARGIN, step)
    spectrum = np.fft.rfft(source, size)
    bins = min(spectrum.shape[1], out_size // 2 + 1)
    spectrum = spectrum[:, :bins]
    if sound.shelf_db:
        # A first-order shelf: causal, so it doesn't ring before an attack.
        f = 1j * np.arange(bins) * (STUDIO_SAMPLE_RATE / out_size / sound.shelf_hz)
        spectrum = spectrum * ((1 + 10 ** (sound.shelf_db / 20) * f) / (1 + f))
    wave = np.fft.irfft(spectrum, out_size) * (out_size / size)
    return wave[:, : int(source.shape[1] / step)].astype(np.float32)


def _unrolled(audio: NDArray[np.int16], zone: SampleZone, frames: int) -> NDArray[np.float32]:
    """Return the first ``frames`` of a recording as floats, its loop repeated."""
    parts = [audio[:frames]]
    if zone.loop is not None and frames > zone.loop[1]:
        start, end = zone.loop
        parts = [audio[:end]]
        repeats = -(-(frames - end) // (end - start))
        parts += [audio[start:end]] * repeats
    joined = np.concatenate(parts)[:frames].T
    scaled: NDArray[np.float32] = np.multiply(joined, np.float32(1 / 32768), dtype=np.float32)
    return scaled


@lru_cache(maxsize=1)
def _smooth_numbers() -> NDArray[np.int64]:
    """Return the even products of 2, 3, 5, 7 and 11 up to 16 million: fast transforms."""
    limit = 1 << 24
    numbers = np.array([2], dtype=np.int64)
    for prime in (2, 3, 5, 7, 11):
        powers = prime ** np.arange(int(np.log(limit) / np.log(prime)) + 1, dtype=np.int64)
        numbers = np.outer(numbers, powers).ravel()
        numbers = numbers[numbers <= limit]
    return np.sort(numbers)


def _transform_sizes(frames: int, step: float) -> tuple[int, int]:
    """Return lengths of the transforms there and back, whose ratio is ``step``."""
    smooth = _smooth_numbers()
    first = int(np.searchsorted(smooth, frames))
    sizes = smooth[first : first + 60]
    wanted = sizes / step
    above = np.minimum(np.searchsorted(smooth, wanted), len(smooth) - 1)
    below = np.maximum(above - 1, 0)
    nearer = np.abs(smooth[above] - wanted) < np.abs(smooth[below] - wanted)
    back = np.where(nearer, smooth[above], smooth[below])
    error = np.abs(back / wanted - 1)
    good = np.nonzero(error < _TUNING_ERROR)[0]
    best = int(good[0]) if len(good) else int(np.argmin(error))
    return int(sizes[best]), int(back[best])
