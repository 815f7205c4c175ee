"""A take, which is one recording of the bank, and what is done to every take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, lfilter, resample_poly, sosfilt, sosfiltfilt

RATE = 44_100
LEAD_IN = 44
"""Frames before the onset (1 ms): an attack that begins at once needs them to be filtered."""


@dataclass
class Take:
    """One recording.

    Parameters
    ----------
    audio : (1 or 2, N)
        At ``rate``; ``LEAD_IN`` frames before the onset.
    root
        MIDI note number that sounds; on kits, the drum.
    low, high
        Lowest and highest note that it serves.
    softest, loudest
        Velocities that it serves.
    loop
        First frame and end of the loop, or None if it rings out.
    gain_db
        What brings it to its level at velocity 100.
    rate
        Frames per second.
    pan
        Place, -1 (left) to 1 (right).
    choke
        Number of the group within which a note cuts the one before, 0 for none.
    fits
        Whether it is stretched so that it ends with its note.
    lead
        Frames before the moment that listeners hear as the note's time.
    """

    audio: np.ndarray
    root: float
    low: int
    high: int
    softest: int = 1
    loudest: int = 127
    loop: tuple[int, int] | None = None
    gain_db: float = 0.0
    rate: int = RATE
    pan: float = 0.0
    choke: int = 0
    fits: bool = False
    lead: int = LEAD_IN


def envelope(audio: np.ndarray, window_s: float = 0.001, rate: int = RATE) -> np.ndarray:
    """Return the RMS over a centred window of all channels."""
    power = np.mean(np.square(np.atleast_2d(audio)), axis=0)
    n = max(1, round(window_s * rate))
    total = np.concatenate([[0.0], np.cumsum(power)])
    at = np.arange(len(power))
    a, b = np.clip(at - n // 2, 0, None), np.clip(at - n // 2 + n, None, len(power))
    return np.sqrt(np.maximum((total[b] - total[a]) / (b - a), 0))


def trimmed(audio: np.ndarray, below_db: float, fade_s: float = 0.001) -> np.ndarray:
    """Return audio that begins `LEAD_IN` frames before its onset.

    The onset is where the level first comes within ``below_db`` (dB) of the highest in the
    first 0.3 s; what is cut is faded in over ``fade_s``.
    """
    level = envelope(audio)
    peak = level[: round(0.3 * RATE)].max()
    onset = int(np.argmax(level >= peak * 10 ** (-below_db / 20)))
    first = onset - LEAD_IN
    cut = audio[:, max(first, 0) :]
    if first < 0:
        cut = np.pad(cut, ((0, 0), (-first, 0)))
    n = LEAD_IN + round(fade_s * RATE)
    cut = cut.copy()
    cut[:, :n] *= np.sin(np.linspace(0, np.pi / 2, n)) ** 2
    return cut


def without_dc(audio: np.ndarray, cutoff_hz: float = 18.0) -> np.ndarray:
    """Return audio after a gentle high-pass."""
    return sosfilt(butter(2, cutoff_hz, "high", fs=RATE, output="sos"), audio)


def ringing_out(
    audio: np.ndarray, floor_db: float = 60.0, fade_s: float = 0.15, rate: int = RATE
) -> np.ndarray:
    """Return audio cut where it falls below its peak by ``floor_db``, and faded out there."""
    level = envelope(audio, 0.03, rate)
    heard = np.nonzero(level > level.max() * 10 ** (-floor_db / 20))[0]
    end = min(audio.shape[1], int(heard[-1]) + round(0.02 * rate))
    n = min(round(fade_s * rate), end // 2)
    cut = audio[:, :end].copy()
    cut[:, end - n :] *= np.cos(np.linspace(0, np.pi / 2, n)) ** 2
    return cut


def looped(
    audio: np.ndarray,
    *,
    earliest_s: float,
    longest_s: float = 1.8,
    shortest_s: float = 0.35,
    fade_s: float = 0.12,
    rate: int = RATE,
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return audio with a seamless loop at its end, and the loop.

    Of all lengths and several ends, the pair whose surroundings match best is taken; the end
    is cross-faded into what comes before the start.
    """
    mono = audio.sum(axis=0)
    n, window = round(fade_s * rate), round(0.15 * rate)
    best = (-2.0, 0, 0)
    shortest, longest = round(shortest_s * rate), round(longest_s * rate)
    for end in range(audio.shape[1] - round(0.4 * rate), audio.shape[1] - 64, 1201):
        target = mono[end - window : end]
        first = max(round(earliest_s * rate) + n, end - longest) - window
        region = mono[first : end - shortest]
        if len(region) < 2 * window:
            continue
        size = 1 << int(np.ceil(np.log2(len(region) + window)))
        product = np.fft.irfft(np.fft.rfft(region, size) * np.conj(np.fft.rfft(target, size)), size)
        count = len(region) - window
        power = np.concatenate([[0.0], np.cumsum(region**2)])
        energy = power[window : window + count] - power[:count]
        match = product[:count] / np.sqrt(np.maximum(energy * np.sum(target**2), 1e-12))
        # The levels have to agree too: a loop that is softer at its start pumps.
        ratio = np.sqrt(np.maximum(energy, 1e-12) / np.sum(target**2))
        match = match - 0.3 * np.abs(np.log(ratio))
        at = int(np.argmax(match))
        if match[at] > best[0]:
            best = (float(match[at]), first + at + window, end)
    match, start, end = best
    ramp = np.linspace(0, 1, n)
    shape = 1.0 if match > 0.8 else 0.5  # equal gain where the two agree, equal power elsewhere
    out = audio[:, :end].copy()
    out[:, end - n :] = (
        out[:, end - n :] * (1 - ramp) ** shape + out[:, start - n : start] * ramp**shape
    )
    return out, (start, end)


def heard_at(audio: np.ndarray, within_s: float, rate: int = RATE, early_s: float = 0.005) -> int:
    """Return the frame at which a listener takes a note to begin.

    That is a little (``early_s``) before the level first reaches half of its highest within
    ``within_s``; slow attacks and the small bursts of a clap come before the beat, as players
    and engineers place them, but by no more than 45 ms.
    """
    lead = round(LEAD_IN * rate / RATE)
    level = envelope(audio, 0.002, rate)
    peak = level[: lead + round(within_s * rate)].max()
    half = int(np.argmax(level >= 0.5 * peak)) - round(early_s * rate)
    return int(np.clip(half, lead, lead + round(0.045 * rate)))


def detuned_by(audio: np.ndarray, key: float, rate: int, first_s: float = 0.2) -> float:
    """Return by how many cents a recording lies above its key.

    It is the mean frequency, over time, of its first three partials: vibrato doesn't matter.
    """
    wave = audio.mean(axis=0)[round(first_s * rate) :]
    size = 1 << int(np.ceil(np.log2(len(wave) * 2)))
    spectrum = np.fft.fft(wave * np.hanning(len(wave)), size)
    hz = np.fft.fftfreq(size, 1 / rate)
    cents = powers = 0.0
    for number in (1, 2, 3):
        wanted = number * 440 * 2 ** ((key - 69) / 12)
        near = np.abs(np.log2(np.maximum(hz, 1e-3) / wanted)) < 1 / 12
        partial = np.fft.ifft(np.where(near, spectrum, 0))[: len(wave)]
        turns = np.sum(partial[1:] * np.conj(partial[:-1]))
        power = float(np.abs(turns))
        cents += power * 1200 * np.log2(np.angle(turns) * rate / (2 * np.pi) / wanted)
        powers += power
    return float(cents / powers)


def resampled(audio: np.ndarray, rate: int) -> np.ndarray:
    """Return audio at another of the rates 44,100, 32,000, 22,050 and 16,000 Hz."""
    if rate == RATE:
        return audio
    divisor = int(np.gcd(rate, RATE))
    return resample_poly(audio, rate // divisor, RATE // divisor, axis=1, window=("kaiser", 9.0))


def k_weighted(audio: np.ndarray) -> np.ndarray:
    """Return audio after the K weighting of ITU-R BS.1770-4, at 44.1 kHz."""
    out = audio
    for gain_db, q, hz, kind in ((4.0, 0.7071, 1681.97, "shelf"), (0, 0.5003, 38.135, "high")):
        amp, w = 10 ** (gain_db / 40), 2 * np.pi * hz / RATE
        alpha, c = np.sin(w) / (2 * q), np.cos(w)
        if kind == "shelf":
            root = 2 * np.sqrt(amp) * alpha
            b = [
                amp * ((amp + 1) + (amp - 1) * c + root),
                -2 * amp * ((amp - 1) + (amp + 1) * c),
                amp * ((amp + 1) + (amp - 1) * c - root),
            ]
            a = [
                (amp + 1) - (amp - 1) * c + root,
                2 * ((amp - 1) - (amp + 1) * c),
                (amp + 1) - (amp - 1) * c - root,
            ]
        else:
            b, a = [(1 + c) / 2, -(1 + c), (1 + c) / 2], [1 + alpha, -2 * c, 1 - alpha]
        out = lfilter(np.array(b) / a[0], np.array(a) / a[0], out, axis=-1)
    return out


def loudest_db(audio: np.ndarray, window_s: float, *, weighted: bool = True) -> float:
    """Return the highest level (dB) of any window, as it sounds on two loudspeakers."""
    heard = k_weighted(audio) if weighted else audio
    level = envelope(heard, window_s)
    return float(20 * np.log10(max(level.max(), 1e-9)))


def low_passed(audio: np.ndarray, hz: float, order: int = 2) -> np.ndarray:
    """Return audio after a Butterworth low-pass."""
    return sosfilt(butter(order, hz, "low", fs=RATE, output="sos"), audio)


def high_passed(audio: np.ndarray, hz: float, order: int = 2) -> np.ndarray:
    """Return audio after a Butterworth high-pass."""
    return sosfilt(butter(order, hz, "high", fs=RATE, output="sos"), audio)


def boosted(audio: np.ndarray, hz: float, gain_db: float, q: float = 0.8) -> np.ndarray:
    """Return audio after a peaking filter."""
    amp, w = 10 ** (gain_db / 40), 2 * np.pi * hz / RATE
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    b = np.array([1 + alpha * amp, -2 * c, 1 - alpha * amp])
    a = np.array([1 + alpha / amp, -2 * c, 1 - alpha / amp])
    return lfilter(b / a[0], a / a[0], audio, axis=-1)


def driven(audio: np.ndarray, drive_db: float, asymmetry: float = 0.0) -> np.ndarray:
    """Return audio through a soft clipper, oversampled by 4, its peak kept."""
    peak = np.abs(audio).max()
    dense = resample_poly(audio / peak, 4, 1, axis=-1) * 10 ** (drive_db / 20)
    bent = np.tanh(dense + asymmetry)
    out = without_dc(resample_poly(bent - np.tanh(asymmetry), 1, 4, axis=-1), 15.0)
    return out * peak / np.abs(out).max()


def widened(audio: np.ndarray, side: float) -> np.ndarray:
    """Return stereo with its side signal times ``side``, nothing below 200 Hz to the side."""
    mid, difference = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2 * side
    sos = butter(2, 200, "high", fs=RATE, output="sos")
    difference = sosfiltfilt(sos, difference)
    return np.stack([mid + difference, mid - difference])


def mono(audio: np.ndarray) -> np.ndarray:
    """Return one channel of the same power: the mean, scaled for what cancels."""
    mean = audio.mean(axis=0, keepdims=True)
    power = np.mean(audio**2)
    return mean * np.sqrt(power / max(np.mean(mean**2), 1e-15))
