"""From a dance clip to a soundtrack: one perception pass, then a level's networks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import Level
from d2m.core.progress import Progress, silent
from d2m.core.settings import Settings
from d2m.generation.generate import D2MGANModel, Soundtrack, check_weights, compose
from d2m.media.clip import ClipLimits
from d2m.media.disk_cache import DiskCache
from d2m.perception.clip_analysis import ClipAnalysis, watch
from d2m.perception.dance import Dance, count
from d2m.rendering.write_results import Package, pack, write_soundtrack


class DanceToMusic:
    """Makes music for dance clips.

    What was seen in a clip is kept by the clip's content, so that both levels, or other
    settings, cost one perception pass; so are the published networks that have been used.

    Parameters
    ----------
    checkpoints
        Folder of the weights; the bundled ones by default.
    limits
        Which clips are accepted.
    bf16
        Whether published weights run in bfloat16 where there is a CUDA GPU.
    cache
        Folder for what was seen in clips, which other processes may share; a temporary one
        by default, which goes away with this object and its dances.

    Examples
    --------
    >>> from d2m import HIGH, DanceToMusic
    >>> soundtrack = DanceToMusic().generate("clip.mp4", HIGH, style="house", seed=3)
    """

    def __init__(
        self,
        *,
        checkpoints: Path = CHECKPOINTS,
        limits: ClipLimits | None = None,
        bf16: bool = False,
        cache: Path | None = None,
    ) -> None:
        self._checkpoints = checkpoints
        self._limits = limits or ClipLimits()
        self._published = D2MGANModel(checkpoints, bf16=bf16)
        self._store = DiskCache.temporary() if cache is None else DiskCache(cache)
        self._last: tuple[str, ClipAnalysis] | None = None

    def perceive(
        self,
        clip: str | Path,
        settings: Settings | None = None,
        *,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Dance:
        """Look at a clip: copy it, follow the dancer, find the rhythm.

        Parameters
        ----------
        clip
            Video file.
        settings
            Which part of it, and corrections of the rhythm.
        progress
            Told of each stage.
        **changes
            Single settings, such as ``tempo_bpm=112``.

        Raises
        ------
        VideoError
            If the file is not a video, or outside the limits.
        PoseError
            If no person is seen in it.
        """
        chosen, tell = _changed(settings, changes), progress or silent
        return count(self._watch(Path(clip), chosen, tell), chosen, tell)

    def generate(
        self,
        clip: str | Path | Dance,
        level: Level,
        settings: Settings | None = None,
        *,
        out: str | Path | None = None,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Soundtrack:
        """Generate music for a clip.

        Parameters
        ----------
        clip
            Video file, or a dance that `perceive` returned.
        level
            `d2m.core.levels.HIGH` or `d2m.core.levels.LOW`.
        settings
            How to make it.
        out
            Folder for the files that `d2m.rendering.write_results.write_soundtrack` names;
            nothing is written without.
        progress
            Told of each stage.
        **changes
            Single settings, such as ``style="house", seed=3``.

        Raises
        ------
        D2MError
            With one sentence, if the clip, a setting or the weights can't be used.
        """
        chosen, tell = _changed(settings, changes), progress or silent
        check_weights(chosen.weights, (level,), self._checkpoints)
        dance = clip if isinstance(clip, Dance) else self.perceive(clip, chosen, progress=progress)
        soundtrack = compose(
            dance,
            level,
            chosen,
            checkpoints=self._checkpoints,
            published=self._published,
            tell=tell,
        )
        if out is not None:
            name = "dance" if isinstance(clip, Dance) else Path(clip).stem
            soundtrack = write_soundtrack(dance, soundtrack, Path(out), name)
        return soundtrack

    def produce(
        self,
        clip: str | Path,
        levels: tuple[Level, ...],
        settings: Settings,
        *,
        out: Path,
        progress: Progress | None = None,
    ) -> Iterator[Dance | Soundtrack | Package]:
        """Do the whole job for a person: yield the dance, each level's music, all files.

        Parameters
        ----------
        clip
            Video file.
        levels
            In the order in which they are made; without any, the clip is only looked at.
        settings
            How to make it.
        out
            Folder for the files.
        progress
            Told of each stage.

        Raises
        ------
        D2MError
            With one sentence, if the clip, a setting or the weights can't be used.
        """
        check_weights(settings.weights, levels, self._checkpoints)
        dance = self.perceive(clip, settings, progress=progress)
        yield dance
        name, tracks = Path(clip).stem, []
        for level in levels:
            track = self.generate(dance, level, settings, progress=progress)
            tracks.append(write_soundtrack(dance, track, out, name, tell=progress or silent))
            yield tracks[-1]
        if tracks:
            yield pack(dance, tracks, out, name, tell=progress or silent)

    def _watch(self, clip: Path, settings: Settings, tell: Progress) -> ClipAnalysis:
        part = f"{settings.start_s:g}-{settings.length_s or 0:g}"
        key = f"{_digest(clip)}.{part}"
        if self._last is None or self._last[0] != key:
            fresh: list[ClipAnalysis] = []
            entry = self._store.entry(
                key,
                lambda folder: fresh.append(
                    watch(clip, folder, limits=self._limits, settings=settings, tell=tell)
                ),
            )
            seconds = fresh[0].seconds if fresh else {}
            seen = replace(ClipAnalysis.load(entry.path, kept_by=entry), seconds=seconds)
            self._last = (key, seen)
        return self._last[1]


def _changed(settings: Settings | None, changes: dict[str, Any]) -> Settings:
    return replace(settings or Settings(), **changes)


def _digest(clip: Path) -> str:
    """Return a file's content hash; a file that can't be read is the probe's to refuse."""
    digest = hashlib.sha256()
    try:
        with clip.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        digest.update(str(clip).encode())
    return digest.hexdigest()
