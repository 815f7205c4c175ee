"""From a dance clip to a soundtrack: one perception pass, then a level's networks."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from pathlib import Path

from d2m.checkpoints import CHECKPOINTS
from d2m.compose import COMPACT, PublishedPlayer, Soundtrack, check_weights, compose
from d2m.levels import Level
from d2m.media.video import ClipLimits
from d2m.outputs import write_soundtrack
from d2m.perceive import Dance, perceive
from d2m.progress import Progress, silent
from d2m.styles import AUTO, style_named


class DanceToMusic:
    """Makes music for dance clips.

    The clip last perceived is kept, so that both levels, or other settings, cost one
    perception pass; so are the published networks that have been used. Temporary files go
    away with the `Dance` that they belong to.

    Parameters
    ----------
    checkpoints
        Folder of the weights; the bundled ones by default.
    limits
        Which clips are accepted.
    bf16
        Whether published weights run in bfloat16 where there is a CUDA GPU.

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
    ) -> None:
        self._checkpoints = checkpoints
        self._limits = limits or ClipLimits()
        self._published = PublishedPlayer(checkpoints, bf16=bf16)
        self._last: tuple[str, Dance] | None = None

    def perceive(
        self,
        clip: str | Path,
        *,
        tempo_bpm: float | None = None,
        progress: Progress | None = None,
    ) -> Dance:
        """Look at a clip: copy it, follow the dancer, find the rhythm.

        Parameters
        ----------
        clip
            Video file.
        tempo_bpm
            A tempo to take instead of the estimated one.
        progress
            Told of each stage.

        Raises
        ------
        VideoError
            If the file is not a video, or outside the limits.
        PoseError
            If no person is seen in it.
        """
        tell = progress or silent
        key = f"{_digest(Path(clip))}-{tempo_bpm}"
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        folder = Path(tempfile.mkdtemp(prefix="d2m-"))
        try:
            dance = perceive(
                Path(clip), folder, limits=self._limits, tempo_bpm=tempo_bpm, tell=tell
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        # The copy of the clip lives as long as what was seen in it.
        weakref.finalize(dance, shutil.rmtree, folder, ignore_errors=True)
        self._last = (key, dance)
        return dance

    def generate(
        self,
        clip: str | Path | Dance,
        level: Level,
        *,
        style: str = AUTO,
        seed: int = 0,
        weights: str = COMPACT,
        tempo_bpm: float | None = None,
        out: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Soundtrack:
        """Generate music for a clip.

        Parameters
        ----------
        clip
            Video file, or a dance that `perceive` returned.
        level
            `d2m.levels.HIGH` or `d2m.levels.LOW`.
        style
            A style's name, or ``"auto"`` for the one that suits the dance.
        seed
            Chooses the song of the style and the bar of its phrase to begin with. The same
            seed and settings give the same samples on the same machine. Published weights
            have one answer to a dance, so they have no seed.
        weights
            Family of weights, see ``python -m d2m weights list``: ``"compact"``, the bundled
            one, or ``"aist"`` or ``"tiktok"`` where they are installed.
        tempo_bpm
            A tempo to take instead of the estimated one.
        out
            Folder for ``NAME.LEVEL.wav``, ``.mp4`` and ``.png``; nothing is written without.
        progress
            Told of each stage.

        Raises
        ------
        D2MError
            With one sentence, if the clip, a setting or the weights can't be used.
        """
        tell = progress or silent
        chosen = None if style == AUTO else style_named(style)
        check_weights(weights, (level,), self._checkpoints)
        dance = (
            clip
            if isinstance(clip, Dance)
            else self.perceive(clip, tempo_bpm=tempo_bpm, progress=tell)
        )
        soundtrack = compose(
            dance,
            level,
            style=chosen or dance.style,
            seed=seed,
            weights=weights,
            checkpoints=self._checkpoints,
            published=self._published,
            tell=tell,
        )
        if out is not None:
            name = "dance" if isinstance(clip, Dance) else Path(clip).stem
            soundtrack = write_soundtrack(dance, soundtrack, Path(out), name)
        return soundtrack


def _digest(clip: Path) -> str:
    """Return a file's content hash; a file that can't be read is the probe's to refuse."""
    try:
        with clip.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return str(clip)
    return digest.hexdigest()
