"""What is known about clips, kept on the disk: their analyses, and what they are split into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from d2m.core.file_hash import file_hash
from d2m.core.progress import Progress, timed
from d2m.core.settings import Settings
from d2m.core.styles import AUTO
from d2m.media.clip import ClipInfo, ClipLimits
from d2m.media.disk_cache import DiskCache
from d2m.media.full_quality import ClipFiles, split_clip
from d2m.media.probe import ClipPart
from d2m.media.probe_sandbox import probe_in_sandbox
from d2m.perception.beat_clock import check_clock
from d2m.perception.clip_analysis import ClipAnalysis, analyse_clip
from d2m.rendering.pose_strip import draw_pose_strip


@dataclass(frozen=True, kw_only=True)
class CachedClip:
    """The files of a clip, which stay on the disk while this object lives.

    Parameters
    ----------
    files
        What the clip was split into.
    info
        Facts of its picture in full quality; None where they are to be read from it.
    cached_by
        The cache entry.
    """

    files: ClipFiles
    info: ClipInfo | None
    cached_by: object


class ClipCache:
    """Analyses clips, each part of each once, and keeps the result.

    Parameters
    ----------
    limits
        Which clips are accepted.
    folder
        Where the results are kept, which other processes may share. By default a temporary
        folder, which is removed together with this object and what it returned.
    """

    def __init__(self, limits: ClipLimits, folder: Path | None = None) -> None:
        self._limits = limits
        self._entries = DiskCache.temporary() if folder is None else DiskCache(folder)
        self._latest: tuple[str, ClipAnalysis] | None = None

    def analysis(self, clip: Path, settings: Settings, progress: Progress) -> ClipAnalysis:
        """Return the analysis of a clip.

        Parameters
        ----------
        clip
            Video file.
        settings
            Their part of the clip and their choice of the dancer are used.
        progress
            Called with the name of each stage and the share done.

        Raises
        ------
        VideoError
            If the file is not a video, or outside the limits.
        PoseError
            If no person is visible in it.
        """
        key = _key(clip, settings)
        if self._latest is not None and self._latest[0] == key:
            return self._latest[1]

        def create(folder: Path) -> ClipAnalysis:
            if settings.beats == "sound":  # before the analysis, which takes much longer
                used = ClipPart(start_s=settings.start_s, length_s=settings.length_s)
                check_clock(settings, probe_in_sandbox(clip, self._limits, used).info)
            analysis = analyse_clip(
                clip, folder, limits=self._limits, settings=settings, progress=progress
            )
            with timed(analysis.seconds, "strip"):
                strip = draw_pose_strip(
                    analysis.strip, analysis.video, analysis.pose, analysis.people
                )
            analysis = replace(analysis, strip_text=strip.text, strip_areas=strip.areas)
            analysis.save()
            return analysis

        entry, created = self._entries.get_or_create(key, create)
        if created is None:
            analysis = ClipAnalysis.load(entry.path, cached_by=entry)
        else:
            video = ClipAnalysis.video_in(entry.path)
            analysis = replace(created, video=video, cached_by=entry)
        self._latest = (key, analysis)
        return analysis

    def split(self, clip: Path, settings: Settings, progress: Progress) -> CachedClip:
        """Return the files of a clip: those of its analysis, or else it is only split.

        Parameters
        ----------
        clip, settings, progress
            As for `analysis`.

        Raises
        ------
        VideoError
            If the file is not a video, or outside the limits.
        """
        key = _key(clip, settings)
        if self._latest is not None and self._latest[0] == key:
            analysis = self._latest[1]
            return CachedClip(files=analysis.files, info=analysis.clip, cached_by=analysis)
        if (found := self._entries.get(key)) is not None:
            analysis = ClipAnalysis.load(found.path, cached_by=found)
            return CachedClip(files=analysis.files, info=analysis.clip, cached_by=analysis)

        def create(folder: Path) -> None:
            split_clip(
                clip,
                ClipFiles(folder=folder),
                limits=self._limits,
                start_s=settings.start_s,
                length_s=settings.length_s,
                progress=lambda share: progress("Reading the clip", share),
            )

        entry, _ = self._entries.get_or_create(f"{key}.split", create)
        return CachedClip(files=ClipFiles(folder=entry.path), info=None, cached_by=entry)


def _key(clip: Path, settings: Settings) -> str:
    """Return the name of the cache entry of a clip's part, and of the dancer in it."""
    part = f"{settings.start_s:g}-{settings.length_s or 0:g}"
    dancer = "1" if settings.dancer == AUTO else settings.dancer
    return f"{file_hash(clip)}.{part}.{dancer}"
