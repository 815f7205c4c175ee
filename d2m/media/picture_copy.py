"""Copy the coded pictures of a clip into an MP4 where players can show them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.media.clean_aperture import clean_aperture
from d2m.media.clip_limits import ClipLimits
from d2m.media.colour import is_hdr, needs_colour_conversion
from d2m.media.deinterlace import is_interlaced
from d2m.media.mp4_writer import create_mp4, stream_copy
from d2m.media.picture_sentences import (
    CROPPED,
    HDR,
    INTERLACED,
    NOT_UPRIGHT,
    OTHER_H264,
    WIDE_PIXELS,
    unplayable_codec,
)
from d2m.media.probe import open_clip
from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import codec_name
from d2m.media.upright import is_flipped

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_H264 = "h264"
# Sample entries of MP4 by codec: those with the parameter sets in the header, which Apple's
# players ask for. VP8 is not allowed in MP4.
_SAMPLE_ENTRIES = {
    _H264: "avc1",
    "hevc": "hvc1",
    **dict.fromkeys(("vp9", "libvpx-vp9"), "vp09"),
    **dict.fromkeys(("av1", "libdav1d"), "av01"),
}
# Profiles of H.264 that every browser shows.
_PLAYABLE_PROFILES = frozenset(
    ("Baseline", "Constrained Baseline", "Main", "High", "Progressive High", "Constrained High")
)
# First byte of the parameter sets in the form that MP4 wants (ISO/IEC 14496-15).
_CONFIGURATION = b"\x01"
# Types of H.264's NAL units that hold parameter sets: sequence and picture.
_PARAMETER_SETS = 7, 8
# Deviation of a time in the copy that is rounding (s).
_ROUNDING_S = 0.0015


@dataclass(eq=False)
class DecodedPictures:
    """What decoding a clip has shown about its pictures; see `watch`.

    Parameters
    ----------
    stamps
        Timestamps of the pictures in the stream's time base.
    is_whole
        Whether all pictures have timestamps, one size and one orientation, and no damage.
    why_not_plain
        Why browsers do not show some of the pictures right, one of `d2m.media.picture_sentences`;
        empty if all are progressive SDR, and upright after quarter turns.
    """

    stamps: list[int] = field(default_factory=list)
    is_whole: bool = True
    why_not_plain: str = ""
    _shape: tuple[int, int, str, int] | None = None

    def watch(self, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        """Pass frames through as the decoder returns them."""
        for frame in frames:
            shape = frame.width, frame.height, frame.format.name, frame.rotation
            self._shape = self._shape or shape
            if frame.pts is None or frame.is_corrupt or shape != self._shape:
                self.is_whole = False
            else:
                self.stamps.append(frame.pts)
            turned = frame.rotation % 90 or abs(frame.rotation) > 360 or is_flipped(frame)
            if not self.why_not_plain:
                reasons = {
                    NOT_UPRIGHT: bool(turned),
                    INTERLACED: is_interlaced(frame),
                    HDR: is_hdr(frame),
                }
                self.why_not_plain = next((why for why, holds in reasons.items() if holds), "")
            yield frame


def why_not_playable(stream: VideoStream) -> str:
    """Return why browsers do not show the coded pictures of a stream as they are in an MP4.

    Returns
    -------
    str
        One of `d2m.media.picture_sentences`; empty if they do.
    """
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio
    if codec_name(stream) != _H264:
        return unplayable_codec(codec_name(stream))
    if is_hdr(stream):
        return HDR
    if is_interlaced(stream):
        return INTERLACED
    if aspect and aspect != 1:
        return WIDE_PIXELS
    if clean_aperture(stream) is not None:
        return CROPPED
    is_known = (
        context.profile in _PLAYABLE_PROFILES
        and bytes(context.extradata or b"")[:1] == _CONFIGURATION
        and not needs_colour_conversion(stream)
    )
    return "" if is_known else OTHER_H264


def has_other_codec(stream: VideoStream) -> bool:
    """Return whether an MP4 may hold the coded pictures, but not every browser shows them."""
    name = codec_name(stream)
    if name not in _SAMPLE_ENTRIES or name == _H264:
        return False
    return name != "hevc" or bytes(stream.codec_context.extradata or b"")[:1] == _CONFIGURATION


def copy_pictures(
    source: Path, target: Path, limits: ClipLimits, decoded: DecodedPictures, duration_s: float
) -> bool:
    """Copy the coded pictures of a whole clip into a silent MP4, and move the first one to 0 s.

    Parameters
    ----------
    source, target
        The clip, and the MP4 to write.
    limits
        Limits on the clip.
    decoded
        What decoding all of the clip has shown.
    duration_s
        Time from the first picture to the end of the last (s).

    Returns
    -------
    bool
        Whether the copy is complete. It is not, and ``target`` may be unusable, where pictures
        are lost or damaged, or depend on parameters that only some packets hold.
    """
    with open_clip(source, limits) as (container, stream):
        plan = _plan(read_packets(container, stream), stream, decoded, duration_s)
    if plan is None:
        return False
    with (
        open_clip(source, limits) as (container, stream),
        create_mp4(target) as output,
    ):
        copy = stream_copy(stream, output, _SAMPLE_ENTRIES[codec_name(stream)])
        packets = read_packets(container, stream)
        for packet, (pts, dts, duration) in zip(packets, plan, strict=True):
            packet.pts, packet.dts, packet.duration = pts, dts, duration
            packet.stream = copy
            output.mux(packet)
        unit = stream.time_base or Fraction(1)
    return _same_times(target, limits, [float(pts * unit) for pts, _, _ in plan])


def _plan(
    packets: Iterator[Packet[Stream]],
    stream: VideoStream,
    decoded: DecodedPictures,
    duration_s: float,
) -> list[tuple[int, int, int]] | None:
    """Return presentation time, decoding time and duration of each packet of a copy.

    They are in the stream's time base. None if the packets can't be shown as they are.
    """
    inside = ParameterSets(stream) if codec_name(stream) == _H264 else None
    shown: list[int] = []
    sent: list[int | None] = []
    lengths: list[int] = []
    for packet in packets:
        is_first = not shown
        if (
            packet.pts is None
            or packet.is_discard
            or packet.is_corrupt
            or (is_first and not packet.is_keyframe)
            or packet.has_sidedata("new_extradata")
            or (inside is not None and not inside.fit(packet))
        ):
            return None
        shown.append(packet.pts)
        sent.append(packet.dts)
        lengths.append(packet.duration or 0)
    order = sorted(shown)
    if not decoded.is_whole or len(order) < 2 or sorted(decoded.stamps) != order:
        return None
    if any(one == other for one, other in pairwise(order)):
        return None
    start = order[0]
    end = start + round(duration_s / (stream.time_base or Fraction(1)))
    lengths[shown.index(order[-1])] = max(1, end - order[-1])
    times = zip(shown, _sending_times(shown, sent, order), lengths, strict=True)
    return [(pts - start, dts - start, length) for pts, dts, length in times]


def _sending_times(shown: list[int], sent: list[Any], order: list[int]) -> list[int]:
    """Return decoding times: those of the file, or new ones where some are missing or wrong.

    New ones are the sorted presentation times, moved ahead by the longest wait for a picture.
    """
    if (
        None not in sent
        and all(one < other for one, other in pairwise(sent))
        and all(dts <= pts for dts, pts in zip(sent, shown, strict=True))
    ):
        return sent
    ahead = max(time - pts for time, pts in zip(order, shown, strict=True))
    return [time - ahead for time in order]


class ParameterSets:
    """Compares the parameter sets of H.264 inside packets with those in the header.

    Parameters
    ----------
    stream
        An H.264 stream whose header has the form of MP4.
    """

    def __init__(self, stream: VideoStream) -> None:
        header = bytes(stream.codec_context.extradata or b"")
        self._unit = (header[4] & 3) + 1 if len(header) > 4 else 4
        self._known = set(_header_sets(header))

    def fit(self, packet: Packet[Stream]) -> bool:
        """Return whether a packet is intact and has no parameter sets of its own."""
        data, at = memoryview(packet), 0
        while at < len(data):
            start = at + self._unit
            size = int.from_bytes(data[at:start], "big")
            at = start + size
            if size == 0 or at > len(data):
                return False
            kind = data[start] & 31
            if kind in _PARAMETER_SETS and bytes(data[start:at]) not in self._known:
                return False
        return True


def _header_sets(header: bytes) -> Iterator[bytes]:
    """Yield the parameter sets in a header (ISO/IEC 14496-15, 5.3.3.1)."""
    at = 5
    for mask in (31, 255):
        if at >= len(header):
            return
        count, at = header[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(header[at : at + 2], "big")
            yield header[at + 2 : at + 2 + size]
            at += 2 + size


def _same_times(path: Path, limits: ClipLimits, times_s: list[float]) -> bool:
    """Return whether the pictures of an MP4 have these times (s)."""
    with open_clip(path, limits) as (container, stream):
        unit = stream.time_base or Fraction(1)
        made = [float((packet.pts or 0) * unit) for packet in read_packets(container, stream)]
    return len(made) == len(times_s) and all(
        abs(one - other) < _ROUNDING_S for one, other in zip(made, times_s, strict=True)
    )
