"""Place decoded sound on the timeline of its file: where most of its timestamps say it is.

A timestamp belongs to a packet of some 20 ms and may be rounded, jitter, or be plainly wrong,
while the samples within a stretch of sound follow each other without a break. So the offset
between timestamps and counted samples is followed robustly: where it jumps and stays, sound is
missing or doubled, and where it moves slowly, the two clocks differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from d2m.media.resample_at import resample_at

# Jumps of the offset from this size on (s), and from so many typical deviations on, are gaps;
# smaller ones are smoothed. Chosen by hand: half a packet of AAC, and well above the jitter.
_LEAST_GAP_S, _GAP_DEVIATIONS = 0.012, 5.0
# Packets before and after a jump whose median offsets are compared (about half a second), and
# packets that are too few to tell a gap of up to so many seconds from wrong timestamps.
_COMPARED, _FEW, _FEW_GAP_S = 24, 4, 0.25
# Offsets of a stretch are summed up in blocks of this length (s). If their medians stay this near
# (s) to one value or one line, the rest is jitter. Chosen by hand.
_BLOCK_S, _JITTER_S = 1.0, 0.003
# The median of n timestamps is off by at most this many typical deviations, divided by the root
# of n: three standard errors of the median of normal values.
_MEDIAN_ERROR = 5.6
# Clocks do not differ by more than this share: a sample rate of 44.1 kHz called 48 kHz differs by
# 9 %. Timestamps that say more are useless. Chosen by hand.
_MOST_DRIFT = 0.15
# Cut edges are faded for this long (s), so that they do not click. Chosen by hand.
_FADE_S = 0.002
# Timestamps that go back by this much (s) start again. Chosen by hand.
_RESET_S = 1.0

Piece = tuple[float | None, NDArray[np.float32]]
"""Timestamp (s), if there is one, and samples ``(C, n)`` of a piece of sound."""
_Offsets = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """Pieces ``first`` to ``last - 1`` follow each other without a break.

    Their samples from ``source_s`` (s, counted) are heard at ``heard_s`` (s, file's timeline);
    in between, time passes evenly.
    """

    first: int
    last: int
    source_s: NDArray[np.float64]
    heard_s: NDArray[np.float64]


def place_sound(
    pieces: Sequence[Piece],
    *,
    sample_rate: int,
    start_s: float | None,
    length: int,
    resets: Sequence[float] = (),
) -> NDArray[np.float32]:
    """Place pieces of sound on a file's timeline.

    Parameters
    ----------
    pieces
        Decoded sound in the order of the file.
    sample_rate
        Sample rate of the pieces and of the result (Hz).
    start_s
        Time in the file at which the result starts (s); by default where the sound starts.
    length
        Most samples of the result.
    resets
        What has to be added after each time that timestamps start again, see
        `d2m.media.picture_times.PictureTimes` (s). If they start again more often, the sound
        goes on.

    Returns
    -------
    numpy.ndarray
        Samples ``(C, N)``; silence where there is no sound. It ends with the sound.
    """
    if not pieces:
        return np.zeros((2, 0), np.float32)
    counts = np.array([samples.shape[1] for _, samples in pieces], np.int64)
    counted_s = np.concatenate([[0], np.cumsum(counts)]) / sample_rate
    stamps = np.array([np.nan if time is None else time for time, _ in pieces], np.float64)
    if not np.isfinite(stamps).any():
        stamps[0] = start_s or 0.0
    offsets = _without_resets(stamps, counted_s, resets) - counted_s[:-1]
    stretches = [_follow(offsets, counted_s, first, last) for first, last in _stretches(offsets)]
    begin_s = float(stretches[0].heard_s[0]) if start_s is None else start_s
    audio = np.zeros((pieces[0][1].shape[0], length), np.float32)
    end = 0
    ends = [float(stretch.heard_s[0]) for stretch in stretches[1:]] + [np.inf]
    for stretch, next_s in zip(stretches, ends, strict=True):
        samples = np.concatenate(
            [samples for _, samples in pieces[stretch.first : stretch.last]], axis=1
        )
        at, heard = _heard(samples, stretch, sample_rate, begin_s)
        if np.isfinite(next_s):
            heard = heard[:, : max(0, round((next_s - begin_s + _FADE_S) * sample_rate) - at)]
        heard = _faded(
            heard,
            round(_FADE_S * sample_rate),
            is_begun=stretch is not stretches[0],
            is_ended=stretch is not stretches[-1],
        )
        here, until = max(0, at), min(length, at + heard.shape[1])
        if until > here:
            audio[:, here:until] += heard[:, here - at : until - at]
            end = max(end, until)
    return audio[:, :end]


def _without_resets(
    stamps: _Offsets, counted_s: NDArray[np.float64], resets: Sequence[float]
) -> _Offsets:
    """Return the timestamps of one timeline, and NaN for single ones that are far off."""
    stamps = stamps.copy()
    known = np.flatnonzero(np.isfinite(stamps))
    # The first timestamp can't be far after the second, and single ones that are far from both
    # their neighbours are wrong.
    if len(known) > 1 and stamps[known[0]] > stamps[known[1]] + _RESET_S:
        stamps[known[0]] = np.nan
    for before, here, after in zip(known, known[1:], known[2:], strict=False):
        expected = stamps[before] + counted_s[here] - counted_s[before]
        if abs(stamps[here] - expected) > _RESET_S and (
            abs(stamps[after] - expected) < _RESET_S + counted_s[after] - counted_s[here]
        ):
            stamps[here] = np.nan
    added, last, following = 0.0, -np.inf, iter(resets)
    for place in np.flatnonzero(np.isfinite(stamps)):
        if stamps[place] + added < last - _RESET_S:
            goes_on = added + last + counted_s[1] - (stamps[place] + added)
            added = next(following, goes_on)
        stamps[place] += added
        last = stamps[place]
    return stamps


def _stretches(offsets: _Offsets) -> Iterator[tuple[int, int]]:
    """Yield the first piece of each stretch and the one after its last."""
    known = np.flatnonzero(np.isfinite(offsets))
    values = offsets[known]
    jumps = np.abs(np.diff(values))
    typical = float(np.median(np.abs(np.diff(values)))) if len(values) > 1 else 0.0
    least = max(_LEAST_GAP_S, _GAP_DEVIATIONS * typical)
    breaks = [0]
    for place in np.flatnonzero(jumps > least / 2) + 1:
        before = values[max(breaks[-1], place - _COMPARED) : place]
        after = values[place : place + _COMPARED]
        jump = abs(float(np.median(after) - np.median(before)))
        few = min(len(before), len(values) - place) < _FEW
        if jump > (max(least, _FEW_GAP_S) if few else least):
            breaks.append(int(place))
    firsts = [0, *(int(known[place]) for place in breaks[1:])]
    yield from zip(firsts, [*firsts[1:], len(offsets)], strict=True)


def _follow(offsets: _Offsets, counted_s: NDArray[np.float64], first: int, last: int) -> _Stretch:
    """Return when the samples of a stretch are heard."""
    ends_s = counted_s[[first, last]]
    known = first + np.flatnonzero(np.isfinite(offsets[first:last]))
    place_s, values = counted_s[known], offsets[known]
    middle = float(np.median(values))
    blocks = (place_s - place_s[0]) // _BLOCK_S
    groups = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    centre_s = np.array([place_s[group].mean() for group in groups])
    medians = np.array([np.median(values[group]) for group in groups])
    rest = np.concatenate(
        [np.abs(values[group] - median) for group, median in zip(groups, medians, strict=True)]
    )
    jitter_s = max(_JITTER_S, _MEDIAN_ERROR * np.median(rest) / sqrt(len(rest) / len(groups)))
    knots_s, moved = ends_s, np.full(2, middle)
    if np.abs(medians - middle).max() > jitter_s:
        slope, level = np.polyfit(centre_s - ends_s[0], medians, 1)
        moved = level + slope * (ends_s - ends_s[0])
        line = np.interp(centre_s, ends_s, moved)
        if np.abs(medians - line).max() > jitter_s and len(centre_s) > 2:
            knots_s = np.concatenate([ends_s[:1], centre_s[1:-1], ends_s[1:]])
            edges = [
                medians[one]
                + (medians[two] - medians[one])
                / (centre_s[two] - centre_s[one])
                * (end - centre_s[one])
                for one, two, end in ((0, 1, ends_s[0]), (-1, -2, ends_s[1]))
            ]
            moved = np.concatenate([edges[:1], medians[1:-1], edges[1:]])
    drift = np.diff(moved) / np.maximum(np.diff(knots_s), 1e-9)
    if np.abs(drift).max() > _MOST_DRIFT:
        knots_s, moved = ends_s, np.full(2, float(np.median(values[:_FEW])))
    return _Stretch(first=first, last=last, source_s=knots_s, heard_s=knots_s + moved)


def _heard(
    samples: NDArray[np.float32], stretch: _Stretch, sample_rate: int, begin_s: float
) -> tuple[int, NDArray[np.float32]]:
    """Return where in the result a stretch starts, and its samples at the result's clock."""
    at = round((float(stretch.heard_s[0]) - begin_s) * sample_rate)
    moved = stretch.heard_s - stretch.source_s
    if np.ptp(moved) < 0.5 / sample_rate:
        return at, samples
    until = round((float(stretch.heard_s[-1]) - begin_s) * sample_rate)
    heard_s = np.arange(at, until) / sample_rate + begin_s
    source_s = np.interp(heard_s, stretch.heard_s, stretch.source_s) - stretch.source_s[0]
    return at, resample_at(samples, source_s * sample_rate)


def _faded(
    samples: NDArray[np.float32], length: int, *, is_begun: bool, is_ended: bool
) -> NDArray[np.float32]:
    """Fade the edges at which sound was cut."""
    length = min(length, samples.shape[1] // 2)
    if not length or not (is_begun or is_ended):
        return samples
    samples = samples.copy()
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    if is_begun:
        samples[:, :length] *= ramp
    if is_ended:
        samples[:, -length:] *= ramp[::-1]
    return samples
