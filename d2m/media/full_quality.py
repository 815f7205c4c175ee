"""Split a clip: a small copy for the analysis, its picture in full quality, and its own sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from d2m.media.audio_file import write_flac
from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.normalised_copy import (
    CopyStyle,
    CopyViewer,
    ShareProgress,
    decode_clip_audio,
    write_copy,
)
from d2m.media.picture_copy import (
    DecodedPictures,
    copy_pictures,
    has_other_codec,
    why_not_playable,
)
from d2m.media.picture_maker import MAX_PICTURE_BYTES, PictureMaker
from d2m.media.picture_sentences import COPIED, DAMAGED, TOO_LARGE, USED_IN_PART
from d2m.media.probe import ClipPart, ProbeResult, open_clip, probe_file
from d2m.media.probe_sandbox import probe_in_sandbox

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SOUND_RATE = 48_000
"""Sample rate of a clip's own sound and of the sound of results (Hz): that of video."""
# The copy for the analysis has the size that the pose network reads, and so little loss that
# the landmarks stay as they are (docs/clips-quality.md). Chosen by measurement: crf 15 with this
# preset loses less than 16 with "superfast", in half the time (docs/speed.md).
_ANALYSIS_STYLE = CopyStyle(longest_side=640, crf=15, preset="ultrafast", is_silent=True)


@dataclass(frozen=True, kw_only=True)
class ClipFiles:
    """The files that a clip is split into.

    Parameters
    ----------
    folder
        Where they are.
    """

    folder: Path

    @property
    def copy(self) -> Path:
        """The small copy: silent upright H.264 at a constant rate, for the analysis."""
        return self.folder / "copy.mp4"

    @property
    def picture(self) -> Path:
        """The picture in full quality: silent H.264 that every browser shows."""
        return self.folder / "picture.mp4"

    @property
    def sound(self) -> Path:
        """The clip's own sound, stereo at `SOUND_RATE`; missing if the clip has none."""
        return self.folder / "sound.flac"

    @property
    def original(self) -> Path:
        """The coded pictures of the source, if an MP4 may hold them but browsers do not show them.

        HDR stays in it. Missing for other sources.
        """
        return self.folder / "original.mp4"


@dataclass(frozen=True, kw_only=True)
class SplitClip:
    """What a clip was split into.

    Parameters
    ----------
    copy, picture
        Properties of the small copy and of the picture in full quality. Their durations agree
        within a frame.
    picture_sentence
        Whether the picture holds the coded pictures of the source, unchanged, or why not, for
        people.
    """

    copy: ClipInfo
    picture: ClipInfo
    picture_sentence: str

    @property
    def is_copied(self) -> bool:
        """Whether the picture holds the coded pictures of the source, unchanged."""
        return self.picture_sentence == COPIED


def split_clip(
    source: Path,
    files: ClipFiles,
    *,
    limits: ClipLimits,
    start_s: float = 0.0,
    length_s: float | None = None,
    progress: ShareProgress | None = None,
    viewer: CopyViewer | None = None,
) -> SplitClip:
    """Split a clip, or a part of it, into files whose first picture is at 0 s.

    The coded pictures are copied where browsers can show them as they are and decoding has
    found all of them intact; else they are encoded once, at full size, each at its own time.

    Parameters
    ----------
    source
        The clip as it was uploaded.
    files
        Where the files go; the folder exists.
    limits, start_s, length_s, progress
        As for `d2m.media.clip.normalise`.
    viewer
        Sees the pictures of the small copy, once each.

    Raises
    ------
    VideoError
        If the clip can't be decoded, or the part is outside the clip or the limits.
    SettingsError
        If the part is not possible.
    """
    part = ClipPart(start_s=start_s, length_s=length_s)
    probed = probe_in_sandbox(source, limits, part)
    job = _Job(source=source, files=files, probed=probed, limits=limits, part=part)
    sound = decode_clip_audio(source, probed, limits, SOUND_RATE)
    if sound is not None:
        write_flac(files.sound, np.broadcast_to(sound, (2, sound.shape[1])), SOUND_RATE)
    reason, is_kept = job.why_encoded()
    copy, decoded = job.run(job.picture_maker() if reason else None, progress, viewer)
    end_s = job.end_s(copy)
    if not reason:
        reason = decoded.why_not_plain
        if not reason and not job.copy_to(files.picture, decoded, end_s):
            reason = DAMAGED
        if reason:
            copy, decoded = job.run(job.picture_maker(), progress)
    if is_kept and not job.copy_to(files.original, decoded, end_s):
        files.original.unlink(missing_ok=True)
    picture = probe_file(files.picture, replace(limits, min_duration_s=0.0)).info
    picture = replace(picture, has_audio=sound is not None, sound_problem=probed.info.sound_problem)
    return SplitClip(copy=copy, picture=picture, picture_sentence=reason or COPIED)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A clip that is being split, and what is known about it."""

    source: Path
    files: ClipFiles
    probed: ProbeResult
    limits: ClipLimits
    part: ClipPart

    @property
    def length_s(self) -> float:
        """Duration of the part (s); infinite for a whole clip."""
        return inf if self.part.is_whole else self.probed.info.duration_s

    def why_encoded(self) -> tuple[str, bool]:
        """Return why the coded pictures can't be the result, and whether they are kept beside it.

        The reason is empty if they can.
        """
        if not self.part.is_whole:
            return USED_IN_PART, False
        if not self.probed.times_intact:
            return DAMAGED, False
        if self.source.stat().st_size > MAX_PICTURE_BYTES:
            return TOO_LARGE, False
        with open_clip(self.source, self.limits) as (_, stream):
            return why_not_playable(stream), has_other_codec(stream)

    def picture_maker(self) -> PictureMaker:
        """Return what encodes the picture in full quality."""
        return PictureMaker(self.files.picture, self.probed, self.length_s)

    def run(
        self,
        maker: PictureMaker | None,
        progress: ShareProgress | None,
        viewer: CopyViewer | None = None,
    ) -> tuple[ClipInfo, DecodedPictures]:
        """Decode the clip once: write the small copy, and the picture if it is encoded."""
        watcher = _Watcher(maker)
        try:
            copy = write_copy(
                self.source,
                self.files.copy,
                self.probed,
                limits=self.limits,
                length_s=self.length_s,
                style=_ANALYSIS_STYLE,
                progress=progress,
                watcher=watcher,
                viewer=viewer,
            )
            if maker is not None:
                maker.finish(self.end_s(copy))
        finally:
            if maker is not None:
                maker.close()
        return copy, watcher.pictures

    def end_s(self, copy: ClipInfo) -> float:
        """Return the duration of the picture (s): that of the copy, but not rounded to frames."""
        exact = min(self.length_s, self.probed.info.duration_s)
        return exact if abs(exact - copy.duration_s) <= 1 / copy.fps else copy.duration_s

    def copy_to(self, target: Path, decoded: DecodedPictures, end_s: float) -> bool:
        """Copy the coded pictures into a file, and return whether it is right."""
        return copy_pictures(self.source, target, self.limits, decoded, end_s)


class _Watcher:
    """Notes what is decoded, and passes the pictures on to their encoder, if there is one."""

    def __init__(self, maker: PictureMaker | None) -> None:
        self.pictures = DecodedPictures()
        self._maker = maker

    def decoded(self, frames: Iterator[VideoFrame], stream: VideoStream) -> Iterator[VideoFrame]:
        """Note what is decoded."""
        if self._maker is not None:
            self._maker.begin(stream)
        return self.pictures.watch(frames)

    def timed(
        self, frames: Iterator[tuple[float, VideoFrame]]
    ) -> Iterator[tuple[float, VideoFrame]]:
        """Encode the pictures that pass."""
        for time_s, frame in frames:
            if self._maker is not None:
                self._maker.add(time_s, frame)
            yield time_s, frame
