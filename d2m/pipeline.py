"""From a dance clip to a soundtrack: analyse the clip, generate music, write the files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.resolve import InstalledWeights
from d2m.core.events import Observer, ResultFiles
from d2m.core.levels import Level, level_named
from d2m.core.output_folder import usable_output
from d2m.core.parallel import run_at_once
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.generation.check_job import check_job
from d2m.generation.generate import generate_soundtrack
from d2m.generation.model_cache import ModelCache
from d2m.generation.network_threads import threads_for
from d2m.generation.planned_pieces import PlannedPiece, planned_pieces
from d2m.generation.soundtrack import Soundtrack
from d2m.media.clip import ClipLimits
from d2m.perception.beat_correction import check_correction
from d2m.perception.dance import Dance, estimate_dance
from d2m.rendering.clip_cache import ClipCache
from d2m.rendering.job_files import write_job_files
from d2m.rendering.remix import write_remix
from d2m.rendering.save_soundtrack import save_soundtrack
from d2m.rendering.write_results import write_soundtrack, write_video


class DanceToMusic:
    """Makes music for dance clips.

    The analysis of a clip is cached by the clip's content, so all levels, or other settings,
    need only one. Networks are loaded on first use and kept.

    Parameters
    ----------
    checkpoints
        Folder of the weights; the bundled ones by default.
    limits
        Which clips are accepted.
    bf16
        Whether the published weights run in bfloat16 where there is a CUDA GPU.
    cache
        Folder for the analyses of clips, which other processes may share. By default a
        temporary one, which is removed together with this object and its dances.

    Examples
    --------
    >>> from d2m import DanceToMusic
    >>> soundtrack = DanceToMusic().generate("clip.mp4", "high", style="house", seed=3)
    >>> soundtrack.save("clip_with_music.mp4")
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
        self._models = ModelCache(bf16=bf16)
        self._clips = ClipCache(limits or ClipLimits(), cache)

    def perceive(
        self,
        clip: str | Path,
        settings: Settings | None = None,
        *,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Dance:
        """Analyse a clip: track the dancer and find the rhythm.

        Parameters
        ----------
        clip
            Video file.
        settings
            Which part of it to use, and corrections of the rhythm.
        progress
            Called with the name of each stage and the share done.
        **changes
            Single settings, such as ``tempo_bpm=112``.

        Raises
        ------
        VideoError
            If the file is not a video, or outside the limits.
        PoseError
            If no person is visible in it.
        """
        chosen = replace(settings or Settings(), **changes)
        check_correction(chosen)
        report = progress or silent
        return estimate_dance(self._clips.analysis(Path(clip), chosen, report), chosen, report)

    def generate(
        self,
        clip: str | Path | Dance,
        level: Level | str,
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
            One of `d2m.core.levels.LEVELS_AND_BASELINES` or its name, such as ``"high"``.
        settings
            How to make it.
        out
            Folder for the files that `d2m.rendering.write_results.write_soundtrack` names.
            Without it, nothing is written.
        progress
            Called with the name of each stage and the share done.
        **changes
            Single settings, such as ``style="house", seed=3``.

        Returns
        -------
        Soundtrack
            Its method `d2m.generation.soundtrack.Soundtrack.save` writes its files.

        Raises
        ------
        D2MError
            With one sentence, if the clip, a setting, the folder or the weights can't be used.
            All but the clip is checked before the clip is read.
        """
        chosen = replace(settings or Settings(), **changes)
        one = level_named(level) if isinstance(level, str) else level
        weights = self.check((one,), chosen, out)
        dance = clip if isinstance(clip, Dance) else self.perceive(clip, chosen, progress=progress)
        soundtrack = self._generate(dance, one, chosen, weights, progress or silent)
        name = "dance" if isinstance(clip, Dance) else Path(clip).stem
        if out is not None:
            soundtrack = write_soundtrack(dance, soundtrack, Path(out), name)
        return replace(soundtrack, saver=partial(save_soundtrack, dance, name))

    def produce(
        self,
        clip: str | Path,
        levels: tuple[Level, ...],
        settings: Settings,
        *,
        out: Path,
        observer: Observer[Any] | None = None,
    ) -> ResultFiles | None:
        """Do a whole job: analyse the clip, generate the music of each level and variation.

        Parameters
        ----------
        clip
            Video file.
        levels
            The levels, made at once where that is faster; without any, the clip is only analysed.
        settings
            How to make the music.
        out
            Folder for the files.
        observer
            Receives the progress, the analysis, each piece as soon as its video can be played,
            its details, and in the end the files.

        Returns
        -------
        ResultFiles or None
            The files that belong to the whole job; None if there are no levels.

        Raises
        ------
        D2MError
            With one sentence, if the clip, a setting, the folder or the weights can't be used.
            All but the clip is checked before the clip is read.
        """
        events = observer or Observer[None]()
        weights = self.check(levels, settings, out)
        dance = self.perceive(clip, settings, progress=events.on_progress)
        events.on_dance(dance.summary())
        if not levels:
            return None
        name, made = Path(clip).stem, dict[int, Soundtrack]()
        tasks = [
            partial(self._make, dance, piece, weights, out, name)
            for piece in planned_pieces(levels, settings)
        ]
        with (
            threads_for(levels, weights) as threads,
            closing(run_at_once(tasks, events.on_progress, threads=threads)) as results,
        ):
            for index, soundtrack in results:
                made[index] = soundtrack
                events.on_soundtrack(soundtrack.summary())
        soundtracks = [made[index] for index in range(len(tasks))]
        files = write_job_files(dance, soundtracks, out, name, events)
        events.on_files(files)
        return files

    def remix(
        self,
        clip: str | Path,
        music: str | Path,
        settings: Settings | None = None,
        *,
        out: str | Path,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Path:
        """Mix finished music with the clip's own sound at another balance.

        Nothing is generated or analysed again, and the picture stays that of the first result.

        Parameters
        ----------
        clip
            The clip that the music was made for.
        music
            The WAV file of its music.
        settings
            Those of its job; ``original`` and ``ducking`` are the new balance.
        out
            The MP4 to write.
        progress
            Called with the name of each stage and the share done.
        **changes
            Single settings, such as ``original=0.5, ducking=True``.

        Raises
        ------
        D2MError
            With one sentence, if the clip, the music or the folder can't be used.
        """
        chosen, target = replace(settings or Settings(), **changes), Path(out)
        usable_output(target.parent)
        return write_remix(self._clips, Path(clip), Path(music), target, chosen, progress or silent)

    def check(
        self, levels: tuple[Level, ...], settings: Settings, out: str | Path | None = None
    ) -> InstalledWeights:
        """Check all of a job but its clip, as `d2m.generation.check_job.check_job` does."""
        target = Path(out) if out is not None and levels else None
        return check_job(levels, settings, target, self._checkpoints, self._models)

    def _make(
        self,
        dance: Dance,
        piece: PlannedPiece,
        weights: InstalledWeights,
        out: Path,
        name: str,
        progress: Progress,
    ) -> Soundtrack:
        """Generate the music of a piece, and write its video."""
        made = self._generate(dance, piece.level, piece.settings, weights, progress)
        made = replace(made, variation=piece.variation)
        return write_video(dance, made, out, name, progress)

    def _generate(
        self,
        dance: Dance,
        level: Level,
        settings: Settings,
        weights: InstalledWeights,
        progress: Progress,
    ) -> Soundtrack:
        loading: dict[str, float] = {}
        with timed(loading, "load"):
            progress(f"Generating music ({level.name})", 0.0)
            model = self._models.get(weights, level, settings)
        with threads_for((level,), weights):
            soundtrack = generate_soundtrack(model, dance, settings, progress=progress)
        return replace(soundtrack, seconds=loading | soundtrack.seconds)
