"""Compare the timestamps of all pictures of a file, and find out when they are shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.media.picture_stamps import PictureStamps, SoundSpan
from d2m.media.picture_times import MAX_REORDER, PictureTimes, microseconds

# A timestamp is wrong if it is this far (s), and this many intervals, from those of both its
# neighbours. Chosen by hand: well above the distances that B-frames cause.
_STRAY_S, _STRAY_INTERVALS = 1.0, 30
# A picture that is held without sound under it is believed up to this time (s). Chosen by hand:
# slides and logos at the end of a clip.
_MAX_SILENT_HOLD_S = 10.0
# Sound is there until a picture if it ends at most this much before it (s). Chosen by hand.
_SOUND_SLACK_S = 1.0
# Times that differ by less (s) are the same. Rounding differs by much less.
_SAME_S = 1e-6
# Intervals that differ from the median by at most this share make the rate; longer ones are
# pauses or lost pictures, shorter ones repairs. Chosen by hand.
_RATE_SPREAD = 0.5
# Timestamps nearer to each other than this share of the usual interval are equal. Chosen by hand.
_DOUBLED = 0.05
# Pictures at the start of a clip that must follow each other evenly for a gap to be one that a
# muxer has made. Chosen by hand.
_EVEN_PICTURES = 8
# So many packets (or all that are left) must stay behind for timestamps to have started again.
# Chosen by hand.
_RESET_PACKETS = 10


@dataclass(frozen=True, kw_only=True)
class Showing:
    """When the pictures of a file are shown.

    Parameters
    ----------
    time_s : (P,)
        Time of each packet's picture in the order of the file, after all repairs (s); NaN if
        it has none or is not shown.
    times
        The repairs, for decoded frames.
    are_intact
        Whether every packet has a timestamp, all differ, and none is repaired.
    are_delayed
        Whether a muxer that could not store when sound and pictures start has left out a place
        after the first picture instead, because the encoder of the sound had a delay.
    """

    time_s: NDArray[np.float64]
    times: PictureTimes
    are_intact: bool
    are_delayed: bool = False


def usual_interval(time_s: NDArray[np.float64]) -> float:
    """Return the usual time between two pictures (s): the mean of the intervals near the median.

    The median alone would be 33 ms at 30 Hz where a file counts milliseconds; the mean of all
    would count pauses.

    Parameters
    ----------
    time_s
        Times of the pictures in any order (s); NaN is left out.

    Returns
    -------
    float
        The interval (s); 0 for fewer than two different times.
    """
    steps = np.diff(np.unique(time_s[np.isfinite(time_s)]))
    if not len(steps):
        return 0.0
    median = float(np.median(steps))
    return float(steps[np.abs(steps - median) <= _RATE_SPREAD * median].mean())


def weigh_stamps(
    stamps: PictureStamps,
    sound: SoundSpan | None,
    *,
    is_decode_order: bool = False,
    has_true_pts: bool = True,
) -> Showing | None:
    """Find out when the pictures of a file are shown.

    Parameters
    ----------
    stamps
        Timestamps of all packets of pictures in the order of the file.
    sound
        When there is sound, or None if there is none.
    is_decode_order
        Whether decoding has shown that the timestamps ascend in the order of decoding.
    has_true_pts
        Whether the file's format can store times of showing. AVI can't: FFmpeg makes them up
        from the times of decoding, later by the decoder's delay.

    Returns
    -------
    Showing or None
        None if fewer than two different times are known.
    """
    pts, dts = stamps.pts_s, stamps.dts_s
    raw = pts if np.isfinite(pts).sum() * 2 >= len(pts) else dts
    shift = 0.0
    if not has_true_pts and raw is pts and np.isfinite(dts).any():
        shift = float(np.nanmin(pts) - np.nanmin(dts))
    time_s = np.where(stamps.is_shown, raw - shift, np.nan)
    known = time_s[np.isfinite(time_s)]
    if len(np.unique(known)) < 2:
        return None
    stray_s = max(_STRAY_S, _STRAY_INTERVALS * float(np.median(np.abs(np.diff(known)))))
    fixed = _without_strays(time_s, stray_s)
    fixed, added, resets = _without_resets(fixed, stray_s)
    fixed = _without_lone_ends(fixed, sound, stray_s)
    are_delayed = not has_true_pts and _is_place_left_out(fixed)
    if are_delayed:
        fixed[np.nanargmin(fixed)] += usual_interval(fixed)
    fixed = _with_first(fixed, stamps)
    moved = np.flatnonzero(
        np.isfinite(time_s) & np.isfinite(fixed) & (np.abs(fixed - added - time_s) > _SAME_S)
    )
    repaired = tuple(
        (microseconds(raw[place]), float(fixed[place] - added[place])) for place in moved
    )
    interval = usual_interval(fixed)
    last = int(np.nanargmax(fixed))
    held = float(stamps.duration_s[last]) if last not in moved else 0.0
    first_s, last_s = float(np.nanmin(fixed)), float(fixed[last])
    times = PictureTimes(
        interval_s=interval,
        first_s=first_s,
        last_s=last_s,
        end_s=last_s + _last_duration(held, interval, first_s, last_s, sound),
        shift_s=shift,
        is_decode_order=is_decode_order,
        repaired=repaired,
        resets=resets,
        stray_s=stray_s,
        is_even=_is_even(fixed, interval),
    )
    are_intact = len(np.unique(known)) == len(stamps) and not times.are_repaired
    return Showing(time_s=fixed, times=times, are_intact=are_intact, are_delayed=are_delayed)


def _with_first(time_s: NDArray[np.float64], stamps: PictureStamps) -> NDArray[np.float64]:
    """Count back from the first time to pictures at the start that have no timestamps."""
    known = int(np.flatnonzero(np.isfinite(time_s))[0])
    untimed = np.isnan(stamps.pts_s) & np.isnan(stamps.dts_s) & stamps.is_shown
    keys = np.flatnonzero(stamps.is_key[:known] & untimed[:known])
    filled = time_s.copy()
    if len(keys) and untimed[keys[0] : known].all():
        # Some may be decoded after the first one with a time, and shown before it.
        places = keys[0] + np.flatnonzero(untimed[keys[0] : known + MAX_REORDER])
        back = np.arange(len(places), 0, -1)
        filled[places] = np.nanmin(time_s) - back * usual_interval(time_s)
    return filled


def _is_even(time_s: NDArray[np.float64], interval_s: float) -> bool:
    """Return whether pictures with equal timestamps are as many as are missing elsewhere."""
    known = np.sort(time_s[np.isfinite(time_s)])
    doubled = int((np.diff(known) < _DOUBLED * interval_s).sum())
    places = round(float(known[-1] - known[0]) / interval_s) + 1
    return doubled > 0 and abs(places - len(known)) <= doubled / 2


def _is_place_left_out(time_s: NDArray[np.float64]) -> bool:
    """Return whether the first picture is followed by one gap in an otherwise even row."""
    steps = np.diff(np.sort(time_s[np.isfinite(time_s)])[:_EVEN_PICTURES])
    even = steps[1:]
    return bool(
        len(even) > 2
        and np.ptp(even) < 0.1 * even[0]
        and abs(steps[0] - 2 * even[0]) < 0.1 * even[0]
    )


def _without_resets(
    time_s: NDArray[np.float64], stray_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, ...]]:
    """Join the pieces where timestamps start again.

    Returns
    -------
    tuple
        The joined times, what was added to each, and what was added to each piece but the first.
    """
    time_s, added = time_s.copy(), np.zeros(len(time_s))
    resets: list[float] = []
    begin = 0
    while True:
        piece = time_s[begin:]
        highest = np.fmax.accumulate(np.where(np.isfinite(piece), piece, -np.inf))
        behind = np.concatenate([[False], piece[1:] < highest[:-1] - stray_s])
        fall = next(
            (int(place) for place in np.flatnonzero(behind) if _stays_behind(behind, place)), None
        )
        if fall is None:
            return time_s, added, tuple(resets)
        end = float(highest[fall - 1]) + usual_interval(piece[:fall])
        more = end - float(np.nanmin(piece[fall : fall + _RESET_PACKETS]))
        begin += fall
        time_s[begin:] += more
        added[begin:] += more
        resets.append(float(added[-1]))


def _stays_behind(behind: NDArray[np.bool_], place: int) -> bool:
    following = behind[place : place + _RESET_PACKETS]
    return len(following) > 2 and bool(following.all())


def _without_strays(time_s: NDArray[np.float64], stray_s: float) -> NDArray[np.float64]:
    """Put single pictures that are far from both their neighbours between them."""
    fixed = time_s.copy()
    known = np.flatnonzero(np.isfinite(fixed))
    if len(known) < 3:
        return fixed
    times = fixed[known]
    before, here, after = times[:-2], times[1:-1], times[2:]
    stray = (
        (np.abs(after - before) <= stray_s)
        & (np.abs(here - before) > stray_s)
        & (np.abs(here - after) > stray_s)
    )
    places = 1 + np.flatnonzero(stray)
    fixed[known[places]] = (times[places - 1] + times[places + 1]) / 2
    # The first picture of the file can't be far after the second, nor the last before the others.
    step = float(np.median(np.abs(np.diff(times))))
    if times[0] > times[1] + stray_s and abs(times[2] - times[1]) <= stray_s:
        fixed[known[0]] = times[1] - step
    if times[-1] < times[-2] - stray_s and abs(times[-2] - times[-3]) <= stray_s:
        fixed[known[-1]] = times[-2] + step
    return fixed


def _without_lone_ends(
    time_s: NDArray[np.float64], sound: SoundSpan | None, stray_s: float
) -> NDArray[np.float64]:
    """Move a first or last picture that is implausibly far from all others next to them."""
    fixed = time_s.copy()
    order = np.argsort(np.where(np.isfinite(fixed), fixed, np.inf))[: np.isfinite(fixed).sum()]
    if len(order) < 4:
        return fixed
    interval = usual_interval(fixed[order[1:-1]])
    for lone, next_one, rest, step in (
        (order[-1], order[-2], order[:-1], interval),
        (order[0], order[1], order[1:], -interval),
    ):
        gap = abs(float(fixed[lone] - fixed[next_one]))
        most = max(_MAX_SILENT_HOLD_S, stray_s)
        if sound is None:
            most = max(most, float(np.ptp(fixed[rest])))
            is_heard = False
        elif step > 0:
            is_heard = sound.end_s >= fixed[lone] - _SOUND_SLACK_S
        else:
            is_heard = sound.start_s <= fixed[lone] + _SOUND_SLACK_S
        if gap > most and not is_heard:
            fixed[lone] = fixed[next_one] + step
    return fixed


def _last_duration(
    held_s: float, interval_s: float, first_s: float, last_s: float, sound: SoundSpan | None
) -> float:
    """Return how long the last picture is shown (s).

    Parameters
    ----------
    held_s
        What the file says; 0 if it says nothing. Longer than usual, it is believed as far as
        there is sound, or for as long as the pictures before, but not for minutes.
    interval_s
        Usual time between pictures (s).
    first_s, last_s
        When the first and the last picture are shown first (s).
    sound
        When there is sound.
    """
    if held_s < interval_s / 4:
        return interval_s
    silent = min(_MAX_SILENT_HOLD_S, last_s - first_s)
    heard = sound.end_s - last_s if sound is not None else 0.0
    return min(held_s, max(silent, heard, 2 * interval_s))
